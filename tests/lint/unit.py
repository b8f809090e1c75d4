#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The unit of virtxl-channeld is no weaker than its ceiling, does not forbid what the
program keeps for itself, and makes what it needs. Called with the build folder."""

import os
import re
import subprocess
import sys
import tempfile

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


def complaints():
    """What systemd does not understand. The program need not be installed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, os.path.basename(UNIT))
        with open(UNIT) as unit, open(copy, "w") as changed:
            changed.write(re.sub(r"(?m)^ExecStart=.*$", "ExecStart=/bin/true", unit.read()))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout or ("" if done.returncode == 0 else "status %d" % done.returncode)


def closed_directories():
    """Those that the unit makes, on a host that has none of them, are for all users to look into:
    sockets of channels are below."""
    closed = []
    with tempfile.TemporaryDirectory() as folder:
        for command in values("ExecStartPre"):
            words = command.lstrip("-+").split()
            paths = [word for word in words if word.startswith("/var/")]
            os.makedirs(os.path.join(folder, "var/lib"), exist_ok=True)
            os.makedirs(os.path.join(folder, "var/log"), exist_ok=True)
            subprocess.run([folder + word if word in paths else word for word in words], check=True,
                           umask=int(values("UMask")[0], 8))
            closed += ["%s has mode %o\n" % (path, os.stat(folder + path).st_mode & 0o777) for path in paths
                       if os.stat(folder + path).st_mode & 0o777 != 0o755]
    return "".join(closed)


tap = Tap()
tap.point("exposure", run("systemd-analyze", "security", "--offline=yes", "--no-pager",
                          "--threshold=%d" % CEILING, UNIT))
tap.point("calls", forbidden())
tap.point("calls that are not allowed", deadly())
tap.point("verify", complaints())
tap.point("directories", closed_directories())
tap.end()
