#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every C file is as clang-format makes it. Version 14 of it, Debian 12's: others
differ in details, and files would change to and fro."""

import re
import shutil

from lint import Tap, c_files, run

tool = shutil.which("clang-format-14") or "clang-format"
tap = Tap()
for path in c_files():
    output = run(tool, "--dry-run", "--Werror", path)
    lines = re.findall(r":(\d+):\d+: error", output)
    tap.point(path, output and "lines %s; %s -i %s puts it right" % (" ".join(lines), tool, path))
tap.end()
