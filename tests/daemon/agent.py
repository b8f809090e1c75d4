# SPDX-License-Identifier: LGPL-2.1-or-later
"""Agents in the guest's chair, at the guest's end of the channel org.qemu.guest_agent.0:
the real one (Debian's qemu-ga, as it is), and one in Python that says what a test wants.

The real one runs on this machine and would do to it what it is told. All that changes
something is blocked by its own --block-rpcs; that is tested with the other one."""

import json
import os
import select
import subprocess
import threading

from fixture import PATIENCE, unix_channel

CHANNEL = "org.qemu.guest_agent.0"

# What would change the machine that the test runs on.
BLOCKED = ("guest-exec", "guest-file-open", "guest-file-write", "guest-fsfreeze-freeze",
           "guest-fsfreeze-freeze-list", "guest-fsfreeze-thaw", "guest-fstrim", "guest-set-memory-blocks",
           "guest-set-time", "guest-set-user-password", "guest-set-vcpus", "guest-shutdown",
           "guest-ssh-add-authorized-keys", "guest-ssh-remove-authorized-keys", "guest-suspend-disk",
           "guest-suspend-hybrid", "guest-suspend-ram")


def with_agent_channel(daemon, name, devices=""):
    """Defines and starts a domain that has the channel."""
    path = daemon.path(name + ".agent")
    daemon.running(name, devices=unix_channel(path, CHANNEL) + devices)


class RealAgent:
    """qemu-ga of Debian's package, until the block ends."""

    def __init__(self, daemon, domain, blocked=()):
        os.close(daemon.guest_end(domain, CHANNEL))  # it is raw now
        terminal = daemon.path(os.path.join("run/virtxl-sim", domain, CHANNEL))
        self.process = subprocess.Popen(
            ["/usr/sbin/qemu-ga", "--method", "virtio-serial", "--path", terminal,
             "--statedir", daemon.root, "--pidfile", daemon.path("qemu-ga.pid"),
             "--block-rpcs", ",".join((*BLOCKED, *blocked))],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(PATIENCE)


class FakeAgent:
    """Answers from a table, and notes what it is told.

    answers: command -> what it returns, or a function that is called with the agent and the
    command's arguments. Of a function's value None means: no answer. What is not in
    the table returns {}."""

    def __init__(self, daemon, domain, answers=None, sync=True):
        self.answers = answers or {}
        self.sync = sync
        self.heard = []
        self.ends = threading.Event()
        self.terminal = daemon.guest_end(domain, CHANNEL)
        os.set_blocking(self.terminal, False)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()
        os.close(self.terminal)

    def run(self):
        line = b""
        while not self.ends.is_set():
            if not select.select([self.terminal], [], [], 0.05)[0]:
                continue
            try:
                line += os.read(self.terminal, 65536)
            except OSError:  # the domain has gone
                return
            *whole, line = line.split(b"\n")
            for one in whole:
                self.obey(json.loads(one.split(b"\xff")[-1]))

    def obey(self, command):
        name, arguments = command["execute"], command.get("arguments")
        if name.startswith("guest-sync"):
            self.answer_sync(name, arguments["id"])
            return
        self.heard.append((name, arguments) if arguments is not None else name)
        value = self.answers.get(name, {})
        if callable(value):
            value = value(self, arguments)
        if value is not None:
            self.answer(value)

    def answer_sync(self, name, number):
        if self.sync:
            self.say((b"\xff" if "delimited" in name else b"") + b'{"return": %d}\n' % number)

    def answer(self, value):
        self.say(json.dumps({"return": value}).encode() + b"\n")

    def refuse(self, kind, text):
        self.say(json.dumps({"error": {"class": kind, "desc": text}}).encode() + b"\n")

    def say(self, data):
        """All of it, unless the test or the domain ends before."""
        data = memoryview(data)
        while data and not self.ends.is_set():
            try:
                if select.select([], [self.terminal], [], 0.05)[1]:
                    data = data[os.write(self.terminal, data):]
            except BlockingIOError:
                continue
            except OSError:
                return
