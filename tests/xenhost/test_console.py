# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles and channels of real guests through the connection: virsh console as a person
uses it, on each kind of guest, and a channel by its name."""

import contextlib

import libvirt

from host import clients, expect_equal, guests
from host.console import ESCAPE, Console
from host.daemons import virtxld

CHANNEL = guests.ChannelSpec("org.example.shell")
# A shell is put there by hand.
SERIAL = "<serial type='pty'><target port='0'/></serial>"
SUM, RESULT = b"echo $((1000 + 234))", b"1234"


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("pv", (CHANNEL,)) as guest:
        yield guest


def a_person_asks_and_leaves(name):
    with Console(name) as console:
        console.asks(SUM, RESULT)
        console.types(ESCAPE)
        expect_equal(console.status(), 0)


def test_a_person_types_a_command_in_a_pv_guest_and_leaves(guest):
    a_person_asks_and_leaves(guest.name)
    a_person_asks_and_leaves(guest.name)


def test_a_second_console_is_refused_and_force_takes_it_over(guest):
    with Console(guest.name) as first:
        with clients.lookup(guest.name) as domain:
            stream = domain.connect().newStream()
            expect_equal(clients.error_code(domain.openConsole, None, stream),
                         libvirt.VIR_ERR_OPERATION_FAILED)
        with Console(guest.name, "--force") as second:
            first.status()
            second.asks(SUM, RESULT)
            second.types(ESCAPE)
            expect_equal(second.status(), 0)


def test_a_channel_is_opened_by_its_name(guest):
    with clients.lookup(guest.name) as domain:
        stream = domain.connect().newStream()
        domain.openChannel(CHANNEL.name, stream)
        stream.send(b"echo there-and-back | rev\n")
        heard = b""
        while b"kcab-dna-ereht" not in heard:
            part = stream.recv(1000)
            assert part, "the channel ends after %r" % heard
            heard += part
        stream.finish()


def test_a_person_types_a_command_in_a_pvh_guest_and_leaves(guest):
    with guests.running("pvh", kind="pvh"):
        a_person_asks_and_leaves("pvh")


def test_an_hvm_guests_serial_port_is_its_console(guest):
    with guests.running("hvm", (CHANNEL,), kind="hvm", devices=SERIAL) as hvm:
        with hvm.shell(CHANNEL.name) as shell, Console("hvm") as console:
            shell.send(b"setsid sh -i </dev/ttyS0 >/dev/ttyS0 2>&1 &\n")
            shell.ask("echo started")
            console.asks(SUM, RESULT)
            console.types(ESCAPE)
            expect_equal(console.status(), 0)


def test_a_console_ends_with_its_domain(guest):
    with Console(guest.name) as console:
        console.asks(SUM, RESULT)
        guest.destroy()
        expect_equal(console.status(), 0)
