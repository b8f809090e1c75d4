#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No program has a function that takes the place of a library's.

A program's function replaces a shared library's of the same name, for all libraries: libxl
once read UUIDs with ours, which returns the opposite.

usage: exports.py BUILD
"""

import subprocess
import sys

from lint import Tap

PROGRAMS = ("src/daemon/virtxld", "src/channel/virtxl-channeld", "src/simhost/virtxl-simhost")

tap = Tap()
for program in PROGRAMS:
    symbols = subprocess.run(["nm", "--dynamic", "--defined-only", "%s/%s" % (sys.argv[1], program)],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    tap.point(program, "\n".join("exports " + line.split()[2] for line in symbols.splitlines() if " T " in line))
tap.end()
