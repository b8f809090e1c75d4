# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon ends, cleanly or not, and comes back: guests and channels do not notice."""

import contextlib
import xml.etree.ElementTree as ElementTree

from host import clients, expect_equal, guests, in_long_runs, stays_true, wait_until, xen
from host.daemons import virtxld

VPORT = guests.unix_channel("s-4-VM.vport", "virtio")
PTY = guests.pty_channel("a-pty")
AUTOMATIC = guests.ChannelSpec("org.example.automatic")
CHANNELS = (VPORT, PTY, AUTOMATIC)


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("survivor", CHANNELS) as guest:
        for channel in CHANNELS:
            guest.shell(channel.name).close()
        yield guest


def end_by_kill():
    virtxld.kill()


def end_by_stop():
    virtxld.stop()


def live_text(guest):
    return ElementTree.canonicalize(clients.virsh("dumpxml", "--security-info", guest.name))


def is_found_again(guest, end):
    domid, text = guest.id, live_text(guest)
    qemu = xen.qemu_processes(domid)
    end()
    expect_equal(xen.xl_domains(), {guest.name: domid})
    expect_equal(xen.qemu_processes(domid), qemu)
    virtxld.start()
    expect_equal(guest.state, "running")
    expect_equal(guest.id, domid)
    wait_until(lambda: live_text(guest) == text, "the live XML is as before", 20)


def channels_are_undisturbed(guest, end):
    """Connections that were there before go on, while the daemon is down and after."""
    with contextlib.ExitStack() as stack:
        shells = [stack.enter_context(guest.shell(channel.name)) for channel in CHANNELS]
        for shell in shells:
            shell.ask("memory=kept")
        end()
        for shell in shells:
            expect_equal(shell.ask("echo $memory"), "kept")
        virtxld.start()
        for shell in shells:
            expect_equal(shell.ask("echo $memory"), "kept")


def test_a_killed_daemon_finds_its_domain_and_the_whole_live_xml(guest):
    is_found_again(guest, end_by_kill)


def test_a_stopped_daemon_finds_its_domain_and_the_whole_live_xml(guest):
    is_found_again(guest, end_by_stop)


def test_channels_go_on_over_a_kill(guest):
    channels_are_undisturbed(guest, end_by_kill)


def test_channels_go_on_over_a_stop_and_start(guest):
    channels_are_undisturbed(guest, end_by_stop)


def test_a_new_client_can_connect_to_a_channel_while_the_daemon_is_down(guest):
    path = guest.path(AUTOMATIC.name)
    virtxld.kill()
    with guests.Channel(path) as shell:
        shell.wait_for_shell()
        expect_equal(shell.ask("echo hello"), "hello")
    virtxld.start()


def test_ten_kills_in_a_row_lose_nothing(guest):
    domid = guest.id
    for _ in range(10):
        virtxld.kill()
        virtxld.start()
    expect_equal(guest.id, domid)
    for channel in CHANNELS:
        with guest.shell(channel.name) as shell:
            expect_equal(shell.ask("echo hello"), "hello")


def test_a_reboot_after_a_restart_of_the_daemon_is_obeyed(guest):
    virtxld.kill()
    virtxld.start()
    domid, paths = guest.id, [guest.path(VPORT.name), guest.path(AUTOMATIC.name)]
    with guest.shell(VPORT.name) as shell:
        shell.tell("reboot -f")
    wait_until(lambda: guest.id not in (domid, None), "a new id", 60)
    expect_equal([guest.path(VPORT.name), guest.path(AUTOMATIC.name)], paths)
    for channel in CHANNELS:
        guest.shell(channel.name).close()
    expect_equal(xen.remains_of(domid), [])


@in_long_runs
def test_a_transient_domain_is_found_and_ends_as_one(guest):
    channel = guests.unix_channel("transient")
    with guests.created("transient", (channel,)) as passing:
        with passing.shell(channel.name) as shell:
            virtxld.kill()
            virtxld.start()
            expect_equal(passing.state, "running")
            domid = passing.id
            shell.tell("poweroff -f")
        wait_until(lambda: not clients.exists("transient"), "the domain is forgotten", 60)
        wait_until(lambda: xen.is_gone(domid), "nothing is left of it", 20)
    stays_true(lambda: guest.state == "running", "the other guest ended", 1)
