# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host behind the daemon's back: xl, xenstore, QEMU processes."""

import contextlib
import glob
import json
import os
import re
import subprocess


def run(*command, check=True):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=check).stdout


@contextlib.contextmanager
def bridge(name):
    run("ip", "link", "add", name, "type", "bridge")
    try:
        yield
    finally:
        run("ip", "link", "delete", name)


def xl_domains():
    """name -> id of every domain but Domain-0, as xl sees it."""
    rows = (line.split() for line in run("xl", "list").splitlines()[1:])
    return {row[0]: int(row[1]) for row in rows if row[1] != "0"}


def is_shut_down(domid):
    """True if the domain is gone, or dead and waiting for its toolstack."""
    row = run("xl", "list", str(domid), check=False).splitlines()[1:]
    flags = row[0].split()[-2] if row else "s"  # such as -b----
    return "s" in flags or "c" in flags or "d" in flags


def xl_configuration(domid):
    return json.loads(run("xl", "list", "-l", str(domid)))[0]["config"]


def xenstore_read(path):
    """A node's value, None if it is not there."""
    result = subprocess.run(["xenstore-read", path], capture_output=True, text=True)
    return result.stdout.rstrip("\n") if result.returncode == 0 else None


def paths():
    """Every node of xenstore."""
    return [line.split(" = ")[0] for line in run("xenstore-ls", "-f").splitlines()]


def xenstore_paths_of(domid):
    """Every node that belongs to the domain or is about it, backends included."""
    places = re.compile(r"/local/domain/%d\b|/libxl/%d\b|/local/domain/0/(backend/[^/]+|device-model)/%d\b"
                        % (domid, domid, domid))
    return [path for path in paths() if places.match(path)]


def channel_paths(domid, devid):
    """The nodes of one channel."""
    directories = ("/local/domain/%d/device/console/%d" % (domid, devid), "/libxl/%d/device/console/%d" % (domid, devid),
                   "/local/domain/0/backend/console/%d/%d" % (domid, devid))
    return [path for path in xenstore_paths_of(domid)
            for directory in directories if path == directory or path.startswith(directory + "/")]


def channel_nodes(domid):
    """name -> devid, read from the frontends."""
    found = {}
    for devid in run("xenstore-list", "/local/domain/%d/device/console" % domid, check=False).split():
        found[xenstore_read("/local/domain/%d/device/console/%s/name" % (domid, devid))] = int(devid)
    return found


def channel_is_connected(domid, name):
    """True if the guest's kernel has taken the channel up."""
    devid = channel_nodes(domid).get(name)
    return xenstore_read("/local/domain/%d/device/console/%s/state" % (domid, devid)) == "4"


def all_qemu_processes():
    """pid -> id of the domain that it serves, for each QEMU that serves one."""
    found = {}
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:  # it has ended
            continue
        if b"-xen-domid" in words:
            found[int(path.split("/")[2])] = int(words[words.index(b"-xen-domid") + 1])
    return found


def qemu_processes(domid):
    return [pid for pid, served in all_qemu_processes().items() if served == domid]


def remains_of(domid):
    """What Xen, xenstore and the process list still know of a domain; nothing, if it is gone."""
    return (["domain %d" % domid for known in xl_domains().values() if known == domid]
            + xenstore_paths_of(domid) + ["QEMU, pid %d" % pid for pid in qemu_processes(domid)])


def is_gone(domid):
    return not remains_of(domid)


def destroy_everything():
    """Leaves Domain-0 alone on the host, whoever started the others."""
    for domid in xl_domains().values():
        run("xl", "destroy", str(domid), check=False)
    for folder in ("/etc/libvirt/libxl", "/etc/libvirt/libxl/autostart", "/run/libvirt/libxl"):
        for path in glob.glob(folder + "/*.xml"):
            os.unlink(path)
