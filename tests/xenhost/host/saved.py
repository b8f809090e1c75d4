# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest that must be the same one after a save: it has a mark in its memory, and two channels, one
from its boot and one that was attached later. Start it with "chan2=shell" on its command line."""

from . import expect_equal, guests, wait_until

BOOT = guests.unix_channel("boot", "virtio")
LATE = guests.ChannelSpec("late")


def mark(guest):
    guest.attach(LATE)
    with guest.shell(BOOT.name) as shell:
        expect_equal(shell.ask("touch /tmp/mark; echo made"), "made")


def remembers(guest):
    """The guest is the one that there was, and both channels work."""
    for channel in (BOOT, LATE):
        with guest.shell(channel.name) as shell:
            expect_equal(shell.ask("ls /tmp/mark"), "/tmp/mark")
    wait_until(lambda: guest.is_connected(LATE.name), "connected")
