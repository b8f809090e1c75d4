# SPDX-License-Identifier: LGPL-2.1-or-later
"""Channels of a PVH and of an HVM guest, from the start and attached later. These boot in tens
of seconds.

An HVM guest has a QEMU for its devices; a PVH guest with our channels has none."""

import contextlib

from host import backend, expect_equal, guests, wait_until, xen
from host.daemons import virtxld

LATE = guests.ChannelSpec("late")


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield


def works(guest, name):
    with guest.shell(name) as shell:
        expect_equal(shell.ask("echo there-and-back | rev"), "kcab-dna-ereht")


def channels_work(kind, qemus):
    first, second = guests.unix_channel("org.example." + kind, "virtio"), guests.ChannelSpec("second")
    with guests.running(kind, (first, second), kind=kind, cmdline="chan3=shell") as guest:
        works(guest, first.name)
        domid = guest.id
        expect_equal(len(xen.qemu_processes(domid)), qemus)
        guest.attach(LATE)
        wait_until(lambda: guest.is_connected(LATE.name), "the guest has taken it up")
        expect_equal(xen.channel_nodes(domid)[LATE.name], 3)
        works(guest, LATE.name)
        for channel, devid in ((LATE, 3), (second, 2)):
            guest.detach(channel)
            expect_equal(xen.channel_paths(domid, devid), [])
        works(guest, first.name)
    guests.assert_nothing_left(domid, [first.path])
    backend.wait_until_it_keeps_nothing()


def test_channels_of_a_pvh_guest_from_the_start_and_attached():
    channels_work("pvh", 0)


def test_channels_of_an_hvm_guest_from_the_start_and_attached():
    channels_work("hvm", 1)
