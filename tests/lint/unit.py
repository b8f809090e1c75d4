#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The unit of virtxl-channeld is no weaker than its ceiling, and does not forbid what
the program keeps for itself. Called with the build folder."""

import os
import re
import subprocess
import sys

from lint import Tap, read_text, run

# Of 100, as systemd-analyze counts exposure.
CEILING = 25

UNIT = os.path.join(sys.argv[1], "src/channel/virtxl-channeld.service")
# What the program calls to give up the rest, before its own filter is there.
BEFORE = {"capset", "seccomp"}


def values(key):
    """Of all lines "KEY=VALUE" of the unit, in order."""
    with open(UNIT) as unit:
        return [line.split("=", 1)[1].strip() for line in unit if line.startswith(key + "=")]


def expand(words):
    """The calls that @groups stand for, and those that have a name of their own."""
    calls = set()
    for word in words:
        if word.startswith("@"):
            calls |= expand(list_group(word))
        else:
            calls.add(word)
    return calls


def list_group(group):
    done = subprocess.run(["systemd-analyze", "syscall-filter", group], check=True, text=True,
                          stdout=subprocess.PIPE)
    lines = [line.strip() for line in done.stdout.splitlines()]
    return [line for line in lines[1:] if line and not line.startswith("#")]


def calls_of_unit():
    calls = set(list_group("@default"))
    for value in values("SystemCallFilter"):
        if value.startswith("~"):
            calls -= expand(value[1:].split())
        else:
            calls |= expand(value.split())
    return calls


def calls_of_program():
    return set(re.findall(r"SCMP_SYS\((\w+)\)", read_text("src/channel/isolation.c"))) - {"clone3"}


def forbidden():
    missing = (calls_of_program() | BEFORE) - calls_of_unit()
    return "".join("%s is allowed by isolation.c only\n" % call for call in sorted(missing))


def deadly():
    return "" if values("SystemCallErrorNumber") else "a call that is not allowed kills all channels"


tap = Tap()
tap.point("exposure", run("systemd-analyze", "security", "--offline=yes", "--no-pager",
                          "--threshold=%d" % CEILING, UNIT))
tap.point("calls", forbidden())
tap.point("calls that are not allowed", deadly())
tap.end()
