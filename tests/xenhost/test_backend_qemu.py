# SPDX-License-Identifier: LGPL-2.1-or-later
"""With channel_backend = "libxl" QEMU serves channels, as libxl has it: what is true of
channels is true then, too."""

import contextlib

import test_channels_pv
from host import expect_equal, guests, xen
from host.daemons import configure_driver, virtxld

borrowed = (test_channels_pv,)


@contextlib.contextmanager
def shared():
    configure_driver(channel_backend="libxl")
    virtxld.start(alone=True)
    with guests.running("by-qemu", test_channels_pv.CHANNELS) as guest:
        yield guest


def test_a_qemu_serves_the_domain(guest):
    expect_equal(len(xen.qemu_processes(guest.id)), 1)


def test_a_domain_started_by_one_backend_keeps_it_when_the_setting_changes(guest):
    virtxld.stop()
    configure_driver()
    virtxld.start()
    test_channels_pv.both_ways(guest, test_channels_pv.VPORT.name)
    expect_equal(len(xen.qemu_processes(guest.id)), 1)
