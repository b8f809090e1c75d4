# SPDX-License-Identifier: LGPL-2.1-or-later
"""A channel each on a PVH and on an HVM guest. These boot in tens of seconds."""

import contextlib

from host import expect_equal, guests
from host.daemons import virtxld


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield


def channel_works(kind):
    channel = guests.unix_channel("org.example." + kind, "virtio")
    with guests.running(kind, (channel,), kind=kind, memory=128) as guest:
        with guest.shell(channel.name) as shell:
            expect_equal(shell.ask("echo there-and-back | rev"), "kcab-dna-ereht")
        domid = guest.id
    guests.assert_nothing_left(domid, [channel.path])


def test_bytes_go_both_ways_on_a_pvh_guest():
    channel_works("pvh")


def test_bytes_go_both_ways_on_an_hvm_guest():
    channel_works("hvm")
