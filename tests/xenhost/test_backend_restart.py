# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtxl-channeld ends, cleanly or by a kill under load, and goes on where it was.

Under a service manager that keeps descriptors, clients go on, too.
"""

import contextlib
import os
import random
import time

import host
from host import backend, clients, expect_equal, guests, wait_until, xen
from host.daemons import channeld, configure_driver, virtxld
from host.service_manager import ServiceManager
from host.streams import Stream

CONTROL = guests.unix_channel("control")
STREAM = guests.unix_channel("stream", program="stream")
KEPT = guests.unix_channel("kept-stream", program="stream")
PTY = guests.pty_channel("a-pty")
ECHO = guests.unix_channel("echo", program="echo")
QUIET = guests.unix_channel("quiet", program="hold")
CHANNELS = (CONTROL, STREAM, KEPT, PTY, ECHO, QUIET)
NAMES = [channel.name for channel in CHANNELS]
KILLS = 200 if host.LONG else 20
KILLS_KEPT = 100 if host.LONG else 10
# The most that one call moves between a channel and a client.
CALL_BYTES = 64 * 1024


@contextlib.contextmanager
def shared():
    # Whatever the guest sends between two clients is kept.
    configure_driver(channel_overflow="wait")
    virtxld.start()
    with guests.running("restarted", CHANNELS) as guest:
        with guest.shell(CONTROL.name) as shell:
            guest.wait_until_raw(shell, NAMES)
        yield guest
    backend.wait_until_it_keeps_nothing()


@contextlib.contextmanager
def service_manager():
    """virtxl-channeld under one, and then without it again."""
    channeld.stop()
    with contextlib.closing(ServiceManager()) as channeld.manager:
        try:
            channeld.start()
            yield channeld.manager
        finally:
            channeld.end()
            channeld.manager = None
    channeld.start()


def works(guest, channel):
    with guest.shell(channel.name) as shell:
        expect_equal(shell.ask("echo hello"), "hello")


def test_a_stopped_backend_goes_on_with_the_same_ring(guest):
    nodes = ring_nodes(guest)
    channeld.stop()
    expect_equal(ring_nodes(guest), nodes)
    channeld.start()
    for channel in (CONTROL, PTY):
        works(guest, channel)
    expect_equal(ring_nodes(guest), nodes)


def ring_nodes(guest):
    folder = "/local/domain/%d/device/console/%%d/%%s" % guest.id
    return [xen.xenstore_read(folder % (devid, key)) for devid in range(1, len(CHANNELS) + 1)
            for key in ("ring-ref", "port", "state")]


def test_the_guest_is_not_told_of_a_kill(guest):
    nodes = ring_nodes(guest)
    channeld.restart()
    works(guest, CONTROL)
    expect_equal(ring_nodes(guest), nodes)


def test_what_waits_for_a_client_outlives_a_kill(guest):
    with guest.shell(CONTROL.name) as shell:
        shell.ask("seq 1 20000 >/dev/hvc5", 60)
        channeld.restart()
    with guest.connect(ECHO.name) as client:
        expected = "".join("%d\n" % number for number in range(1, 20001)).encode()
        assert client.read(len(expected)) == expected


def test_what_waits_for_the_guest_outlives_a_kill(guest):
    with guest.connect(QUIET.name) as client:
        client.send(b"held\n" * 10000)
    wait_until(lambda: backend.row(guest, QUIET.name)["in_held"] > 30000, "it is held")
    channeld.restart()
    with guest.shell(CONTROL.name) as shell:
        expect_equal(shell.ask("head -c 50000 </dev/hvc6 | uniq -c").split(), ["10000", "held"])


def test_kills_under_load_lose_nothing_but_what_a_dead_client_had(guest):
    random.seed(1)
    with Stream(guest.path(STREAM.name)) as stream:
        stream.flows()
        for _ in range(KILLS):
            time.sleep(random.uniform(0, 0.7))
            channeld.restart()
        stream.flows()
        with guest.shell(CONTROL.name) as shell:
            report = stream.finish(shell, "hvc2")
    print("# xenhost: %d kills: %d bytes to the guest of %d, %d from it in %d sessions, %d bytes twice" % (
        KILLS, report.bytes, stream.sent, stream.offset, stream.sessions, sum(stream.repeated)), flush=True)
    stream.check(report)
    assert stream.sessions > KILLS // 2, "%d sessions" % stream.sessions


test_kills_under_load_lose_nothing_but_what_a_dead_client_had.seconds = 60 * KILLS + 600


def test_clients_survive_a_stop_under_a_service_manager_and_miss_nothing(guest):
    with service_manager():
        with Stream(guest.path(KEPT.name)) as stream, guest.shell(CONTROL.name) as shell:
            stream.flows()
            for _ in range(5):
                channeld.stop()
                channeld.start()
                stream.flows()
            sessions = stream.sessions
            report = stream.finish(shell, "hvc3")
        expect_equal(sessions, 1)
        stream.check(report, repeated_max=0, lost_max=0)


def test_clients_survive_kills_under_a_service_manager(guest):
    """Each kill may cost the bytes of the system call that it came into."""
    random.seed(2)
    with service_manager():
        with Stream(guest.path(KEPT.name), is_kept=True) as stream, guest.shell(CONTROL.name) as shell:
            stream.flows()
            for _ in range(KILLS_KEPT):
                time.sleep(random.uniform(0, 0.7))
                channeld.restart()
            stream.flows()
            sessions = stream.sessions
            report = stream.finish(shell, "hvc3")
        print("# xenhost: %d kills with kept clients: %d of %d bytes to the guest, %s; errors from it: %r" % (
            KILLS_KEPT, report.bytes, stream.sent, report, stream.errors), flush=True)
        expect_equal(sessions, 1)
        expect_equal(stream.errors, [])
        jumps = [end - begin for begin, end in stream.gaps] + stream.repeated
        assert len(jumps) <= KILLS_KEPT and max(jumps, default=0) <= CALL_BYTES, "%r, %r" % (stream.gaps, stream.repeated)


test_clients_survive_kills_under_a_service_manager.seconds = 60 * KILLS_KEPT + 600


def test_a_terminal_that_a_program_has_open_outlives_a_kill_under_a_service_manager(guest):
    with service_manager():
        terminal = guest.path(PTY.name)
        with guest.shell(PTY.name) as shell:
            # Its last answer is no longer in the ring when the backend has told that.
            backend.row(guest, PTY.name)
            channeld.restart()
            expect_equal(shell.ask("echo hello"), "hello")
        expect_equal(guest.path(PTY.name), terminal)


def test_what_the_manager_keeps_is_forgotten_with_the_domain(guest):
    passing = guests.unix_channel("passing")
    with service_manager() as manager:
        before = manager.names()
        with guests.running("passing", (passing,)) as other:
            other.shell(passing.name).close()
            assert len(manager.names()) > len(before), "nothing was kept"
        wait_until(lambda: manager.names() == before, "it is forgotten", 30)


def test_the_backend_and_virtxld_restart_in_any_order(guest):
    domid = guest.id
    for order in ((channeld, virtxld), (virtxld, channeld), (channeld, channeld, virtxld), (virtxld, virtxld)):
        for daemon in order:
            daemon.restart()
    for daemon in (channeld, virtxld):
        daemon.kill()
    for daemon in (virtxld, channeld):
        daemon.start(alone=True)
    expect_equal((guest.id, guest.state), (domid, "running"))
    for channel in (CONTROL, PTY):
        works(guest, channel)


def test_a_domain_that_ends_while_the_backend_is_away_leaves_nothing(guest):
    alone = guests.unix_channel("left-alone")
    with guests.running("left-alone", (alone,)) as other:
        other.shell(alone.name).close()
        domid = other.id
        holds = backend.hold_files()
        channeld.kill()
        clients.virsh("destroy", other.name)
        guests.assert_nothing_left(domid, [])
        channeld.start()
        wait_until(lambda: len(backend.hold_files()) < len(holds), "its file is removed", 20)
        assert not os.path.lexists(alone.path), "its socket is left"
    works(guest, CONTROL)


def test_a_second_backend_does_not_start(guest):
    second = channeld.another()
    second.launch()
    expect_equal(second.process.wait(30), 1)
    works(guest, CONTROL)
