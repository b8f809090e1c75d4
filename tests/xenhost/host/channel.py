# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program's end of a channel: a socket or a terminal, by its path or open already.

Programs in the guest: see guest/channel-*. Until the guest has set its end raw it
echoes, so a shell's answer is told from an echo by arithmetic that only a shell
does.
"""

import hashlib
import os
import random
import select
import socket
import stat
import time
import tty


class Channel:
    def __init__(self, end):
        """end: a path, or a socket that is connected."""
        self.path = str(end)
        self.received = b""
        self.socket = None
        if isinstance(end, socket.socket):
            self.socket = end
        elif stat.S_ISSOCK(os.stat(end).st_mode):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(end)
        if self.socket is not None:
            self.descriptor = self.socket.fileno()
        else:
            self.descriptor = os.open(end, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(self.descriptor)
        os.set_blocking(self.descriptor, False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.socket is not None:
            self.socket.close()
        else:
            os.close(self.descriptor)

    def send(self, data, seconds=120):
        """Sends all of data, and takes what comes meanwhile: the guest may wait for that."""
        deadline = time.monotonic() + seconds
        while data:
            readable, writable, _ = select.select([self.descriptor], [self.descriptor], [], 1)
            if readable:
                self._take()
            if writable:
                data = data[os.write(self.descriptor, data[:16384]):]
            assert time.monotonic() < deadline, "%s takes no more, %d bytes left" % (self.path, len(data))

    def receive_until(self, found, what, seconds=60):
        """Reads until found(received) gives a number of bytes, which are returned and consumed."""
        deadline = time.monotonic() + seconds
        while (count := found(self.received)) is None:
            left = deadline - time.monotonic()
            assert left > 0, "%s: no %s in %d s; got %r" % (self.path, what, seconds, self.received[-300:])
            if select.select([self.descriptor], [], [], left)[0]:
                self._take()
        data, self.received = self.received[:count], self.received[count:]
        return data

    def _take(self):
        data = os.read(self.descriptor, 65536)
        assert data, "%s was closed at the other end" % self.path
        self.received += data

    def read(self, count, seconds=120):
        return self.receive_until(lambda data: count if len(data) >= count else None,
                                  "%d bytes" % count, seconds)

    def is_silent(self, seconds=2):
        """Nothing comes for so long."""
        if select.select([self.descriptor], [], [], seconds)[0]:
            self._take()
        return not self.received

    def read_to_end(self, seconds=60):
        """All that comes until the other end closes."""
        deadline = time.monotonic() + seconds
        while select.select([self.descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
            data = os.read(self.descriptor, 65536)
            if not data:
                return self.received
            self.received += data
        raise AssertionError("%s: no end in %d s" % (self.path, seconds))

    def answers(self, text, seconds=60):
        """Sends a line to a program that gives it back."""
        self.send(text.encode() + b"\n")
        self.expect(text + "\n", seconds)

    def read_line(self, seconds=60):
        return self.receive_until(lambda data: data.index(b"\n") + 1 if b"\n" in data else None,
                                  "line", seconds).rstrip(b"\r\n").decode(errors="replace")

    def expect(self, text, seconds=60):
        """Reads up to and including the text."""
        wanted = text.encode()
        return self.receive_until(lambda data: data.index(wanted) + len(wanted) if wanted in data else None,
                                  repr(text), seconds)

    # A shell in the guest

    def wait_for_shell(self, seconds=400):
        """Waits until the guest's shell answers, and then to the last question only."""
        deadline = time.monotonic() + seconds
        while True:
            number = random.randrange(10 ** 8)
            self.send(b"echo up-$((%d+1))\n" % number)
            try:
                self.expect("up-%d" % (number + 1), 3)
                self.read_line()
                return
            except AssertionError:
                if time.monotonic() > deadline:
                    raise

    def ask(self, command, seconds=60):
        """What the command prints in the guest."""
        self.send(b"%s; echo end-$((40+2))\n" % command.encode())
        answer = self.expect("end-42", seconds)
        self.read_line()
        return answer[:-len("end-42")].decode(errors="replace").strip()

    def tell(self, command):
        """Starts a command that does not come back, such as a poweroff.

        Returns when the guest is at it: what is still on its way is lost at a close.
        """
        self.send(b"echo now-$((40+2)); %s\n" % command.encode())
        self.expect("now-42")

    # The program "sum" in the guest

    def wait_for_sum(self, seconds=400):
        deadline = time.monotonic() + seconds
        while True:
            self.send(b"hello\n")
            try:
                self.expect("hello from the guest\n", 3)
                break
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
        self._drain()

    def _drain(self):
        """Drops answers to earlier questions."""
        while select.select([self.descriptor], [], [], 2)[0]:
            self._take()
        self.received = b""

    def guest_checksum_of(self, data):
        """Sends data; the checksum of what the guest has got."""
        self.send(b"take %d\n" % len(data))
        self.send(data)
        return self.read_line(120)

    def pattern_from_guest(self, count):
        self.send(b"give %d\n" % count)
        return self.read(count)

    def guest_checksum_of_pattern(self, count, seconds):
        """Sends so much of the pattern, of any size; the checksum of what the guest has got."""
        deadline = time.monotonic() + seconds
        self.send(b"take %d\n" % count)
        self.send_pattern(count, seconds)
        return self.read_line(max(60, deadline - time.monotonic()))

    def send_pattern(self, count, seconds):
        block = pattern(PATTERN_SIZE)
        deadline = time.monotonic() + seconds
        for begin in range(0, count, PATTERN_SIZE):
            self.send(block[:count - begin], deadline - time.monotonic())

    def checksum_of_pattern_from_guest(self, count, seconds):
        self.send(b"give %d\n" % count)
        return self.checksum_of(count, seconds)

    def checksum_of(self, count, seconds):
        """Reads so many bytes, of any number."""
        checksum, left = hashlib.md5(), count
        deadline = time.monotonic() + seconds
        while left:
            assert time.monotonic() < deadline, "%s: %d bytes are still to come" % (self.path, left)
            if select.select([self.descriptor], [], [], 1)[0]:
                self._take()
            data, self.received = self.received[:left], self.received[left:]
            checksum.update(data)
            left -= len(data)
        return checksum.hexdigest()


PATTERN_SIZE = 65536


def pattern_checksum(count):
    block, checksum = pattern(PATTERN_SIZE), hashlib.md5()
    for begin in range(0, count, PATTERN_SIZE):
        checksum.update(block[:count - begin])
    return checksum.hexdigest()


def pattern(count):
    """What the guest's "give" sends: see xenlab/initramfs.py."""
    block = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(2048))
    return (block * (count // len(block) + 1))[:count]
