#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares virtxld (on the simulated host) with stock libvirtd (its test driver).

usage: bench.py CALLS VIRTXLD

Both daemons run in the same temporary folder, one after the other, and get the
same calls (calls.c) from libvirt's own client library, with 1,000 domains
defined. Speed is not judged here, so that a slow machine fails nothing; the
lines that start with "# bench:" are the result. Read "define" with this in mind:
virtxld syncs each definition to the disk, libvirt's test driver keeps it in memory.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time

DOMAINS = 1000
START_SECONDS = 20
NOBODY = "65534"


@contextlib.contextmanager
def daemon(command, socket, log, environment=None):
    """Runs a daemon from when it listens until the block ends."""
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
        yield
    finally:
        process.terminate()
        process.wait()


def measure(calls, uri, domain_type):
    result = subprocess.run([calls, uri, domain_type, str(DOMAINS)], stdout=subprocess.PIPE,
                            text=True, check=True)
    return {name: float(rate) for name, rate in map(str.split, result.stdout.splitlines())}


def measure_libvirtd(folder, calls):
    """libvirtd as an ordinary user's daemon: then all its paths are in its home."""
    home = os.path.join(folder, "libvirtd")
    os.makedirs(home)
    command = ["libvirtd"]
    if os.getuid() == 0:
        os.chown(home, int(NOBODY), int(NOBODY))
        command = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"] + command
    environment = {"HOME": home, "PATH": os.environ["PATH"] + ":/usr/sbin"}
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        environment[name] = home
    socket = os.path.join(home, "libvirt/libvirt-sock")
    with daemon(command, socket, os.path.join(folder, "libvirtd.log"), environment):
        return measure(calls, "test+unix:///default?socket=" + socket, "test")


def measure_virtxld(folder, calls, virtxld):
    root = os.path.join(folder, "virtxld")
    os.makedirs(root)
    socket = os.path.join(root, "run/libvirt/virtxend-sock")
    command = [virtxld, "--host", "sim", "--root", root]
    with daemon(command, socket, os.path.join(folder, "virtxld.log")):
        return measure(calls, "xen+unix:///system?socket=" + socket, "xen")


def main():
    calls, virtxld = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="virtxl-bench-") as folder:
        os.chmod(folder, 0o711)
        stock = measure_libvirtd(folder, calls)
        ours = measure_virtxld(folder, calls, virtxld)
    print("# bench: calls a second, %d domains       virtxld    libvirtd   ratio" % DOMAINS)
    for number, name in enumerate(stock, 1):
        print("# bench: %-34s %10.0f  %10.0f   %5.1f" % (name, ours[name], stock[name], ours[name] / stock[name]))
        print("ok %d - %s" % (number, name))
    print("1..%d" % len(stock))


main()
