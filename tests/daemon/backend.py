# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtxl-channeld in tests of the whole daemon: it is started beside virtxld on the
simulated host, found by its root, killed and started again."""

import glob
import json
import os
import signal
import subprocess

from fixture import PATIENCE, wait_for

CHANNELD = os.environ["VIRTXL_CHANNELD"]


def pid(daemon):
    """Of the backend of that daemon's root, or None."""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:  # it has ended
            continue
        if os.path.basename(words[0]) == b"virtxl-channeld" and daemon.root.encode() in words:
            return int(path.split("/")[2])
    return None


def command(daemon):
    return [CHANNELD, "--host", "sim", "--root", daemon.root, "--detach"]


def start(daemon):
    subprocess.run(command(daemon), check=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)


def log(daemon):
    with open(daemon.path("var/log/virtxl-channeld.log")) as file:
        return file.read()


def stop(daemon, how=signal.SIGTERM):
    """Returns when it has gone."""
    process = pid(daemon)
    os.kill(process, how)
    wait_for("the end of the backend", lambda: pid(daemon) is None)


def kill(daemon):
    stop(daemon, signal.SIGKILL)


def restart(daemon, how=signal.SIGKILL):
    stop(daemon, how)
    start(daemon)


def channels(daemon):
    """(domain, channel) -> what the backend says of it."""
    done = subprocess.run([CHANNELD, "--root", daemon.root, "--list", "--json"], check=True,
                          stdout=subprocess.PIPE, timeout=PATIENCE)
    return {(row["domain"], row["name"]): row for row in json.loads(done.stdout)["channels"]}


def table(daemon):
    done = subprocess.run([CHANNELD, "--root", daemon.root, "--list"], check=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}, stdout=subprocess.PIPE, timeout=PATIENCE)
    return done.stdout
