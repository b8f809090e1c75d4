# SPDX-License-Identifier: LGPL-2.1-or-later
"""A channel each on a PVH and on an HVM guest. These boot in tens of seconds.

An HVM guest has a QEMU for its devices; a PVH guest with our channels has none."""

import contextlib

from host import backend, expect_equal, guests, xen
from host.daemons import virtxld


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield


def channel_works(kind, qemus):
    channel = guests.unix_channel("org.example." + kind, "virtio")
    with guests.running(kind, (channel,), kind=kind, memory=128) as guest:
        with guest.shell(channel.name) as shell:
            expect_equal(shell.ask("echo there-and-back | rev"), "kcab-dna-ereht")
        domid = guest.id
        expect_equal(len(xen.qemu_processes(domid)), qemus)
    guests.assert_nothing_left(domid, [channel.path])
    backend.wait_until_it_keeps_nothing()


def test_bytes_go_both_ways_on_a_pvh_guest():
    channel_works("pvh", 0)


def test_bytes_go_both_ways_on_an_hvm_guest():
    channel_works("hvm", 1)
