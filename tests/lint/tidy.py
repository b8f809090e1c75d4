#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""clang-tidy finds nothing in src/. What it looks for, and what it is told to
leave alone and why, is in .clang-tidy.

usage: tidy.py BUILD   (a build folder with compile_commands.json)
"""

import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

from lint import ROOT, Tap, run


def compiled_sources(build):
    """The C files of src/ that the build compiles; generated ones are not ours to tidy."""
    with open(os.path.join(build, "compile_commands.json")) as file:
        entries = json.load(file)
    paths = {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in entries}
    source = os.path.realpath(os.path.join(ROOT, "src")) + os.sep
    return sorted(path for path in paths if path.startswith(source) and not path.startswith(build))


def tidy(build, path):
    """clang-tidy's findings, without its chatter. gcc's own options are none of its business."""
    output = run("clang-tidy", "--quiet", "-p", build, "--extra-arg=-Wno-unknown-warning-option",
                 "--extra-arg=-Wno-ignored-optimization-argument",
                 path)
    return re.sub(r"^\d+ warnings.*\n|^Suppressed .*\n|^Use -header.*\n", "", output, flags=re.MULTILINE)


def main():
    build = os.path.realpath(sys.argv[1])
    tap = Tap()
    paths = compiled_sources(build)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, output in zip(paths, pool.map(lambda path: tidy(build, path), paths)):
            tap.point(os.path.relpath(path, ROOT), output)
    tap.end()


main()
