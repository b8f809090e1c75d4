# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the guest is connected to its channels, as the live XML says it."""

import contextlib

from host import backend, clients, expect_equal, guests, in_long_runs, wait_until
from host.daemons import virtxld

CONTROL = guests.unix_channel("control")
UNOPENED = guests.ChannelSpec("unopened", program=None)
BY_QEMU = guests.unix_channel("by-qemu", "virtio")


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("states", (CONTROL, UNOPENED)) as guest:
        yield guest
    backend.wait_until_it_keeps_nothing()


def state(guest, name):
    return guest.channel_element(name).find("target").get("state")


def becomes_connected(guest, *names):
    wait_until(lambda: all(state(guest, name) == "connected" for name in names), "connected")


def test_channels_of_a_guest_that_runs_are_connected(guest):
    becomes_connected(guest, CONTROL.name, UNOPENED.name)


def test_a_new_daemon_knows_it_at_once(guest):
    virtxld.restart()
    expect_equal((state(guest, CONTROL.name), state(guest, UNOPENED.name)), ("connected", "connected"))


def test_a_paused_guest_stays_connected(guest):
    clients.virsh("suspend", guest.name)
    expect_equal(state(guest, CONTROL.name), "connected")
    clients.virsh("resume", guest.name)
    expect_equal(state(guest, CONTROL.name), "connected")


def test_a_channel_that_is_attached_gets_connected(guest):
    with clients.lookup(guest.name) as domain:
        domain.attachDevice(guests.ChannelSpec("late").xml())
        becomes_connected(guest, "late")
        domain.detachDevice(guests.ChannelSpec("late").xml())


def test_a_reboot_connects_them_again(guest):
    before = guest.id
    with guest.shell(CONTROL.name) as shell:
        shell.tell("reboot -f")
    wait_until(lambda: guest.id not in (before, None), "a new id")
    becomes_connected(guest, CONTROL.name, UNOPENED.name)


@in_long_runs
def test_a_channel_of_qemus_has_a_state_as_well(_):
    with backend.driver_settings(channel_backend="libxl"):
        with guests.created("qemus", (BY_QEMU,)) as guest:
            expect_equal(state(guest, BY_QEMU.name) in ("connected", "disconnected"), True)
            becomes_connected(guest, BY_QEMU.name)
