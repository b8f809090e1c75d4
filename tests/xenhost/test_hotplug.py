# SPDX-License-Identifier: LGPL-2.1-or-later
"""Channels that come and go while a guest runs.

Which program opens which hvc is on the guest's kernel command line, so that it is there
for a channel that is attached later: nobody opens hvc4 to hvc7.
"""

import contextlib
import os
import statistics
import time

import host
import libvirt
from host import backend, clients, expect_equal, guests, in_long_runs, wait_until, xen
from host.daemons import channeld, virtxld

PROGRAMS = "chan1=shell chan2=shell chan3=echo"
CONTROL = guests.unix_channel("control")
OPEN = guests.ChannelSpec("held.open")
ECHO = guests.ChannelSpec("echo")
UNOPENED = guests.ChannelSpec("unopened", program=None)
ROUNDS = 100


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("hot", cmdline=PROGRAMS) as guest:
        guest.attach(CONTROL)
        with guest.shell(CONTROL.name):
            pass
        yield guest
    backend.wait_until_it_keeps_nothing()


@contextlib.contextmanager
def attached(guest, channel):
    """The guest has taken it up meanwhile, and nothing is left of it afterwards."""
    guest.attach(channel)
    devid, path = xen.channel_nodes(guest.id)[channel.name], guest.path(channel.name)
    wait_until(lambda: guest.is_connected(channel.name), channel.name + " connected", 60)
    yield devid
    guest.detach(channel)
    expect_equal(xen.channel_paths(guest.id, devid), [])
    assert not os.path.lexists(path), "the socket is left"
    assert (guest.name, channel.name) not in backend.served()


def asks(guest, channel, question="echo up | rev", answer="pu"):
    with guest.shell(channel.name) as shell:
        expect_equal(shell.ask(question), answer)


def lives(guest):
    asks(guest, CONTROL)
    expect_equal(guest.state, "running")


def complaints(guest):
    """Lines of the guest's kernel's log that may be some; there are a few from its boot."""
    with guest.shell(CONTROL.name) as shell:
        return shell.ask("dmesg | grep -i 'grant\\|call\\|BUG\\|oops'")


def test_a_guest_that_started_without_channels_gets_one(guest):
    lives(guest)
    element = guest.channel_element(CONTROL.name)
    expect_equal(element.find("alias").get("name"), "channel0")
    expect_equal(xen.channel_nodes(guest.id), {CONTROL.name: 1})
    expect_equal(xen.qemu_processes(guest.id), [])


def test_an_attached_channel_appears_in_the_guest_soon(guest):
    """In two seconds on a machine; emulation is slower."""
    with clients.lookup(guest.name) as domain:
        domain.attachDevice(UNOPENED.xml())
        wait_until(lambda: guest.is_connected(UNOPENED.name), "connected", 20)
        expect_equal(xen.xenstore_read("/local/domain/%d/device/console/2/type" % guest.id), "virtxl")
        domain.detachDevice(UNOPENED.xml())


def test_it_works_both_ways_on_the_hvc_of_its_number(guest):
    with attached(guest, OPEN):
        asks(guest, OPEN, "readlink /proc/self/fd/0", "/dev/hvc2")
    lives(guest)


def test_a_channel_that_a_program_in_the_guest_has_open_is_detached(guest):
    before = complaints(guest)
    with attached(guest, OPEN):
        with guest.shell(OPEN.name) as shell:
            expect_equal(shell.ask("echo open | rev"), "nepo")
    lives(guest)
    expect_equal(complaints(guest), before)


def test_a_client_of_a_channel_that_is_detached_sees_its_end(guest):
    with attached(guest, OPEN):
        shell = guest.shell(OPEN.name)
    with shell:
        shell.read_to_end()
    lives(guest)


def test_a_channel_that_nobody_in_the_guest_has_open_is_detached(guest):
    before = complaints(guest)
    with attached(guest, OPEN), attached(guest, ECHO), attached(guest, UNOPENED) as devid:
        expect_equal(devid, 4)
    lives(guest)
    expect_equal(complaints(guest), before)


def test_name_and_device_id_can_be_used_again(guest):
    for _ in range(3):
        with attached(guest, OPEN) as devid:
            expect_equal(devid, 2)
            asks(guest, OPEN)
    lives(guest)


def test_a_hole_is_filled(guest):
    with attached(guest, ECHO) as third:
        guest.detach(CONTROL)
        guest.attach(CONTROL)
        expect_equal((third, xen.channel_nodes(guest.id)[CONTROL.name]), (2, 1))
        lives(guest)


def test_a_duplicate_name_is_an_invalid_operation(guest):
    with clients.lookup(guest.name) as domain:
        expect_equal(clients.error_code(domain.attachDevice, CONTROL.xml()), libvirt.VIR_ERR_OPERATION_INVALID)
    lives(guest)


@in_long_runs
def test_many_rounds_leave_nothing(guest):
    before = backend.hold_files(), len(os.listdir("/proc/%d/fd" % channeld.process.pid))
    said = complaints(guest)
    times = []
    for _ in range(ROUNDS if host.LONG else ROUNDS // 10):
        with clients.lookup(guest.name) as domain:
            begin = time.monotonic()
            domain.attachDevice(OPEN.xml())
            times.append(time.monotonic() - begin)
            wait_until(lambda: guest.is_connected(OPEN.name), "connected", 60)
            domain.detachDevice(OPEN.xml())
        expect_equal(xen.channel_paths(guest.id, 2), [])
    print("# attach: median %.3f s" % statistics.median(times))
    lives(guest)
    expect_equal(complaints(guest), said)
    wait_until(lambda: (backend.hold_files(), len(os.listdir("/proc/%d/fd" % channeld.process.pid))) == before,
               "no more files than before", 30)


def test_it_outlives_the_daemons(guest):
    with attached(guest, OPEN):
        path = guest.path(OPEN.name)
        virtxld.kill()
        channeld.kill()
        virtxld.start()
        expect_equal(guest.path(OPEN.name), path)
        asks(guest, OPEN)
    lives(guest)


def test_a_guest_that_does_not_let_go_keeps_its_channel(guest):
    """Paused, it can't answer."""
    with attached(guest, OPEN):
        clients.virsh("suspend", guest.name)
        with clients.lookup(guest.name) as domain:
            expect_equal(clients.error_code(domain.detachDevice, OPEN.xml()), libvirt.VIR_ERR_OPERATION_TIMEOUT)
        clients.virsh("resume", guest.name)
        asks(guest, OPEN)
    lives(guest)


def test_it_is_there_again_after_a_reboot(guest):
    with attached(guest, OPEN):
        domid = guest.id
        with guest.shell(CONTROL.name) as shell:
            shell.tell("reboot -f")
        wait_until(lambda: guest.id not in (domid, None), "a new id")
        lives(guest)
        asks(guest, OPEN)


@in_long_runs
def test_beside_channels_of_qemu_ours_is_attached(_):
    boot = (guests.unix_channel("by-qemu"),)
    with backend.driver_settings(channel_backend="libxl"):
        with guests.running("mixed", boot, cmdline="chan2=shell") as guest:
            with attached(guest, OPEN) as devid:
                expect_equal(devid, 2)
                asks(guest, OPEN)
            with clients.lookup(guest.name) as domain:
                expect_equal(clients.error_code(domain.detachDevice, boot[0].xml()),
                             libvirt.VIR_ERR_OPERATION_UNSUPPORTED)
            asks(guest, boot[0])
