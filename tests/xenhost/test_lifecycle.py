# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest does and what becomes of it: on_poweroff, on_reboot, on_crash."""

import contextlib
import glob

from host import clients, expect_equal, guests, in_long_runs, stays_true, wait_until, xen
from host.daemons import virtxld

DUMPS = "/var/lib/libvirt/libxl/dump/*"
CRASH = "echo c >/proc/sysrq-trigger"


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield


CONTROL = guests.unix_channel("control", "virtio")
AUTOMATIC = guests.ChannelSpec("automatic")


def running(name, **options):
    return guests.running(name, (CONTROL, AUTOMATIC), **options)


def tell(guest, command):
    with guest.shell(CONTROL.name) as shell:
        shell.tell(command)


def ends(guest, command):
    """The guest does it, the domain is shut off, and nothing of it is left."""
    domid, paths = guest.id, [guest.path(CONTROL.name), guest.path(AUTOMATIC.name)]
    tell(guest, command)
    wait_until(lambda: guest.state == "shut off", "shut off")
    assert guest.id is None
    wait_until(lambda: xen.is_gone(domid), "nothing is left", 20)
    guests.assert_nothing_left(domid, paths)


def starts_again(guest, command):
    """The guest does it, the domain has a new id, and its channels work at the same paths."""
    domid, paths = guest.id, [guest.path(CONTROL.name), guest.path(AUTOMATIC.name)]
    tell(guest, command)
    wait_until(lambda: guest.id not in (domid, None), "a new id")
    expect_equal(guest.state, "running")
    expect_equal([guest.path(CONTROL.name), guest.path(AUTOMATIC.name)], paths)
    for channel in (CONTROL, AUTOMATIC):
        with guest.shell(channel.name) as shell:
            expect_equal(shell.ask("echo hello"), "hello")
    expect_equal(xen.remains_of(domid), [])


def is_preserved(guest, command, state):
    """The guest does it, and the dead domain stays to be looked at until it is destroyed."""
    domid = guest.id
    tell(guest, command)
    wait_until(lambda: guest.state == state, state)
    stays_true(lambda: guest.id == domid and guest.name in xen.xl_domains(), "it is not preserved")
    clients.virsh("destroy", guest.name)
    expect_equal(guest.state, "shut off")
    guests.assert_nothing_left(domid, [CONTROL.path])


def test_destroy_leaves_no_socket_no_xenstore_node_and_no_qemu():
    with running("destroyed") as guest:
        guest.shell(CONTROL.name).close()
        domid, paths = guest.id, [guest.path(CONTROL.name), guest.path(AUTOMATIC.name)]
        clients.virsh("destroy", guest.name)
        guests.assert_nothing_left(domid, paths)
        expect_equal(guest.state, "shut off")


@in_long_runs
def test_a_poweroff_ends_the_domain():
    with running("poweroff-destroy", on_poweroff="destroy") as guest:
        ends(guest, "poweroff -f")


@in_long_runs
def test_on_poweroff_restart():
    with running("poweroff-restart", on_poweroff="restart") as guest:
        starts_again(guest, "poweroff -f")


@in_long_runs
def test_on_poweroff_preserve():
    with running("poweroff-preserve", on_poweroff="preserve") as guest:
        is_preserved(guest, "poweroff -f", "in shutdown")


def test_a_reboot_starts_the_domain_again_under_a_new_id_with_its_channels():
    with running("reboot-restart", on_reboot="restart") as guest:
        starts_again(guest, "reboot -f")


@in_long_runs
def test_a_second_reboot_works_like_the_first():
    with running("reboot-twice", on_reboot="restart") as guest:
        starts_again(guest, "reboot -f")
        starts_again(guest, "reboot -f")


@in_long_runs
def test_on_reboot_destroy():
    with running("reboot-destroy", on_reboot="destroy") as guest:
        ends(guest, "reboot -f")


@in_long_runs
def test_on_crash_destroy():
    with running("crash-destroy", on_crash="destroy") as guest:
        ends(guest, CRASH)


@in_long_runs
def test_on_crash_restart():
    with running("crash-restart", on_crash="restart") as guest:
        starts_again(guest, CRASH)


@in_long_runs
def test_on_crash_preserve():
    with running("crash-preserve", on_crash="preserve") as guest:
        is_preserved(guest, CRASH, "crashed")


def test_on_crash_coredump_destroy():
    before = set(glob.glob(DUMPS))
    with running("crash-dump", on_crash="coredump-destroy") as guest:
        ends(guest, CRASH)
    dumps = set(glob.glob(DUMPS)) - before
    assert len(dumps) == 1 and "crash-dump" in next(iter(dumps)), dumps
    with open(dumps.pop(), "rb") as file:
        expect_equal(file.read(4), b"\x7fELF")


def test_virsh_shutdown_is_obeyed_by_the_guest():
    with running("asked-to-end") as guest:
        guest.shell(CONTROL.name).close()
        domid = guest.id
        clients.virsh("shutdown", guest.name)
        wait_until(lambda: guest.state == "shut off", "shut off")
        wait_until(lambda: xen.is_gone(domid), "nothing is left", 20)


@in_long_runs
def test_virsh_reboot_is_obeyed_by_the_guest():
    with running("asked-to-reboot") as guest:
        guest.shell(CONTROL.name).close()
        domid = guest.id
        clients.virsh("reboot", guest.name)
        wait_until(lambda: guest.id not in (domid, None), "a new id")
        guest.shell(CONTROL.name).close()


def test_a_paused_start_waits_for_resume():
    with guests.defined("paused", (CONTROL,)) as guest:
        clients.virsh("start", "--paused", guest.name)
        expect_equal(guest.state, "paused")
        stays_true(lambda: guest.state == "paused", "it runs", 3)
        clients.virsh("resume", guest.name)
        guest.shell(CONTROL.name).close()
        clients.virsh("suspend", guest.name)
        expect_equal(guest.state, "paused")
