# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a person wants to see after a failed test: what the logs got meanwhile."""

import glob
import os
import re
import subprocess

LOGS = ("/var/log/virtxld-test.log", "/var/log/virtxl-channeld-test.log", "/var/log/libvirtd-test.log",
        "/var/log/libvirt/libxl/*.log",
        "/var/log/xen/*.log", "/var/log/xen/console/*")
NOISE = re.compile(r"client \d+ .*closed|debug: libxl:")
STATE = (["xl", "list"], ["sh", "-c", "virtxl-channeld --list"], ["ls", "/run/libvirt/libxl"], ["sh", "-c", "dmesg | tail -n 4"],
         ["sh", "-c", "xenstore-ls -f | grep -E '^/local.*/console(/[0-9]+)*/(state|name|tty|type) '"])
LINES = 60


def mark():
    """The lengths of the logs now."""
    return {path: os.path.getsize(path) for pattern in LOGS for path in glob.glob(pattern)}


def since(lengths):
    """The last lines that each log got since the mark, and the state of the host."""
    parts = []
    for path in sorted(mark()):
        with open(path, errors="replace") as file:
            file.seek(min(lengths.get(path, 0), os.path.getsize(path)))
            lines = [line for line in file.read().replace("\r", "").splitlines() if not NOISE.search(line)]
        lines = lines[-LINES:]
        if lines:
            parts += ["", "%s:" % path] + [printable(line) for line in lines]
    for command in STATE:
        result = subprocess.run(command, capture_output=True, text=True, errors="replace")
        parts += ["", "%s:" % " ".join(command)] + result.stdout.splitlines()[-LINES:]
    return "\n".join(parts)


def printable(line):
    return "".join(character if character.isprintable() else "." for character in line)[:300]
