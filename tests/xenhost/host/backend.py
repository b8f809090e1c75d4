# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtxl-channeld as its administrator sees it: its list, its files, its memory."""

import contextlib
import glob
import json
import os
import statistics
import time

from . import wait_until, xen
from .daemons import channeld, configure_driver, virtxld

HOLDS = "/run/virtxl/channeld/*"


def served():
    """(domain, channel) -> what the list says of it."""
    text = xen.run(channeld.program, "--list", "--json")
    return {(channel["domain"], channel["name"]): channel for channel in json.loads(text)["channels"]}


def row(guest, name):
    return served()[(guest.name, name)]


def hold_files():
    return sorted(glob.glob(HOLDS))


def mapped_rings():
    """How many pages of guests it has mapped."""
    with open("/proc/%d/maps" % channeld.process.pid) as file:
        return sum("/dev/xen/gntdev" in line for line in file)


def wait_until_it_keeps_nothing(seconds=60):
    """No ring, no file, no row. A client may read for a while what a guest has left."""
    def leftovers():
        return [*served(), *hold_files()] + ["ring"] * mapped_rings()
    wait_until(lambda: not leftovers(), "the backend has let go of everything", seconds)


@contextlib.contextmanager
def driver_settings(**settings):
    """virtxld runs with these settings in libxl.conf meanwhile."""
    for change in (settings, {}):
        configure_driver(**change)
        virtxld.stop()
        virtxld.start()
        if change is settings:
            yield


def memory_kib(pid):
    """Its proportional share of memory."""
    with open("/proc/%d/smaps_rollup" % pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def processor_seconds(pid):
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wake_ups(pid):
    """How often its threads have begun to wait for something."""
    total = 0
    for path in glob.glob("/proc/%d/task/*/status" % pid):
        with open(path) as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("voluntary"))
    return total


def round_trip_ms(channel, count):
    """The median of so many round trips of a byte to a program that echoes."""
    times = []
    for _ in range(count):
        begin = time.monotonic()
        channel.send(b"x")
        channel.read(1)
        times.append((time.monotonic() - begin) * 1000)
    return statistics.median(times)
