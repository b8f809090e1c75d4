# SPDX-License-Identifier: LGPL-2.1-or-later
"""What happens to a guest, and its channels go on: driver gone and back, pause, reboot,
a checkpoint.

A driver goes in good order here (guest/frontend.h): to unbind Linux's while the host has the
ring mapped harms the guest, whoever the backend is.
"""

import contextlib
import os
import time

from host import backend, clients, expect_equal, guests, wait_until, xen
from host.daemons import channeld, virtxld
from host.streams import Stream

# It takes minutes.
only_long = True

CONTROL = guests.unix_channel("control")
STREAM = guests.unix_channel("stream", program="stream")
ECHO = guests.unix_channel("echo", program="echo")
CHANNELS = (CONTROL, STREAM, ECHO)
CHECKPOINT = "/var/tmp/checkpoint"


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("alive", CHANNELS) as guest:
        yield guest
    backend.wait_until_it_keeps_nothing()


def state(guest, name):
    return backend.row(guest, name)["frontend_state"]


def unbind(guest, shell, name):
    shell.ask("/attack %d take 0" % xen.channel_nodes(guest.id)[name])
    wait_until(lambda: state(guest, name) in (0, 1, 5, 6), "the driver has gone")


def bind(guest, shell, name):
    shell.ask("/attack %d release 0" % xen.channel_nodes(guest.id)[name])
    wait_until(lambda: state(guest, name) == 4, "the driver is back")


def test_a_driver_that_goes_and_comes_back_finds_its_channel(guest):
    with guest.shell(CONTROL.name) as shell, guest.connect(ECHO.name) as client:
        guest.wait_until_raw(shell, (ECHO.name,))
        client.answers("before")
        for number in range(5):
            unbind(guest, shell, ECHO.name)
            bind(guest, shell, ECHO.name)
            guest.wait_until_raw(shell, (ECHO.name,))
            client.received = b""
            client.answers("round %d" % number)


def test_no_ring_stays_mapped_while_the_driver_is_away(guest):
    with guest.shell(CONTROL.name) as shell:
        before, said = backend.mapped_rings(), shell.ask("dmesg | grep -c -i 'grant\\|call'")
        unbind(guest, shell, ECHO.name)
        try:
            wait_until(lambda: backend.mapped_rings() == before - 1, "the ring is let go of", 20)
            expect_equal(shell.ask("dmesg | grep -c -i 'grant\\|call'"), said)
        finally:
            bind(guest, shell, ECHO.name)


def test_what_is_sent_while_the_driver_is_away_arrives(guest):
    with guest.shell(CONTROL.name) as shell, guest.connect(ECHO.name) as client:
        guest.wait_until_raw(shell, (ECHO.name,))
        unbind(guest, shell, ECHO.name)
        client.send(b"sent while it was away\n")
        bind(guest, shell, ECHO.name)
        client.expect("sent while it was away\n", 120)


def test_a_backend_that_was_killed_meanwhile_sees_that_the_driver_has_gone_and_come_back(guest):
    with guest.shell(CONTROL.name) as shell:
        shell.tell("sleep 2; /attack 3 take 0; sleep 1; /attack 3 release 0")
        channeld.kill()
        time.sleep(20)  # the guest waits for an answer for 10 s
        channeld.start()
    with guest.shell(CONTROL.name) as shell:
        wait_until(lambda: state(guest, ECHO.name) == 4, "the driver is back")
        guest.wait_until_raw(shell, (ECHO.name,))
    with guest.connect(ECHO.name) as client:
        client.answers("after both")


def test_a_pause_loses_nothing(guest):
    with Stream(guest.path(STREAM.name)) as stream:
        stream.flows()
        clients.virsh("suspend", guest.name)
        time.sleep(3)
        clients.virsh("resume", guest.name)
        stream.flows()
        with guest.shell(CONTROL.name) as shell:
            report = stream.finish(shell, "hvc2")
        stream.check(report, repeated_max=0, lost_max=0)


def test_a_checkpoint_loses_nothing(guest):
    with guest.connect(ECHO.name) as client:
        client.answers("before")
        xen.run("xl", "save", "-c", str(guest.id), CHECKPOINT)
        os.unlink(CHECKPOINT)
        expect_equal(guest.state, "running")
        client.answers("after")
    with guest.shell(CONTROL.name) as shell:
        expect_equal(shell.ask("echo hello"), "hello")


def test_a_reboot_takes_the_channels_along(guest):
    domid, path = guest.id, guest.path(ECHO.name)
    with guest.shell(CONTROL.name) as shell:
        shell.tell("reboot -f")
    wait_until(lambda: guest.id not in (domid, None), "a new id")
    with guest.shell(CONTROL.name) as shell:
        guest.wait_until_raw(shell, (ECHO.name,))
    expect_equal(guest.path(ECHO.name), path)
    with guest.connect(ECHO.name) as client:
        client.answers("after the reboot")
    expect_equal(len(backend.served()), len(CHANNELS))
    expect_equal(xen.remains_of(domid), [])


def test_what_the_guest_said_last_is_still_read(guest):
    last = guests.unix_channel("last-words", program="hold")
    control = guests.unix_channel("control-of-last")
    with guests.running("last-words", (control, last)) as other:
        with other.shell(control.name) as shell:
            other.wait_until_raw(shell, (last.name,))
            with other.connect(last.name) as client:
                wait_until(lambda: backend.row(other, last.name)["connected"], "it is connected")
                shell.tell("for i in 1 2 3 4; do cat /pattern; done >/dev/hvc2; poweroff -f")
                wait_until(lambda: other.state == "shut off", "shut off")
                expect_equal(len(client.read_to_end()), 4 * 65536)
