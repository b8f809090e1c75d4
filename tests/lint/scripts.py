#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shell and Python are free of what their checkers find. A shellcheck exemption
stands in the script, with its reason."""

from lint import Tap, python_files, read_bytes, run, shell_files


def syntax(path):
    try:
        compile(read_bytes(path), path, "exec")
    except SyntaxError as error:
        return str(error)
    return ""


tap = Tap()
for path in shell_files():
    tap.point(path, run("shellcheck", "-x", path))
for path in python_files():
    tap.point(path, syntax(path) or run("pyflakes3", path))
tap.end()
