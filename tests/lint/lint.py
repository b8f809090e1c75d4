# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lint tests share: which files there are, and TAP.

A lint test makes one test point for each file (or rule) that it looks at, so
that a failure names its file.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def all_files():
    """Every file of the sources, relative to their root; no builds, no caches."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        if folder == ROOT:
            folders[:] = [name for name in folders if not name.startswith("build")]
            names = [name for name in names if name != ".git"]  # of a linked work tree
        folders[:] = sorted(name for name in folders if name not in (".git", "__pycache__"))
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in sorted(names)]
    return [path for path in found if not os.path.islink(os.path.join(ROOT, path))]


def c_files():
    return [path for path in all_files() if path.endswith((".c", ".h"))]


def scripts(interpreter):
    """Files whose first line is #!interpreter."""
    first = ("#!" + interpreter).encode()
    return [path for path in all_files() if read_bytes(path).split(b"\n", 1)[0].strip() == first]


def shell_files():
    return scripts("/bin/sh") + [path for path in all_files() if path.endswith(".sh")
                                 and not read_bytes(path).startswith(b"#!")]


def python_files():
    return sorted(set(scripts("/usr/bin/python3")
                      + [path for path in all_files() if path.endswith(".py")]))


def read_bytes(path):
    with open(os.path.join(ROOT, path), "rb") as file:
        return file.read()


def read_text(path):
    return read_bytes(path).decode("utf-8", errors="replace")


def run(*command):
    """The command's output if it failed, and nothing if it did not."""
    try:
        result = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        return "%s is not installed" % command[0]
    return result.stdout or "exit status %d" % result.returncode if result.returncode else ""


class Tap:
    """Prints test points as they come."""

    def __init__(self):
        self.made = 0
        self.failed = 0

    def point(self, name, complaint):
        """A test point, which passed if there is no complaint."""
        self.made += 1
        self.failed += bool(complaint)
        print("%s %d - %s" % ("not ok" if complaint else "ok", self.made, name.replace("#", "")))
        for line in complaint.splitlines():
            print("# " + line)
        sys.stdout.flush()

    def end(self):
        print("1..%d" % self.made)
        sys.exit(1 if self.failed else 0)
