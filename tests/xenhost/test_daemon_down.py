# SPDX-License-Identifier: LGPL-2.1-or-later
"""What guests do while the daemon is down is settled when it comes back."""

import contextlib
import os

from host import clients, expect_equal, guests, wait_until, xen
from host.daemons import virtxld

# It takes minutes; the simulated host has the same at speed.
only_long = True

CRASH = "echo c >/proc/sysrq-trigger"
CONTROL = guests.unix_channel("control", "virtio")


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield


@contextlib.contextmanager
def done_while_down(name, command, **options):
    """A guest that did it while the daemon was down, which has come back since."""
    with guests.running(name, (CONTROL,), **options) as guest:
        domid = guest.id
        with guest.shell(CONTROL.name) as shell:
            virtxld.kill()
            shell.tell(command)
        wait_until(lambda: xen.is_shut_down(domid), "the guest has done it")
        virtxld.start()
        yield guest, domid


def is_over(guest, domid):
    wait_until(lambda: guest.state == "shut off", "shut off")
    wait_until(lambda: xen.is_gone(domid), "nothing is left", 20)
    guests.assert_nothing_left(domid, [CONTROL.path, "/run/libvirt/libxl/%s.xml" % guest.name])


def is_up_again(guest, domid):
    wait_until(lambda: guest.id not in (domid, None), "a new id")
    with guest.shell(CONTROL.name) as shell:
        expect_equal(shell.ask("echo hello"), "hello")
    expect_equal(xen.remains_of(domid), [])


def test_a_poweroff_is_settled():
    with done_while_down("down-poweroff", "poweroff -f") as (guest, domid):
        is_over(guest, domid)


def test_a_reboot_is_settled():
    with done_while_down("down-reboot", "reboot -f") as (guest, domid):
        is_up_again(guest, domid)


def test_a_crash_with_on_crash_destroy_is_settled():
    with done_while_down("down-crash", CRASH, on_crash="destroy") as (guest, domid):
        is_over(guest, domid)


def test_a_crash_with_on_crash_restart_is_settled():
    with done_while_down("down-crash-restart", CRASH, on_crash="restart") as (guest, domid):
        is_up_again(guest, domid)


def test_a_crash_with_on_crash_preserve_is_shown():
    with done_while_down("down-crash-kept", CRASH, on_crash="preserve") as (guest, domid):
        wait_until(lambda: guest.state == "crashed", "crashed")
        expect_equal(guest.id, domid)


def test_a_domain_that_xl_destroyed_is_shut_off():
    with guests.running("down-destroyed", (CONTROL,)) as guest:
        domid = guest.id
        virtxld.kill()
        xen.run("xl", "destroy", str(domid))
        virtxld.start()
        is_over(guest, domid)


def test_an_ended_domain_can_be_started_again():
    with done_while_down("down-start", "poweroff -f") as (guest, domid):
        wait_until(lambda: guest.state == "shut off", "shut off")
        clients.virsh("start", guest.name)
        guest.shell(CONTROL.name).close()


def test_a_domain_with_autostart_is_not_started_by_a_mere_restart_of_the_daemon():
    with guests.defined("auto", (CONTROL,)) as guest:
        clients.virsh("autostart", guest.name)
        assert os.path.islink("/etc/libvirt/libxl/autostart/auto.xml")
        virtxld.stop()
        virtxld.start()
        expect_equal(guest.state, "shut off")
