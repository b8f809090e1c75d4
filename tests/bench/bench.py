#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares virtxld (on the simulated host) with stock libvirtd (its test driver).

usage: bench.py CALLS VIRTXLD

Both daemons run in a temporary folder and get the same calls (calls.c) from
libvirt's own client library, with 1,000 domains defined. Speed is not judged here,
so that a slow machine fails nothing; the lines that start with "# bench:" are the
result. Read "define" with this in mind: virtxld syncs each definition to the disk,
libvirt's test driver keeps it in memory.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time

DOMAINS = 1000
START_SECONDS = 20
NOBODY = 65534


@contextlib.contextmanager
def daemon(command, uri, socket, log, environment=None):
    """Runs a daemon from when it listens until the block ends. Gives its URI."""
    with open(log, "wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                   env=dict(os.environ, **(environment or {})))
    try:
        deadline = time.monotonic() + START_SECONDS
        while not os.path.exists(socket):
            if process.poll() is not None or time.monotonic() > deadline:
                with open(log) as file:
                    sys.exit("bench: %s does not listen: %s" % (command[0], file.read().strip()))
            time.sleep(0.05)
        yield "%s?socket=%s" % (uri, socket)
    finally:
        process.terminate()
        process.wait()


def libvirtd(folder):
    """libvirtd as an ordinary user's daemon: then all its paths are in its home."""
    home = os.path.join(folder, "libvirtd")
    os.makedirs(home)
    command = ["libvirtd"]
    if os.getuid() == 0:
        os.chown(home, NOBODY, NOBODY)
        command = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"] + command
    environment = {"HOME": home, "PATH": os.environ["PATH"] + ":/usr/sbin"}
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        environment[name] = home
    socket = os.path.join(home, "libvirt/libvirt-sock")
    return daemon(command, "test+unix:///default", socket, os.path.join(folder, "libvirtd.log"), environment)


def virtxld(folder, program):
    root = os.path.join(folder, "virtxld")
    os.makedirs(root)
    socket = os.path.join(root, "run/libvirt/virtxend-sock")
    command = [program, "--host", "sim", "--root", root]
    return daemon(command, "xen+unix:///system", socket, os.path.join(folder, "virtxld.log"))


def main():
    calls, program = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="virtxl-bench-") as folder:
        os.chmod(folder, 0o711)
        with virtxld(folder, program) as ours, libvirtd(folder) as stock:
            result = subprocess.run([calls, str(DOMAINS), "/boot/guest-kernel", ours, "xen", stock, "test"],
                                    stdout=subprocess.PIPE, text=True, check=True)
    rows = [line.split() for line in result.stdout.splitlines()]
    print("# bench: calls a second, %d domains       virtxld    libvirtd   ratio" % DOMAINS)
    for number, (name, ours, stock) in enumerate(rows, 1):
        ratio = float(ours) / float(stock)
        print("# bench: %-34s %10.0f  %10.0f   %5.1f" % (name, float(ours), float(stock), ratio))
        print("ok %d - %s" % (number, name))
    print("1..%d" % len(rows))


main()
