#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles and channels as streams: virsh console as a person uses it, libvirt-python, and
clients that keep no rule."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import termios
import threading

import libvirt

from fixture import PATIENCE, Daemon, expect_equal, expect_in, run, shared, test, wait_for
from guests import NAME, Guest, channel, connection, hears
from wire import ERROR, OK, OPERATION_DENIED, STREAM, Wire, domain, frame, integer, optional

CONTINUE = 2
OPEN_CONSOLE = 201
WOULD_BLOCK = -2
PTY = channel("org.example.pty", kind="pty")
HVM = """<domain type='xen'><name>full</name><memory>65536</memory><os><type>hvm</type></os>
<devices><serial type='pty'><target port='0'/></serial></devices></domain>"""
MIB = 1024 * 1024
# More than all queues on the way hold.
MUCH = 8 * MIB


def guest(name, devices="", daemon=None):
    return Guest(daemon or shared(), name, devices)


@contextlib.contextmanager
def seat(guest, terminal="console"):
    """The guest's end."""
    end = guest.daemon.guest_end(guest.name, terminal)
    try:
        yield end
    finally:
        os.close(end)


# No stream blocks. A client library that reads events in one thread and waits in another for
# what a stream has to say waits forever where the first took it a moment before (libvirt 9.0).


def open_console(guest, device=None, flags=0, on=None):
    conn = on or connection(guest.daemon)
    stream = conn.newStream(libvirt.VIR_STREAM_NONBLOCK)
    conn.lookupByName(guest.name).openConsole(device, stream, flags)
    return stream


def open_channel(guest, name=None, flags=0, on=None):
    conn = on or connection(guest.daemon)
    stream = conn.newStream(libvirt.VIR_STREAM_NONBLOCK)
    conn.lookupByName(guest.name).openChannel(name, stream, flags)
    return stream


def receive_part(stream, size):
    """What there is next, at most so much; nothing at the end."""
    found = []

    def heard():
        found[:] = [stream.recv(size)]
        return found != [WOULD_BLOCK]
    wait_for("what the stream says", heard)
    return found[0]


def receive(stream, size):
    data = b""
    while len(data) < size:
        part = receive_part(stream, size - len(data))
        assert part, "the stream ends after %d of %d bytes" % (len(data), size)
        data += part
    return data


def send(stream, data):
    while data:
        sent = wait_for("room in the stream", lambda: max(0, stream.send(data)))
        data = data[sent:]


def talks(stream, end):
    """Bytes go both ways, as they are."""
    send(stream, b"in \r\n\x03\x00\xff")
    hears(end, b"in \r\n\x03\x00\xff")
    os.write(end, b"out \r\n\x04\x00\xff")
    expect_equal(receive(stream, 9), b"out \r\n\x04\x00\xff")


def code_of(function, *arguments):
    try:
        function(*arguments)
    except libvirt.libvirtError as error:
        return error.get_error_code()
    raise AssertionError("it succeeds")


# --- virsh console ---------------------------------------------------------------------


class Terminal:
    """virsh console in a terminal of its own."""

    def __init__(self, guest, *arguments):
        self.heard = b""
        self.process_id, self.master = pty.fork()
        if self.process_id == 0:
            os.environ.update(LC_ALL="C", HOME=guest.daemon.root)
            os.execvp("virsh", ["virsh", "-c", guest.daemon.uri(), "console", guest.name, *arguments])
        self.expect(b"Escape character is ^]")
        # What is typed before that is thrown away.
        wait_for("a raw terminal", lambda: not termios.tcgetattr(self.master)[3] & termios.ICANON)

    def read(self, patience):
        if not select.select([self.master], [], [], patience)[0]:
            return False
        try:
            part = os.read(self.master, 65536)
        except OSError:
            return False
        self.heard += part
        return bool(part)

    def expect(self, words):
        while words not in self.heard:
            assert self.read(PATIENCE), "it says %r, not %r" % (self.heard, words)

    def types(self, data):
        os.write(self.master, data)

    def end(self):
        """Its status, when it has ended by itself."""
        while self.read(PATIENCE):
            pass
        _, status = wait_for("virsh to end", self.wait)
        os.close(self.master)
        return os.waitstatus_to_exitcode(status)

    def wait(self):
        done = os.waitpid(self.process_id, os.WNOHANG)
        return done if done[0] else None


@test
def virsh_console_connects_a_terminal_and_leaves_at_the_escape_character():
    with guest("person") as one, seat(one) as end:
        terminal = Terminal(one)
        terminal.types(b"uname\r")
        hears(end, b"uname\r")
        os.write(end, b"uname\r\nLinux\r\n# ")
        terminal.expect(b"Linux")
        terminal.types(b"\x1d")
        expect_equal(terminal.end(), 0)
        again = Terminal(one)
        again.types(b"\x1d")
        expect_equal(again.end(), 0)


@test
def virsh_console_ends_when_the_domain_is_destroyed():
    with guest("mortal") as one:
        terminal = Terminal(one)
        one.daemon.virsh("destroy", "mortal")
        expect_equal(terminal.end(), 0)


@test
def a_second_virsh_console_is_refused_unless_it_is_forced():
    with guest("wanted") as one, seat(one) as end:
        first = Terminal(one)
        expect_in("Active console session exists for domain 'wanted'",
                  console_fails(one.daemon, "wanted"))
        second = Terminal(one, "--force", "--safe")
        first.end()
        second.types(b"mine")
        hears(end, b"mine")
        second.types(b"\x1d")
        expect_equal(second.end(), 0)


def console_fails(daemon, *arguments, **options):
    """virsh console wants a terminal to fail as well."""
    master, slave = pty.openpty()
    try:
        done = subprocess.run(["virsh", "-c", daemon.uri(**options), "console", *arguments], stdin=slave,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**os.environ, "LC_ALL": "C"}, timeout=PATIENCE)
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode != 0, done.stdout
    return done.stdout


# --- which device -----------------------------------------------------------------------


@test
def a_console_is_opened_without_a_name_or_by_its_alias():
    with guest("named", PTY) as one, seat(one) as end:
        for name in (None, "console0"):
            stream = open_console(one, name)
            talks(stream, end)
            stream.finish()
        with seat(one, "org.example.pty") as other:
            talks(open_console(one, one.alias("org.example.pty")), other)


@test
def the_console_of_an_hvm_guest_is_its_serial_port():
    daemon = shared()
    daemon.virsh("create", daemon.file("hvm.xml", HVM))
    with connection(daemon) as conn:
        one = conn.lookupByName("full")
        for name in (None, "console0", "serial0"):
            stream = conn.newStream(libvirt.VIR_STREAM_NONBLOCK)
            one.openConsole(name, stream)
            end = daemon.guest_end("full", "serial0")
            talks(stream, end)
            os.close(end)
            expect_equal(code_of(one.openConsole, "serial0", conn.newStream()),
                         libvirt.VIR_ERR_OPERATION_FAILED)
            stream.finish()
    daemon.virsh("destroy", "full")


@test
def a_channel_is_opened_by_name_by_alias_or_as_the_first():
    with guest("channels", channel() + PTY) as one:
        for name in (NAME, one.alias(), None):
            with seat(one, NAME) as end:
                stream = open_channel(one, name)
                talks(stream, end)
                stream.finish()
        with seat(one, "org.example.pty") as end:
            talks(open_channel(one, "org.example.pty"), end)


@test
def what_is_not_there_or_not_to_be_opened_is_refused():
    daemon = shared()
    with guest("poor", channel("org.example.null", kind="null")) as one:
        internal = libvirt.VIR_ERR_INTERNAL_ERROR
        expect_equal(code_of(open_console, one, "console7"), internal)
        expect_equal(code_of(open_channel, one, "org.example.none"), internal)
        expect_equal(code_of(open_channel, one, "org.example.null"), internal)
        expect_equal(code_of(open_console, one, None, 4), libvirt.VIR_ERR_INVALID_ARG)
        expect_equal(code_of(open_channel, one, None, 2), libvirt.VIR_ERR_INVALID_ARG)
        daemon.virsh("destroy", "poor")
        expect_equal(code_of(open_console, one), libvirt.VIR_ERR_OPERATION_INVALID)
        expect_equal(code_of(open_channel, one), libvirt.VIR_ERR_OPERATION_INVALID)


@test
def a_read_only_client_opens_nothing():
    daemon = shared()
    with guest("guarded"), Wire(daemon.readonly_socket) as wire:
        arguments = domain("guarded") + optional() + integer(0)
        expect_equal(wire.refused(OPEN_CONSOLE, arguments).code, OPERATION_DENIED)


# --- one at a time ------------------------------------------------------------------------


@test
def a_device_has_one_stream_until_that_ends():
    with guest("single", channel()) as one, seat(one, NAME) as end:
        first = open_channel(one)
        expect_equal(code_of(open_channel, one), libvirt.VIR_ERR_OPERATION_FAILED)
        console = open_console(one, None, libvirt.VIR_DOMAIN_CONSOLE_SAFE)
        expect_equal(code_of(open_console, one), libvirt.VIR_ERR_OPERATION_FAILED)
        console.abort()
        first.finish()
        talks(open_channel(one), end)
        open_console(one).finish()


@test
def force_takes_a_device_over():
    with guest("contested", channel()) as one, seat(one, NAME) as end:
        first = open_channel(one)
        talks(first, end)
        second = open_channel(one, None, libvirt.VIR_DOMAIN_CHANNEL_FORCE)
        expect_equal(code_of(receive_part, first, 10), libvirt.VIR_ERR_OPERATION_ABORTED)
        talks(second, end)
        expect_equal(code_of(open_channel, one), libvirt.VIR_ERR_OPERATION_FAILED)


@test
def a_client_that_dies_gives_the_device_back():
    with guest("orphan") as one, seat(one) as end:
        terminal = Terminal(one)
        os.kill(terminal.process_id, signal.SIGKILL)
        expect_equal(terminal.end(), -signal.SIGKILL)
        talks(wait_for("the console", lambda: or_none(open_console, one)), end)


def or_none(function, *arguments):
    try:
        return function(*arguments)
    except libvirt.libvirtError:
        return None


# --- ends ------------------------------------------------------------------------------------


@test
def what_the_guest_said_last_is_read_up_to_the_end():
    with guest("last", channel()) as one, seat(one, NAME) as end:
        stream = open_channel(one)
        os.write(end, b"bye")
        expect_equal(receive(stream, 3), b"bye")
        one.daemon.virsh("destroy", "last")
        expect_equal(receive_part(stream, 10), b"")
        stream.finish()


@test
def a_channel_that_is_detached_ends_its_stream():
    with guest("detached") as one:
        one.attach(channel())
        stream = open_channel(one)
        one.detach(channel(), "--live")
        expect_equal(receive_part(stream, 10), b"")
        stream.finish()


@test
def a_daemon_that_stops_tells_its_streams():
    daemon = Daemon()
    one = guest("stopped", daemon=daemon)
    stream = open_console(one)
    expect_equal(daemon.stop(), 0)
    try:
        receive_part(stream, 10)
    except libvirt.libvirtError as error:
        expect_in("the daemon stops", str(error))
    else:
        raise AssertionError("the stream ends as if all were well")
    daemon.start()
    with seat(one) as end:
        talks(open_console(one), end)


@test
def a_finish_delivers_what_was_sent():
    with guest("delivered") as one, seat(one) as end:
        heard = []
        data = bytes(range(256)) * 512

        def listen():
            while sum(map(len, heard)) < len(data):
                heard.append(os.read(end, 4096))
        stream = open_console(one)
        send(stream, data)
        listener = threading.Thread(target=listen, daemon=True)
        threading.Timer(0.2, listener.start).start()
        stream.finish()
        listener.join(PATIENCE)
        expect_equal(b"".join(heard), data)


@test
def a_finish_fails_when_the_guest_takes_nothing():
    with guest("deaf") as one:
        stream = open_console(one)
        send(stream, b"x" * 262000)
        expect_equal(code_of(stream.finish), libvirt.VIR_ERR_OPERATION_TIMEOUT)
        open_console(one)


# --- without blocking ---------------------------------------------------------------------------


@test
def events_tell_when_a_stream_can_be_read_and_written():
    with guest("events") as one, seat(one) as end:
        stream = open_console(one)
        expect_equal(stream.recv(10), WOULD_BLOCK)
        heard, seen = [], threading.Event()

        def callback(stream, events, opaque):
            data = stream.recv(100)
            if isinstance(data, bytes):
                heard.append(data)
                seen.set()
        stream.eventAddCallback(libvirt.VIR_STREAM_EVENT_READABLE, callback, None)
        os.write(end, b"news")
        assert seen.wait(PATIENCE), "no event"
        expect_equal(b"".join(heard), b"news")
        stream.eventRemoveCallback()
        expect_equal(stream.send(b"answer"), 6)
        hears(end, b"answer")
        stream.finish()


# --- backpressure ----------------------------------------------------------------------------------


def flood(end, size, stop):
    """A guest that says so much, until it is told to stop. How much it could say."""
    os.set_blocking(end, False)
    said = 0
    while said < size and not stop():
        if select.select([], [end], [], 0.05)[1]:
            said += os.write(end, b"y" * 4096)
    return said


def opened(wire, name):
    wire.call(OPEN_CONSOLE, domain(name, wire.lookup(name)[1]) + optional() + integer(0))
    return wire.serial


@test
def a_client_that_does_not_read_stalls_its_guest_and_nobody_else():
    daemon = shared()
    with guest("loud") as one, seat(one) as end, Wire(daemon.socket) as wire:
        opened(wire, "loud")
        before = memory(daemon)
        quiet = []

        def stalled():
            """It could not say more for a while."""
            quiet.append(0 if select.select([], [end], [], 0.2)[1] else 1)
            return sum(quiet[-5:]) == 5
        said = flood(end, MUCH, stalled)
        assert said < 2 * MIB, "the guest could say %d bytes" % said
        assert memory(daemon) - before < 4 * MIB
        with guest("other") as other, seat(other) as there:
            talks(open_console(other), there)
        expect_equal(daemon.virsh("domstate", "loud"), "running")
        # All of it is there for who reads at last.
        got = 0
        while got < said:
            got += len(wire.read_frame().payload)
        expect_equal(got, said)


@test
def a_guest_that_does_not_read_stalls_its_client_and_nobody_else():
    daemon = shared()
    with guest("slow") as one, seat(one) as end, Wire(daemon.socket) as wire:
        serial = opened(wire, "slow")
        before = memory(daemon)
        piece = frame(OPEN_CONSOLE, b"z" * 65536, kind=STREAM, serial=serial, status=CONTINUE)
        wire.socket.setblocking(False)
        sent = 0
        while sent < MUCH and select.select([], [wire.socket], [], 1)[1]:
            sent += wire.socket.send(piece[sent % len(piece):])
        assert sent < MUCH / 2, "the client could send %d bytes" % sent
        assert memory(daemon) - before < 4 * MIB
        expect_equal(daemon.virsh("domstate", "slow"), "running")
        # The rest of the last piece, when the guest reads.
        wire.socket.setblocking(True)
        drain = threading.Thread(target=hear_all, args=(end, -(-sent // len(piece)) * 65536))
        drain.start()
        wire.send(piece[sent % len(piece):] if sent % len(piece) else b"")
        drain.join(PATIENCE)
        assert not drain.is_alive(), "the guest does not get all"
        with guest("neighbour") as other, seat(other) as there:
            talks(open_console(other), there)


def hear_all(end, size):
    while size > 0:
        size -= len(os.read(end, 65536))


def memory(daemon):
    """Of the daemon, in bytes."""
    with open("/proc/%d/statm" % daemon.process.pid) as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# --- by hand ---------------------------------------------------------------------------------------


@test
def frames_that_keep_no_rule_cost_their_stream_only():
    daemon = shared()
    with guest("attacked") as one, Wire(daemon.socket) as wire:
        for kind, status in ((STREAM, 9), (6, CONTINUE)):
            serial = opened(wire, "attacked")
            wire.send(frame(OPEN_CONSOLE, b"x" * 12, kind=kind, serial=serial, status=status))
            answer = wire.read_frame()
            expect_equal((answer.type, answer.serial, answer.status), (STREAM, serial, ERROR))
            # Of what is over, and of what never was: nothing.
            for number in (serial, serial + 1000):
                for late in (CONTINUE, OK, ERROR):
                    wire.send(frame(OPEN_CONSOLE, b"x", kind=STREAM, serial=number, status=late))
            wire.lookup("attacked")
        with seat(one) as end:
            talks(open_console(one), end)


run()
