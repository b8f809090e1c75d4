#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest's side is built, linked and installed by itself, with the C library alone."""

import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INSTALLED = {
    "usr/lib/systemd/system/qemu-guest-agent.service.d/xen-channel.conf",
    "usr/lib/systemd/system/serial-getty@.service.d/xen-channel.conf",
    "usr/lib/systemd/system/virtxl-channel-hold@.service",
    "usr/lib/udev/rules.d/60-xen-channel.rules",
    "usr/sbin/virtxl-channels.sh",
    "usr/sbin/virtxl-guest-channel",
}
PROGRAM = "src/guest/virtxl-guest-channel"


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options).stdout


def needed(path):
    """The libraries that the program is linked with."""
    lines = run("readelf", "-d", path).splitlines()
    return [line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line]


def installed(build, destination):
    run("meson", "install", "-C", build, "--tags", "guest", "--destdir", destination)
    return {os.path.relpath(os.path.join(folder, name), destination)
            for folder, _, names in os.walk(destination) for name in names}


def main():
    with tempfile.TemporaryDirectory() as folder:
        build = os.path.join(folder, "build")
        run("meson", "setup", "-Dguest_only=true", build, ROOT)
        run("ninja", "-C", build, "all", PROGRAM + "-static")
        results = {
            "the tag 'guest' installs what guests need":
                installed(build, os.path.join(folder, "image")) == INSTALLED,
            "the program needs the C library only": needed(os.path.join(build, PROGRAM)) == ["libc.so.6"],
            "the static program needs nothing": needed(os.path.join(build, PROGRAM + "-static")) == [],
            "the static program runs":
                run(os.path.join(build, PROGRAM + "-static"), "--version").startswith("virtxl-guest-channel "),
        }
    print("1..%d" % len(results))
    for number, (title, good) in enumerate(results.items(), 1):
        print("%sok %d - %s" % ("" if good else "not ", number, title))
    return 0 if all(results.values()) else 1


sys.exit(main())
