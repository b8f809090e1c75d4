# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian as a PVH and as an HVM guest: names of channels from the start and of what is attached
later, and its own guest agent. What more there is to the guest's side: test_guest_debian.py."""

import contextlib

from host import expect_equal, guests
from host.daemons import virtxld
from host.named_channels import CONTROL, attached, in_guest, links
from test_guest_debian import AGENT, HOT, ping

# A guest of these boots in half a minute and more.
only_long = True


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield


def channels_have_names_and_the_agent_answers(kind):
    with guests.debian("debian-" + kind, (CONTROL, AGENT), kind=kind) as guest:
        with guest.shell(CONTROL.name):
            pass
        expect_equal(set(links(guest)), {CONTROL.name, AGENT.name})
        ping(guest)
        with attached(guest, HOT):
            with guest.connect(HOT.name) as channel:
                in_guest(guest, "echo this one >/dev/xen-channel/" + HOT.name)
                channel.expect("this one\n")
        expect_equal(set(links(guest)), {CONTROL.name, AGENT.name})
        expect_equal(in_guest(guest, "systemctl --failed --plain --no-legend"), "")


def test_debian_as_a_pvh_guest():
    channels_have_names_and_the_agent_answers("pvh")


def test_debian_as_an_hvm_guest():
    channels_have_names_and_the_agent_answers("hvm")
