# SPDX-License-Identifier: LGPL-2.1-or-later
"""Numbered lines both ways on a channel whose program in the guest is "stream".

guest/channel-stream.c says what goes over the channel. A Stream is the host's
client. It runs in a thread, and connects again whenever it is dropped: each
connection is a session. It knows where in the guest's lines the bytes of each
session begin, and so finds

    gaps      the guest's lines that no session got
    repeated  bytes that two sessions got, which is right only for what the first
              one of them was given when it died
    errors    bytes that the guest has not sent

A client that outlives the backend is one session: if it is_kept, what it got twice or not at
all when a backend was killed counts as between two sessions.
"""

import itertools
import os
import select
import socket
import threading
import time

from . import expect_equal, wait_until

LINE = 256
DIGITS = 15
FILLING = bytes(ord("A") + i % 26 for i in range(DIGITS, LINE - 1)) + b"\n"
BLOCK = 64  # lines
# A guest takes each number once, whichever Stream it is of.
NUMBERS = itertools.count(1)
# What a UNIX socket holds, with room for how it counts.
SOCKET_BYTES = 512 * 1024


def lines(first, count):
    return b"".join(b"%015d%s" % (number, FILLING) for number in range(first, first + count))


class Stream:
    def __init__(self, path, is_kept=False):
        self.path = path
        self.is_kept = is_kept
        self.is_placed = not is_kept  # it is known where in the guest's lines it is
        self.sessions = 0
        self.session = 0   # the present one's number
        self.sent = 0      # bytes of all sessions, headers included
        self.offset = 0    # of the next byte in the guest's lines
        self.unplaced = 0  # bytes of sessions that were too short to tell where they begin
        self.received = 0
        self.gaps, self.repeated, self.errors = [], [], []
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    # What a test does with it

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join(60)

    def flows(self, count=64 * 1024, seconds=120):
        """Waits until so many more bytes have gone each way."""
        sent, received = self.sent, self.received
        wait_until(lambda: self.sent >= sent + count and self.received >= received + count,
                   "%s: %d bytes each way, after %d and %d" % (self.path, count, sent, received), seconds)

    def finish(self, shell, terminal, seconds=120):
        """Stops both ends, lets what is on its way arrive, and returns what the guest has got.

        shell: of the guest, on another channel.
        """
        self.ends.set()
        self.thread.join(seconds)
        assert not self.thread.is_alive(), "%s is not quiet after %d s" % (self.path, seconds)
        wait_until(lambda: Report(shell, terminal).session == self.session,
                   "the guest gets session %d" % self.session, seconds)
        return Report(shell, terminal)

    def check(self, report, repeated_max=SOCKET_BYTES, lost_max=SOCKET_BYTES):
        """That nothing was lost but what a dead client's socket had, nothing made up.

        The bounds are for each session.
        """
        expect_equal((self.errors, self.gaps), ([], []))
        assert max(self.repeated, default=0) <= repeated_max, "repeated: %r" % self.repeated
        assert report.errors == 0, "in the guest: %s" % report
        lost = self.sent - report.bytes
        assert 0 <= lost <= self.sessions * lost_max, "%d bytes sent, %s" % (self.sent, report)

    # How it works

    def _header(self, mode):
        self.sessions += 1
        self.session = next(NUMBERS)
        return b"!%04x%s\n" % (self.session, mode.encode())

    def _connect(self, seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            client = socket.socket(socket.AF_UNIX)
            try:
                client.connect(self.path)
                return client
            except OSError:
                client.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _run(self):
        while not self.ends.is_set():
            try:
                with self._connect() as client:
                    self._talk(client)
            except OSError as error:
                if self.ends.is_set() or isinstance(error, FileNotFoundError):
                    return
                self.errors.append("no connection: %s" % error)
                return

    def _talk(self, client):
        """One session, until the other end closes, or this one is to end."""
        receiver = _Receiver(self)
        client.setblocking(False)
        pending, number, is_open = self._header("g"), 0, True
        while is_open and not self.ends.is_set():
            readable, writable, _ = select.select([client], [client], [], 0.2)
            if readable:
                is_open = receiver.take(self._receive(client))
            if not writable or not is_open:
                continue
            try:
                count = client.send(pending)
            except OSError:  # the other end is gone; what it has sent is still to be read
                self._read_rest(client, receiver)
                break
            self.sent += count
            pending = pending[count:]
            if not pending:
                pending = lines(number, BLOCK)
                number += BLOCK
        if is_open and self.ends.is_set():
            self._say_goodbye(client, receiver)
        receiver.end()

    def _say_goodbye(self, client, receiver, quiet=2):
        """A last session without lines, in which the guest becomes silent."""
        pending = self._header("s")
        while pending or select.select([client], [], [], quiet)[0]:
            readable, writable, _ = select.select([client], [client] if pending else [], [])
            if readable and not receiver.take(self._receive(client)):
                return
            if writable:
                count = client.send(pending)
                self.sent += count
                pending = pending[count:]

    @staticmethod
    def _receive(client):
        try:
            return client.recv(65536)
        except BlockingIOError:
            return None
        except OSError:  # reset: there is no more
            return b""

    def _read_rest(self, client, receiver):
        client.setblocking(True)
        while receiver.take(self._receive(client)):
            pass


class _Receiver:
    """Compares a session's bytes with the guest's lines, wherever in them they begin."""

    def __init__(self, stream):
        self.stream = stream
        self.begun = False
        self.data = b""

    def take(self, data):
        """False at the end."""
        if data == b"":
            return False
        if data:
            self.stream.received += len(data)
            self.data += data
            self._compare()
        return True

    def _compare(self):
        is_new_place = not self.begun
        if is_new_place and not self._find_begin():
            return None
        first = self.stream.offset // LINE
        skip = self.stream.offset % LINE
        expected = lines(first, (skip + len(self.data)) // LINE + 1)[skip:skip + len(self.data)]
        if expected != self.data:
            at = len(os.path.commonprefix([expected, self.data]))
            if self.stream.is_kept and not is_new_place:
                self.stream.offset += at
                self.data = self.data[at:]
                self.begun = False
                return self._compare()
            self.stream.errors.append("session %d, at %d of the guest's lines: %r, not %r" % (
                self.stream.sessions, self.stream.offset + at, self.data[at:at + 40], expected[at:at + 40]))
            self.begun = False
            self.data = b""
            return None
        self.stream.offset += len(self.data)
        self.data = b""
        return None

    def _find_begin(self):
        """A whole line tells where the session begins."""
        head = self.data.find(b"\n") + 1
        if len(self.data) < head + LINE or head == 0:
            return False
        try:
            begin = int(self.data[head:head + DIGITS]) * LINE - head
        except ValueError:
            self.stream.errors.append("session %d begins with %r" % (self.stream.sessions, self.data[:600]))
            begin = self.stream.offset
        due = self.stream.offset
        if self.stream.is_placed and begin > due + self.stream.unplaced:
            self.stream.gaps.append((due, begin))
        elif self.stream.is_placed and begin < due:
            self.stream.repeated.append(due - begin)
        self.stream.is_placed = True
        self.stream.offset = begin
        self.stream.unplaced = 0
        self.begun = True
        return True

    def end(self):
        if not self.begun:
            self.stream.unplaced += len(self.data)


class Report:
    """What the guest has got, in its own words."""

    def __init__(self, shell, terminal):
        words = shell.ask("cat /tmp/stream-%s" % terminal).split(" ", 5)
        self.sessions, self.session, self.lines, self.bytes, self.errors = map(int, words[:5])
        self.first_error = words[5] if len(words) > 5 else ""

    def __str__(self):
        return "%d sessions, the last is %d with %d lines, %d bytes, %d errors %s" % (
            self.sessions, self.session, self.lines, self.bytes, self.errors, self.first_error)
