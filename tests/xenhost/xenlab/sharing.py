# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shares the tests of one run among several hosts, each with one CPU.

Each host has a thread here, which takes a file of tests when it has done the one before.
What a file has to say is one piece of the run's TAP, whose numbers and plan are made here.
"""

import collections
import os
import re
import threading
import time

from . import LabError, jobs, say_lines
from .link import Link
from .machine import MEMORY_MIB, Machine, boot

# With more, each would have few files.
HOSTS_MAX = 4
# What QEMU needs beside the host's memory.
QEMU_MIB = 512
POINT = re.compile(r"^(ok|not ok) \d+")
PLAN = re.compile(r"^1\.\.\d+$")


def hosts_possible():
    """One for each CPU of this machine, as far as its memory goes."""
    return max(1, min(HOSTS_MAX, os.cpu_count(), available_mib() // (MEMORY_MIB + QEMU_MIB)))


def available_mib():
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("MemAvailable:"))


class Run:
    def __init__(self, image, options):
        self.image = image
        self.options = options
        self.deadline = time.monotonic() + options.timeout
        self.lock = threading.Lock()
        # Those that no host has taken; None: not known yet.
        self.files = collections.deque(options.tests) if options.tests else None
        self.points = 0
        self.failed = False

    def on(self, hosts):
        """Runs all on so many hosts; the exit status says if all passed."""
        with jobs.temporary_folder() as folder:
            machines = [Machine(os.path.join(folder, "%d" % number), cpus=1) for number in range(hosts)]
            threads = [threading.Thread(target=self._serve, args=(machine,), daemon=True) for machine in machines]
            try:
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            finally:
                for machine in machines:
                    machine.stop()
        if self.files is None or self.files:
            self._bail_out("not run: " + (" ".join(self.files or ()) or "anything"))
        say_lines("1..%d\n" % self.points)
        return 1 if self.failed else 0

    # --- one host -----------------------------------------------------------------

    def _serve(self, machine):
        try:
            os.mkdir(machine.folder)
            boot(machine, self.image, self._seconds_left() + 300, dies_with_parent=True)
            link = Link(machine.folder)
            jobs.install(link, self.options)
            while (name := self._next_file(link)) is not None:
                self._run_file(link, name)
        except (LabError, OSError) as error:
            self._bail_out(error)
            if machine.is_running():
                machine.say_console()
        finally:
            machine.stop()

    def _seconds_left(self):
        return max(1, int(self.deadline - time.monotonic()))

    def _next_file(self, link):
        with self.lock:
            if self.files is None:
                listed = link.output(jobs.harness_command(self.options, "--list"))
                self.files = collections.deque(listed.decode().split())
            return self.files.popleft() if self.files else None

    def _run_file(self, link, name):
        out = bytearray()
        try:
            how = [] if self.options.tests else ["--usual"]
            status = link.run(jobs.harness_command(self.options, *how, name), stdout=out.extend,
                              stderr=out.extend, seconds=self._seconds_left())
            trouble = "it ended with status %d" % status if status else None
        except (LabError, OSError) as error:
            trouble = str(error)
            raise
        finally:
            self._report(name, out.decode(errors="replace"), trouble)

    # --- what all say -------------------------------------------------------------

    def _report(self, name, text, trouble):
        with self.lock:
            lines = [self._numbered(line) for line in text.splitlines() if not PLAN.match(line)]
            if trouble and not any(line.startswith("not ok") for line in lines):
                lines.append(self._numbered("not ok 0 - %s: %s" % (name, trouble)))
            say_lines("".join(line + "\n" for line in lines))
            if trouble:
                self.failed = True
                if not self.options.keep_going:
                    self.files.clear()

    def _numbered(self, line):
        point = POINT.match(line)
        if not point:
            return line
        self.points += 1
        return "%s %d%s" % (point.group(1), self.points, line[point.end():])

    def _bail_out(self, error):
        with self.lock:
            self.failed = True
            say_lines("Bail out! %s\n" % error)
