# SPDX-License-Identifier: LGPL-2.1-or-later
"""No byte is lost or made up between a guest and the programs of its host."""

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time

import host
from host import backend, clients, expect_equal, full_rings, guests, wait_until, xen
from host.channel import pattern, pattern_checksum
from host.daemons import channeld, virtxld

CONTROL = guests.unix_channel("control")
SUM = guests.unix_channel("sum", program="sum")
ECHO = guests.unix_channel("echo", program="echo")
RING = guests.unix_channel("ring", program=None)
QUIET = guests.unix_channel("quiet", program="hold")
LATE = guests.unix_channel("s-4-VM.vport", "virtio", program=None)
CHANNELS = (CONTROL, SUM, ECHO, QUIET, LATE, RING)
QUIET_TERMINAL, LATE_TERMINAL = "/dev/hvc4", "/dev/hvc5"
RING_DEVID = CHANNELS.index(RING) + 1
HOLD_OUT = 1 << 20
# Bytes each way through the kernel's driver, and through one that moves a ring at a time; and
# bytes a second that are enough for a busy machine.
BULK = (64 << 20) if host.LONG else (4 << 20)
BULK_RATE = 50000
RINGS = (1 << 30) if host.LONG else (8 << 20)
RINGS_RATE = 50000


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("bytes", CHANNELS) as guest:
        with guest.shell(CONTROL.name) as shell:
            guest.wait_until_raw(shell, (ECHO.name, QUIET.name, SUM.name))
        yield guest


def commands(total):
    """What a manager of system VMs writes: lines, so many bytes in all."""
    line = b'cmdline:%%06d type=domainrouter name=r-4-VM eth0ip=169.254.1.%%d %s\n' % (b"x" * 10)
    text = b"".join(line % (number, number % 250) for number in range(total // 60))
    return text[:total - 1] + b"\n"


def write_and_close(path, data):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(path)
        client.sendall(data)


def test_all_that_a_program_writes_before_the_guest_boots_arrives(_):
    control = guests.unix_channel("control-of-early")
    early = guests.unix_channel("early.vport", "virtio", program=None)
    data = commands(64 * 1024)
    with guests.defined("early", (control, early)) as guest:
        clients.virsh("start", "--paused", guest.name)
        write_and_close(early.path, data)
        clients.virsh("resume", guest.name)
        with guest.shell(control.name) as shell:
            shell.ask("head -c %d </dev/hvc2 >/tmp/got" % len(data), 120)
            expect_equal(shell.ask("md5sum </tmp/got").split()[0], hashlib.md5(data).hexdigest())


def test_all_that_a_program_writes_before_the_guest_opens_the_channel_arrives(guest):
    data = commands(64 * 1024)
    write_and_close(LATE.path, data)
    expect_equal(backend.row(guest, LATE.name)["connected"], False)
    with guest.shell(CONTROL.name) as shell:
        shell.ask("head -c %d <%s >/tmp/got" % (len(data), LATE_TERMINAL), 120)
        expect_equal(shell.ask("md5sum </tmp/got").split()[0], hashlib.md5(data).hexdigest())


def test_programs_that_write_and_close_one_after_the_other_arrive_in_order(guest):
    with guest.shell(CONTROL.name) as shell:
        shell.ask("head -c 20000 <%s >/tmp/got & true" % QUIET_TERMINAL)
        for number in range(20):
            write_and_close(QUIET.path, b"%03d\n" % number * 250)
        shell.ask("wait; true", 120)
        expect_equal(shell.ask("uniq /tmp/got").split(), ["%03d" % number for number in range(20)])


def drop_what_waits(guest, channel):
    with guest.connect(channel.name) as client:
        while not client.is_silent(1):
            client.received = b""
    wait_until(lambda: backend.row(guest, channel.name)["out_held"] == 0, "nothing waits")


def test_the_next_client_gets_what_the_guest_wrote_while_none_was_there(guest):
    drop_what_waits(guest, QUIET)
    with guest.shell(CONTROL.name) as shell:
        shell.ask("for i in 1 2 3 4 5; do cat /pattern; done >%s" % QUIET_TERMINAL, 120)
        expect_equal(shell.ask("echo the guest goes on"), "the guest goes on")
    expect_equal(backend.row(guest, QUIET.name)["out_held"], 5 * 65536)
    with guest.connect(QUIET.name) as client:
        data = client.read(5 * 65536)
    assert data == pattern(5 * 65536)
    expect_equal(backend.row(guest, QUIET.name)["out_discarded"], 0)


def test_the_oldest_is_discarded_when_too_much_waits_for_a_client(guest):
    drop_what_waits(guest, QUIET)
    total = HOLD_OUT + 200000
    with guest.shell(CONTROL.name) as shell:
        shell.ask("while cat /pattern; do :; done | head -c %d >%s" % (total, QUIET_TERMINAL), 240)
        expect_equal(shell.ask("echo the guest goes on"), "the guest goes on")
    row = backend.row(guest, QUIET.name)
    expect_equal(row["out_held"] + row["out_discarded"], total)
    assert HOLD_OUT // 2 <= row["out_held"] <= HOLD_OUT, row
    with guest.connect(QUIET.name) as client:
        data = client.read(row["out_held"])
        assert data == pattern(total)[-len(data):], "it is not the newest that was kept"
    with open(channeld.log) as file:
        assert QUIET.name in file.read(), "the log does not tell"


def test_with_overflow_wait_the_guest_waits_for_a_client(_):
    control = guests.unix_channel("control-of-waiting")
    waiting = guests.unix_channel("waiting", program="hold")
    total = 300000
    with backend.driver_settings(channel_overflow="wait", channel_hold_out=65536):
        with guests.running("waiting", (control, waiting)) as guest, guest.shell(control.name) as shell:
            guest.wait_until_raw(shell, (waiting.name,))
            shell.send(b"while cat /pattern; do :; done | head -c %d >/dev/hvc2; echo done-$((1+1))\n" % total)
            time.sleep(5)
            assert b"done-2" not in shell.received and shell.is_silent(3), "it did not wait"
            with guest.connect(waiting.name) as client:
                assert client.read(total) == pattern(total)
            shell.expect("done-2")
            expect_equal(backend.row(guest, waiting.name)["out_discarded"], 0)


def test_a_client_that_does_not_read_makes_the_guest_wait_and_loses_nothing(guest):
    drop_what_waits(guest, SUM)
    total = 2 << 20
    with guest.connect(SUM.name) as client:
        client.wait_for_sum()
        discarded = backend.row(guest, SUM.name)["out_discarded"]
        client.send(b"give %d\n" % total)
        time.sleep(15)
        expect_equal(client.checksum_of(total, 240), pattern_checksum(total))
        expect_equal(backend.row(guest, SUM.name)["out_discarded"], discarded)


def test_a_client_that_has_closed_its_writing_side_gets_the_answer(guest):
    drop_what_waits(guest, ECHO)
    output = xen.run("sh", "-c", "echo x | socat -t 10 - UNIX-CONNECT:%s" % ECHO.path)
    expect_equal(output, "x\n")


def test_the_next_client_waits_in_line(guest):
    with guest.connect(ECHO.name) as first:
        first.answers("first")
        with guest.connect(ECHO.name) as second:
            second.send(b"second\n")
            assert second.is_silent(3)
            first.answers("still the first")
            first.close()
            second.expect("second\n")


def killed_client(path, script):
    """A program that has connected, done what the script says, and is killed."""
    program = ("import socket, sys, time\nclient = socket.socket(socket.AF_UNIX)\nclient.connect(%r)\n"
               "%s\nprint('done', flush=True)\ntime.sleep(1000)\n" % (path, script))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.kill()


def test_a_client_that_dies_leaves_the_channel_to_the_next(guest):
    killed_client(ECHO.path, "client.sendall(b'y' * 30000); time.sleep(2)")
    with guest.connect(ECHO.name) as client:
        client.answers("after the dead one")


def test_clients_that_come_and_go_without_a_word_disturb_nobody(guest):
    for _ in range(300):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(ECHO.path)
    with guest.connect(ECHO.name) as client:
        client.answers("after all of them")


def test_the_list_tells_who_is_connected_and_counts(guest):
    with guest.connect(ECHO.name) as client:
        client.answers("before")
        before = backend.row(guest, ECHO.name)
        client.answers("0123456")
        row = backend.row(guest, ECHO.name)
    expect_equal((row["in_bytes"] - before["in_bytes"], row["out_bytes"] - before["out_bytes"]), (8, 8))
    expect_equal((row["client_pid"], row["connected"]), (os.getpid(), True))
    expect_equal((row["frontend_state"], row["backend_state"], row["devid"]), (4, 4, 3))
    assert ECHO.path in row["endpoint"], row
    assert ECHO.name in xen.run(channeld.program, "--list")


def test_bulk_arrives_whole_in_both_directions(guest):
    seconds = BULK // BULK_RATE
    drop_what_waits(guest, SUM)
    with guest.connect(SUM.name) as channel:
        channel.wait_for_sum()
        expected = pattern_checksum(BULK)
        expect_equal(channel.guest_checksum_of_pattern(BULK, seconds), expected)
        expect_equal(channel.checksum_of_pattern_from_guest(BULK, seconds), expected)


def test_full_rings_arrive_whole_in_both_directions(guest):
    seconds = RINGS // RINGS_RATE
    with guest.shell(CONTROL.name) as shell, guest.connect(RING.name) as channel:
        for verb in ("take", "give"):
            took = full_rings.move(shell, channel, RING_DEVID, verb, RINGS, seconds)
            print("# xenhost: the guest %ss %d MiB in %.0f s" % (verb, RINGS >> 20, took), flush=True)


for bulk, most in ((test_bulk_arrives_whole_in_both_directions, BULK // BULK_RATE),
                   (test_full_rings_arrive_whole_in_both_directions, RINGS // RINGS_RATE)):
    bulk.seconds = 2 * most + 300
