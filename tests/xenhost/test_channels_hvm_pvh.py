# SPDX-License-Identifier: LGPL-2.1-or-later
"""Channels of a PVH and of an HVM guest, from the start and attached later, and their consoles.
These boot in tens of seconds.

An HVM guest has a QEMU for its devices; a PVH guest with our channels has none."""

import contextlib

from host import backend, expect_equal, guests, wait_until, xen
from host.console import Console
from host.daemons import virtxld

FIRST, SECOND = guests.unix_channel("org.example.first", "virtio"), guests.ChannelSpec("second")
LATE = guests.ChannelSpec("late")
SERIAL = "<serial type='pty'><target port='0'/></serial>"


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield


@contextlib.contextmanager
def running(kind, qemus, devices=""):
    with guests.running(kind, (FIRST, SECOND), kind=kind, cmdline="chan3=shell", devices=devices) as guest:
        domid = guest.id
        expect_equal(len(xen.qemu_processes(domid)), qemus)
        yield guest
    guests.assert_nothing_left(domid, [FIRST.path])
    backend.wait_until_it_keeps_nothing()


def works(guest, name):
    with guest.shell(name) as shell:
        expect_equal(shell.ask("echo there-and-back | rev"), "kcab-dna-ereht")


def channels_work(guest):
    works(guest, FIRST.name)
    guest.attach(LATE)
    wait_until(lambda: guest.is_connected(LATE.name), "the guest has taken it up")
    expect_equal(xen.channel_nodes(guest.id)[LATE.name], 3)
    works(guest, LATE.name)
    for channel, devid in ((LATE, 3), (SECOND, 2)):
        guest.detach(channel)
        expect_equal(xen.channel_paths(guest.id, devid), [])
    works(guest, FIRST.name)


def console_works(guest):
    with Console(guest.name) as console:
        console.asks_and_leaves()


def put_a_shell_on_the_serial_port(guest):
    with guest.shell(FIRST.name) as shell:
        shell.send(b"setsid sh -i </dev/ttyS0 >/dev/ttyS0 2>&1 &\n")
        shell.ask("echo started")


def test_channels_and_console_of_a_pvh_guest():
    with running("pvh", 0) as guest:
        channels_work(guest)
        console_works(guest)


def test_channels_of_an_hvm_guest_and_its_serial_port_as_console():
    with running("hvm", 1, SERIAL) as guest:
        channels_work(guest)
        put_a_shell_on_the_serial_port(guest)
        console_works(guest)
