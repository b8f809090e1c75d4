# SPDX-License-Identifier: LGPL-2.1-or-later
"""Console and channels of a real guest through the connection: virsh console as a person
uses it, and a channel by its name. Those of PVH and HVM guests: test_channels_hvm_pvh.py."""

import contextlib

import libvirt

from host import clients, expect_equal, guests
from host.console import RESULT, SUM, Console
from host.daemons import virtxld

CHANNEL = guests.ChannelSpec("org.example.shell")


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("pv", (CHANNEL,)) as guest:
        yield guest


def test_a_person_types_a_command_in_a_pv_guest_and_leaves(guest):
    for _ in range(2):
        with Console(guest.name) as console:
            console.asks_and_leaves()


def test_a_second_console_is_refused_and_force_takes_it_over(guest):
    with Console(guest.name) as first:
        with clients.lookup(guest.name) as domain:
            stream = domain.connect().newStream()
            expect_equal(clients.error_code(domain.openConsole, None, stream),
                         libvirt.VIR_ERR_OPERATION_FAILED)
        with Console(guest.name, "--force") as second:
            first.status()
            second.asks_and_leaves()


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


def test_a_console_ends_with_its_domain(guest):
    with Console(guest.name) as console:
        console.asks(SUM, RESULT)
        guest.destroy()
        expect_equal(console.status(), 0)
