#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virt-manager, unmodified, on a screen of its own: what it says of what it does and shows.

With VIRTXL_TEST_REGENERATE set, docs/virt-manager.png is taken anew.
"""

import contextlib
import os
import re
import subprocess

from fixture import PATIENCE, run, shared, test, wait_for
from screen import Screen

PICTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/virt-manager.png")


class Manager:
    def __init__(self, screen, *arguments):
        self.path = os.path.join(screen.environment["HOME"], "virt-manager.log")
        with open(self.path, "w") as log:
            self.process = subprocess.Popen(
                ["virt-manager", "--connect", shared().uri(), "--no-fork", "--debug", *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **screen.environment})

    def log(self):
        with open(self.path) as file:
            return file.read()

    def wait_for(self, pattern):
        wait_for("%s; it said: %s" % (pattern, self.log()[-500:]), lambda: re.search(pattern, self.log()),
                 4 * PATIENCE)

    def end(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


@contextlib.contextmanager
def manager(*arguments):
    with Screen() as screen:
        program = Manager(screen, *arguments)
        try:
            yield screen, program
        finally:
            program.end()


def is_drawn(screen):
    """More than a background and a frame."""
    colours = {row[x:x + 3] for row in screen.rows() for x in range(0, len(row), 3)}
    return len(colours) > 20


@test
def it_connects_and_lists_the_domains():
    shared().running("web")
    shared().define("db")
    with manager() as (screen, program):
        program.wait_for("changed to state=Active")
        program.wait_for("domain=web status=Running added")
        program.wait_for("domain=db status=Shutoff added")
        program.wait_for("Showing manager")
        wait_for("a window", lambda: is_drawn(screen))


@test
def it_shows_a_domain_and_its_console():
    with manager("--show-domain-editor", "web") as (screen, program):
        program.wait_for("Opening console stream for dev=<DeviceConsole")
        program.wait_for("Showing VM details: <vmmDomain name=web")
        wait_for("a window", lambda: is_drawn(screen))
        if "VIRTXL_TEST_REGENERATE" in os.environ:
            screen.save(PICTURE)


@test
def it_notices_what_happens_to_a_domain():
    with manager() as (_, program):
        program.wait_for("domain=web status=Running added")
        shared().define("late")
        program.wait_for("domain=late status=Shutoff added")
        shared().virsh("undefine", "late")
        program.wait_for("domain=late removed")


run()
