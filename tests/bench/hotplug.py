#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in dom0 of the emulated host: how long it takes to attach a channel until bytes come
back from the guest, and to detach it until it is gone, beside a disk of the same guest that
xl attaches and detaches.

channel-on-xen brings it there. The last column is how many times faster the channel is.
"""

import statistics
import subprocess
import tempfile
import time

from host import clients, daemons, guests, wait_until, xen

ROUNDS = 20
CONTROL = guests.unix_channel("control")
ECHO = guests.ChannelSpec("echo")


def seconds(function, *arguments):
    begin = time.monotonic()
    function(*arguments)
    return time.monotonic() - begin


def attach_channel(guest, domain):
    domain.attachDevice(ECHO.xml())
    with guest.connect(ECHO.name) as channel:
        channel.answers("usable")


def detach_channel(guest, domain):
    domid = guest.id
    domain.detachDevice(ECHO.xml())
    assert not xen.channel_paths(domid, 2), "it is not gone"


def xl(*arguments):
    subprocess.run(("xl",) + arguments, check=True, stdout=subprocess.DEVNULL)


def disk_state(guest):
    return xen.xenstore_read("/local/domain/%d/device/vbd/51712/state" % guest.id)


def attach_disk(guest, image):
    xl("block-attach", str(guest.id), "format=raw,vdev=xvda,access=rw,target=" + image)
    wait_until(lambda: disk_state(guest) == "4", "the disk is usable")


def detach_disk(guest):
    xl("block-detach", str(guest.id), "51712")
    wait_until(lambda: not disk_state(guest), "the disk is gone")


def measure(guest):
    rows = {"attach to usable": ([], []), "detach to gone": ([], [])}
    with tempfile.NamedTemporaryFile(suffix=".img") as image, clients.lookup(guest.name) as domain:
        image.truncate(1 << 20)
        for _ in range(ROUNDS):
            rows["attach to usable"][0].append(seconds(attach_channel, guest, domain))
            rows["detach to gone"][0].append(seconds(detach_channel, guest, domain))
            rows["attach to usable"][1].append(seconds(attach_disk, guest, image.name))
            rows["detach to gone"][1].append(seconds(detach_disk, guest))
    return rows


def main():
    daemons.configure_virtxld()
    daemons.virtxld.start()
    with guests.running("hot", (CONTROL,), cmdline="chan2=echo") as guest:
        with guest.shell(CONTROL.name):
            pass
        rows = measure(guest)
    daemons.end_daemons()
    print("%-42s %15s %10s %7s" % ("s, median of %d" % ROUNDS, "channel", "disk", "ratio"))
    for name, (channel, disk) in rows.items():
        ours, theirs = statistics.median(channel), statistics.median(disk)
        print("%-42s %15.3g %10.3g %7.1f" % (name, ours, theirs, theirs / ours))


main()
