#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Channels as virtxl-channeld serves them, on the simulated host: what comes before
who, restarts in any order, endpoints of every type, guests that misbehave."""

import glob
import os
import random
import select
import signal
import socket
import subprocess
import termios
import threading
import time
import tty

import backend
from fixture import (Daemon, connect, expect_equal, expect_in, read_exactly,
                     receive_exactly, run, shared, test, unix_channel, wait_for)

NAME = "a.channel"


def channel_xml(kind, source="", more="", name=NAME):
    return "<channel type='%s'>%s%s<target type='virtio' name='%s'/></channel>" % (kind, source, more, name)


class Guest:
    """A running domain with one channel, both of whose ends a test holds."""

    def __init__(self, daemon, name, devices=None):
        self.daemon, self.name = daemon, name
        self.socket = daemon.path(name + ".sock")
        daemon.running(name, devices=devices or unix_channel(self.socket, NAME))
        self.end = daemon.guest_end(name, NAME)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.end)
        self.daemon.remove(self.name)

    def says(self, data):
        while data:
            data = data[os.write(self.end, data):]

    def hears(self, data):
        expect_equal(read_exactly(self.end, len(data)), data)

    def row(self):
        return backend.channels(self.daemon)[(self.name, NAME)]


def host_hears(client, data):
    expect_equal(receive_exactly(client, len(data)), data)


def both_ways(guest, client):
    client.sendall(b"to the guest\n")
    guest.hears(b"to the guest\n")
    guest.says(b"to the host\n")
    host_hears(client, b"to the host\n")


# What comes before who


@test
def a_client_may_write_and_close_before_the_guest_has_opened():
    daemon = shared()
    path = daemon.path("early.sock")
    daemon.define("early", devices=unix_channel(path, NAME))
    daemon.virsh("start", "--paused", "early")
    with connect(path) as client:
        client.sendall(b"cmdline=x\n" * 3000)
    daemon.virsh("resume", "early")
    end = daemon.guest_end("early", NAME)
    expect_equal(read_exactly(end, 30000), b"cmdline=x\n" * 3000)
    os.close(end)
    daemon.remove("early")


@test
def a_guest_may_write_before_a_client_has_connected():
    with Guest(shared(), "talker") as guest:
        guest.says(b"hello\n" * 2000)
        with connect(guest.socket) as client:
            host_hears(client, b"hello\n" * 2000)


@test
def who_has_closed_the_writing_side_still_gets_the_answer():
    with Guest(shared(), "answers") as guest, connect(guest.socket) as client:
        client.sendall(b"question\n")
        client.shutdown(socket.SHUT_WR)
        guest.hears(b"question\n")
        guest.says(b"answer\n")
        host_hears(client, b"answer\n")


@test
def the_next_client_waits_in_line():
    with Guest(shared(), "line") as guest, connect(guest.socket) as first:
        both_ways(guest, first)
        with connect(guest.socket) as second:
            second.sendall(b"from the second\n")
            both_ways(guest, first)
            first.close()
            guest.hears(b"from the second\n")
            both_ways(guest, second)


@test
def the_guests_last_words_are_heard():
    daemon = shared()
    with Guest(daemon, "last") as guest, connect(guest.socket) as client:
        both_ways(guest, client)
        guest.says(b"good bye\n" * 1000)
        wait_for("all to be out of the guest", lambda: guest.row()["out_bytes"] > 1000)
        daemon.virsh("destroy", "last")
        host_hears(client, b"good bye\n" * 1000)
        expect_equal(client.recv(1), b"")
        assert not os.path.exists(guest.socket)


@test
def the_list_tells_of_a_channel_and_its_client():
    daemon = shared()
    with Guest(daemon, "listed") as guest, connect(guest.socket) as client:
        both_ways(guest, client)
        row = guest.row()
        expect_equal((row["connected"], row["client_pid"], row["devid"]), (True, os.getpid(), 1))
        expect_equal((row["in_bytes"], row["out_bytes"]), (13, 12))
        expect_in(guest.socket, row["endpoint"])
        expect_in(guest.socket, backend.table(daemon))
        client.close()
        wait_for("the client to be gone", lambda: not guest.row()["connected"])


# Restarts


@test
def without_the_backend_a_domain_does_not_start():
    daemon = Daemon()
    backend.kill(daemon)
    daemon.define("alone", devices=unix_channel(daemon.path("alone.sock"), NAME))
    message = daemon.virsh_fails("start", "alone")
    expect_in("virtxl-channeld", message)
    expect_in("'alone'", message)
    expect_equal(daemon.virsh("list", "--name"), "Domain-0")
    assert not os.path.exists(daemon.path("alone.sock"))
    backend.start(daemon)
    daemon.virsh("start", "alone")


@test
def a_domain_without_channels_needs_no_backend():
    daemon = Daemon()
    backend.kill(daemon)
    daemon.running("plain")


@test
def a_restart_of_the_backend_goes_on_with_what_was_held():
    for how in (signal.SIGTERM, signal.SIGKILL):
        with Guest(shared(), "held") as guest:
            guest.says(b"from before\n")
            wait_for("that to be held", lambda: guest.row()["out_held"] == 12)
            backend.restart(shared(), how)
            with connect(guest.socket) as client:
                host_hears(client, b"from before\n")
                both_ways(guest, client)


@test
def both_daemons_may_be_killed_in_any_order():
    daemon = Daemon()
    with Guest(daemon, "survivor") as guest:
        for order in ((daemon.kill, lambda: backend.kill(daemon)), (lambda: backend.kill(daemon), daemon.kill)):
            for step in order:
                step()
            daemon.start()
            wait_for("a backend", lambda: backend.pid(daemon))
            expect_equal(daemon.state("survivor"), "running")
            with connect(guest.socket) as client:
                both_ways(guest, client)


LINE = 13


def line_of(number):
    return b"%012d\n" % number


class Stream:
    """Numbered lines from one connection after the other: what is lost or made up
    shows. A connection may begin with bytes that the dead one before had got, too."""

    def __init__(self):
        self.position, self.bad, self.start = 0, None, b""

    def connect(self):
        self.start = b""
        self.is_placed = False

    def take(self, data):
        if not self.is_placed:
            self.start += data
            if len(self.start) < 2 * LINE:
                return
            data, self.is_placed = self.start, True
            self.place(data)
        first, last = self.position // LINE, (self.position + len(data)) // LINE
        text = b"".join(line_of(number) for number in range(first, last + 1))
        expected = text[self.position % LINE:][:len(data)]
        if data != expected:
            self.bad = self.bad or "at %d not what was said: %r" % (self.position, data[:60])
        self.position += len(data)

    def place(self, data):
        """Where the stream goes on, by the first whole line."""
        offset = data.index(b"\n") + 1
        number = data[offset:offset + LINE - 1]
        position = int(number) * LINE - offset if number.isdigit() else -1
        if not 0 <= position <= self.position:
            self.bad = self.bad or "goes on at %d, not %d: %r" % (position, self.position, data[:60])
        self.position = position


@test
def two_hundred_kills_under_load_lose_nothing_that_the_guest_says():
    """The clients die with the backend; each next one goes on where the last one was. However
    late it comes: the guest waits for it."""
    daemon = Daemon(driver_config='channel_overflow = "wait"\n')
    with Guest(daemon, "loaded") as guest:
        stop = threading.Event()

        def talk():
            number = 0
            while not stop.is_set():
                guest.says(b"".join(line_of(value) for value in range(number, number + 100)))
                number += 100

        talker = threading.Thread(target=talk)
        talker.start()
        stream = Stream()
        chance = random.Random(4)
        try:
            for _ in range(200):
                stream.connect()
                with connect(guest.socket) as client:
                    listen(client, stream, time.monotonic() + chance.random() * 0.03)
                    backend.kill(daemon)
                    listen(client, stream, None)
                assert not stream.bad, stream.bad
                backend.start(daemon)
        finally:
            stop.set()
            let_talk(guest, talker)
        assert stream.position > 100000, stream.position


def listen(client, stream, end):
    """Until then, or until the other side has gone."""
    while end is None or time.monotonic() < end:
        if not select.select([client], [], [], 0.001)[0]:
            continue
        try:
            data = client.recv(65536)
        except ConnectionResetError:
            return
        if not data:
            return
        stream.take(data)


def let_talk(guest, talker):
    """Takes what a guest says until it has ended."""
    if not backend.pid(guest.daemon):
        backend.start(guest.daemon)
    with connect(guest.socket) as drain:
        while talker.is_alive():
            if select.select([drain], [], [], 0.05)[0]:
                drain.recv(65536)


@test
def a_client_that_fills_what_can_be_held_waits_and_loses_nothing():
    with Guest(shared(), "full") as guest, connect(guest.socket) as client:
        data = b"".join(b"%09d\n" % number for number in range(100000))
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        time.sleep(0.2)
        guest.hears(data)
        sender.join()


# Privileges


UNIT_CAPABILITIES = 1 << 0 | 1 << 1 | 1 << 3  # chown, dac_override, fowner


def threads(process):
    """What /proc says of each."""
    for path in glob.glob("/proc/%d/task/*/status" % process):
        with open(path) as status:
            yield dict(line.split(":\t", 1) for line in status.read().splitlines() if ":\t" in line)


@test
def each_thread_has_given_up_its_privileges():
    daemon = shared()
    source = "<source path='%s'/>" % daemon.path("thread.txt")
    with Guest(daemon, "threads", channel_xml("file", source)) as guest:
        guest.says(b"a thread writes this\n")
        wait_for("all to be written", lambda: guest.row()["out_bytes"] == 21)
        found = list(threads(backend.pid(daemon)))
    assert len(found) > 1, found
    expect_equal({thread["NoNewPrivs"] for thread in found}, {"1"})
    expect_equal(len({thread["Seccomp"] for thread in found}), 1)
    for thread in found:
        expect_equal(int(thread["CapPrm"], 16) & ~UNIT_CAPABILITIES, 0)


@test
def it_starts_with_the_bounding_set_of_its_unit():
    daemon = Daemon()
    backend.kill(daemon)
    subprocess.run(["setpriv", "--inh-caps=-all", "--bounding-set=-all,+chown,+fowner,+dac_override"]
                   + backend.command(daemon), check=True, stdin=subprocess.DEVNULL)
    with Guest(daemon, "bounded") as guest, connect(guest.socket) as client:
        both_ways(guest, client)


# Endpoints


@test
def a_pty():
    daemon = shared()
    with Guest(daemon, "pty", channel_xml("pty")) as guest:
        path = guest.row()["endpoint"]
        expect_in(path, daemon.virsh("dumpxml", "pty"))
        host = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(host, termios.TCSANOW)
        os.write(host, b"to the guest\n")
        guest.hears(b"to the guest\n")
        guest.says(b"to the host\n")
        expect_equal(read_exactly(host, 12), b"to the host\n")
        os.close(host)


@test
def who_opens_a_pty_is_noticed_without_looking_again_and_again():
    daemon = Daemon()
    with Guest(daemon, "watched", channel_xml("pty")) as guest:
        host = os.open(guest.row()["endpoint"], os.O_RDWR | os.O_NOCTTY)
        wait_for("the user of the pty", lambda: guest.row()["connected"])
        os.close(host)
    assert "inotify can't" not in backend.log(daemon), backend.log(daemon)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@test
def tcp_that_listens():
    port = free_port()
    source = "<source mode='bind' host='127.0.0.1' service='%d'/>" % port
    with Guest(shared(), "tcp-bind", channel_xml("tcp", source)) as guest:
        with socket.create_connection(("127.0.0.1", port)) as client:
            both_ways(guest, client)


@test
def tcp_that_connects_again():
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = ("<source mode='connect' host='127.0.0.1' service='%d'>"
                  "<reconnect enabled='yes' timeout='1'/></source>" % server.getsockname()[1])
        with Guest(shared(), "tcp-connect", channel_xml("tcp", source)) as guest:
            for _ in range(2):
                with server.accept()[0] as client:
                    both_ways(guest, client)


@test
def telnet_escapes_what_it_must():
    port = free_port()
    source = "<source mode='bind' host='127.0.0.1' service='%d'/><protocol type='telnet'/>" % port
    with Guest(shared(), "telnet", channel_xml("tcp", source)) as guest:
        with socket.create_connection(("127.0.0.1", port)) as client:
            guest.says(b"a\xffb")
            data = b""
            while b"b" not in data.replace(b"\xff\xfb", b""):
                data += client.recv(100)
            expect_in(b"a\xff\xffb", data)
            client.sendall(b"c\xff\xffd")
            guest.hears(b"c\xffd")


@test
def a_unix_socket_that_somebody_else_listens_at():
    path = shared().path("theirs.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        source = "<source mode='connect' path='%s'><reconnect enabled='yes' timeout='1'/></source>" % path
        with Guest(shared(), "unix-connect", channel_xml("unix", source)) as guest:
            with server.accept()[0] as client:
                both_ways(guest, client)
    assert os.path.exists(path), "it was not the channel's to remove"


@test
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        port = free_port()
        source = ("<source mode='bind' host='127.0.0.1' service='%d'/>"
                  "<source mode='connect' host='127.0.0.1' service='%d'/>" % (port, peer.getsockname()[1]))
        with Guest(shared(), "udp", channel_xml("udp", source)) as guest:
            peer.sendto(b"to the guest\n", ("127.0.0.1", port))
            guest.hears(b"to the guest\n")
            guest.says(b"to the host\n")
            expect_equal(peer.recv(100), b"to the host\n")


@test
def a_file_and_a_log():
    daemon = shared()
    path, log = daemon.path("out.txt"), daemon.path("log.txt")
    daemon.file("out.txt", "old\n")
    source = "<source path='%s' append='on'/><log file='%s' append='off'/>" % (path, log)
    with Guest(daemon, "file", channel_xml("file", source)) as guest:
        guest.says(b"new\n")
        wait_for("the line in the file", lambda: open(path).read() == "old\nnew\n")
        wait_for("the line in the log", lambda: open(log).read() == "new\n")


@test
def a_pipe():
    daemon = shared()
    path = daemon.path("pipe")
    os.mkfifo(path + ".in")
    os.mkfifo(path + ".out")
    to_guest = os.open(path + ".in", os.O_RDWR)
    from_guest = os.open(path + ".out", os.O_RDWR)
    with Guest(daemon, "pipe", channel_xml("pipe", "<source path='%s'/>" % path)) as guest:
        os.write(to_guest, b"to the guest\n")
        guest.hears(b"to the guest\n")
        guest.says(b"to the host\n")
        expect_equal(read_exactly(from_guest, 12), b"to the host\n")
    os.close(to_guest)
    os.close(from_guest)


@test
def null_takes_everything():
    with Guest(shared(), "null", channel_xml("null")) as guest:
        guest.says(b"x" * 3000000)


@test
def stdio_is_refused_by_name():
    shared().define("stdio", devices=channel_xml("stdio"))
    expect_in("stdio", shared().virsh_fails("start", "stdio"))


# Guests that misbehave


@test
def a_hostile_ring_costs_its_own_channel_only():
    daemon = Daemon()
    with Guest(daemon, "good") as good, connect(good.socket) as client:
        for index in ("in_cons", "in_prod", "out_cons", "out_prod"):
            for value in (1025, 2049, 1 << 31, 0xffffffff):
                with Guest(daemon, "bad") as bad:
                    daemon.ctl("channel", "bad", NAME, "index", index, str(value))
                    daemon.ctl("channel", "bad", NAME, "storm", "1000")
                    both_ways(good, client)
                    assert bad.row()
        for ring in (("0", "0"), ("4294967295", "1"), ("1", "4294967295")):
            with Guest(daemon, "bad"):
                daemon.ctl("channel", "bad", NAME, "ring", *ring)
                daemon.ctl("channel", "bad", NAME, "state", "4")
                both_ways(good, client)


@test
def a_guest_that_changes_states_all_the_time_costs_its_own_channel_only():
    daemon = Daemon()
    with Guest(daemon, "good") as good, Guest(daemon, "bad"), connect(good.socket) as client:
        for number in range(200):
            daemon.ctl("channel", "bad", NAME, "state", str(number % 7))
            if number % 20 == 0:
                both_ways(good, client)
        both_ways(good, client)


@test
def a_driver_that_is_loaded_again_goes_on():
    daemon = shared()
    with Guest(daemon, "again") as guest, connect(guest.socket) as client:
        both_ways(guest, client)
        daemon.ctl("channel", "again", NAME, "reconnect")
        wait_for("the new ring", lambda: guest.row()["frontend_state"] == 4)
        both_ways(guest, client)


run()
