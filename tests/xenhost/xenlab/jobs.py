# SPDX-License-Identifier: LGPL-2.1-or-later
"""Carries things into the host: the installed tree of a build, the tests."""

import contextlib
import os
import subprocess
import sys
import tempfile

from . import ROOM, LabError, Step, terminal
from .link import Link

TESTS = "/job/xenhost"
GUEST_FILES = "/usr/lib/virtxl-lab/guest-files"


def push_tree(link, folder, target):
    """Unpacks a local folder's content over a folder of the host."""
    with tempfile.TemporaryFile() as archive:
        subprocess.run(["tar", "-C", folder, "--owner=0", "--group=0", "--exclude=__pycache__",
                        "-cf", "-", "."], stdout=archive, check=True)
        archive.seek(0)
        # dom0 has /lib as a link to /usr/lib, and so on: go through such links.
        link.output(["sh", "-c", 'mkdir -p "$1" && tar -C "$1" --keep-directory-symlink -xf -',
                     "sh", target], stdin=archive)


def install_build(link, build):
    """Puts what 'meson install' installs from a build folder into the host, and what guests get beside it."""
    with Step("install of the build into the host"):
        install_tree(link, build, "/")
        install_tree(link, build, GUEST_FILES, "--tags", "guest")


def install_tree(link, build, target, *options):
    with tempfile.TemporaryDirectory() as tree:
        command = ["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", tree, *options]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            raise LabError("meson install failed: %s" % result.stdout.strip().replace("\n", "; "))
        push_tree(link, tree, target)


def push_tests(link):
    push_tree(link, ROOM, TESTS)


@contextlib.contextmanager
def temporary_folder():
    with tempfile.TemporaryDirectory(prefix="virtxl-xenhost-") as folder:
        os.chmod(folder, 0o700)
        yield folder


def install(link, options):
    """What the run's options want in the host, and the tests."""
    if options.build:
        install_build(link, options.build)
    push_tests(link)


def harness_command(options, *more):
    command = ["python3", TESTS + "/harness.py"]
    command += ["--keep-going"] if options.keep_going else []
    command += ["--long"] if options.long else []
    return [*command, *more]


def run_tests(machine, options):
    """Runs the tests in dom0 and relays their TAP. The exit status says if all passed."""
    link = Link(machine.folder)
    install(link, options)
    try:
        return link.run(harness_command(options, *options.tests), stdout=terminal.writer(sys.stdout),
                        stderr=terminal.writer(sys.stderr), seconds=options.timeout)
    except (TimeoutError, LabError) as error:
        print("Bail out! %s" % error, flush=True)
        machine.say_console()
        return 1
