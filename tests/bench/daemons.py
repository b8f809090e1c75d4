# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two daemons that the benchmarks of calls compare, virtxld on the simulated host and
stock libvirtd with its test driver, and the table that such a benchmark prints.

Speed is not judged, so that a slow machine fails nothing; the lines that start with
"# bench:" are the result.
"""

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time

START_SECONDS = 20
NOBODY = 65534


class Running:
    """A daemon that listens."""

    def __init__(self, process, uri, socket):
        self.process = process
        self.name = uri
        self.socket = socket
        self.uri = "%s?socket=%s" % (uri.replace(":", "+unix:", 1), socket)

    def cpu_seconds(self):
        """That all its threads have used so far, those that have ended included."""
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rpartition(")")[2].split()
        user, system = fields[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def daemon(command, uri, socket, log, environment=None):
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
        yield Running(process, uri, socket)
    finally:
        process.terminate()
        process.wait()


def libvirtd(folder):
    """libvirtd as an ordinary user's daemon: then all its paths are in its home."""
    home = os.path.join(folder, "libvirtd")
    os.makedirs(home)
    prefix = []
    if os.getuid() == 0:
        os.chown(home, NOBODY, NOBODY)
        prefix = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    environment = {"HOME": home, "PATH": os.environ["PATH"] + ":/usr/sbin"}
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        environment[name] = home
    socket = os.path.join(home, "libvirt/libvirt-sock")
    return daemon(prefix + ["libvirtd"], "test:///default", socket,
                  os.path.join(folder, "libvirtd.log"), environment)


def virtxld(folder, program):
    root = os.path.join(folder, "virtxld")
    os.makedirs(root)
    socket = os.path.join(root, "run/libvirt/virtxend-sock")
    return daemon([program, "--host", "sim", "--root", root], "xen:///system", socket,
                  os.path.join(folder, "virtxld.log"))


@contextlib.contextmanager
def both(program):
    """virtxld and libvirtd, in a temporary folder. Each may have thousands of clients."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="virtxl-bench-") as folder:
        os.chmod(folder, 0o711)
        with virtxld(folder, program) as ours, libvirtd(folder) as stock:
            yield ours, stock


def show(rate):
    return "%.0f" % rate if rate >= 10 else "%.2f" % rate


class Table:
    """What is printed: a heading, and rows of what is better when it is more."""

    def __init__(self):
        self.rows = 0

    def heading(self, text):
        print("# bench: %-44s %10s  %10s   ratio" % (text, "virtxld", "libvirtd"))

    def row(self, name, ours, stock):
        self.rows += 1
        print("# bench: %-44s %10s  %10s   %5.1f" % (name, show(ours), show(stock), ours / stock))
        print("ok %d - %s" % (self.rows, name), flush=True)

    def end(self):
        print("1..%d" % self.rows)
