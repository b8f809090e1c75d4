#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every manual page in docs/ converts without a warning, and names its section."""

import os
import re

from lint import Tap, all_files, run

tap = Tap()
for path in all_files():
    if re.match(r"docs/[^/]+\.[1-8]\.rst$", path):
        tap.point(path, run("/usr/bin/rst2man", "--strict", path, os.devnull))
    elif path.startswith("docs/") and path.endswith(".rst"):
        tap.point(path, run("/usr/bin/rst2html", "--strict", path, os.devnull))
tap.end()
