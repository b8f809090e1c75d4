# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab's end of the control lines: runs a command in dom0.

There are several lines, so that several commands can run at once; a locked file
beside a line's socket says that it is in use. See frames.py for what is said on
a line and dom0/agent.py for the other end.
"""

import fcntl
import json
import os
import random
import selectors
import socket
import struct
import time

from . import LabError, frames

LINES = 6


class Link:
    def __init__(self, folder):
        self.folder = folder

    def run(self, argv, stdin=None, stdout=None, stderr=None, seconds=None, tty=False, env=None, window=None):
        """Runs argv in dom0 and returns its exit status.

        stdin: a file to send; bytes; or None for nothing.
        stdout, stderr: functions that take bytes, None to drop them.
        window: a function that gives (rows, columns) when they have changed, else None.
        Raises TimeoutError after so many seconds: the command is then killed.
        """
        with self._line() as line:
            session = _Session(line, stdout, stderr)
            session.send(frames.RUN, json.dumps({"argv": argv, "tty": tty, "env": env or {}}).encode())
            return session.carry(stdin, seconds, window)

    def output(self, argv, **options):
        """What argv prints; LabError if it fails."""
        out, err = bytearray(), bytearray()
        status = self.run(argv, stdout=out.extend, stderr=err.extend, **options)
        if status != 0:
            raise LabError("%s failed in the host: %s" % (argv[0], err.decode(errors="replace").strip()))
        return bytes(out)

    def push(self, file, path):
        self.output(["sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", path], stdin=file)

    def _line(self):
        while True:
            for number in range(1, LINES + 1):
                lock = open(os.path.join(self.folder, "line.%d.lock" % number), "w")
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    lock.close()
                    continue
                return _Line(os.path.join(self.folder, "line.%d" % number), lock)
            time.sleep(0.1)


class _Line:
    """A connected control line; frees it for others when closed."""

    def __init__(self, path, lock):
        self.lock = lock
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(path)
        except OSError:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()
        self.lock.close()


class _Session:
    def __init__(self, line, stdout, stderr):
        self.socket = line.socket
        self.number = random.getrandbits(32)
        self.sinks = {frames.OUTPUT: stdout, frames.ERROR_OUTPUT: stderr}
        self.received = bytearray()

    def send(self, kind, payload=b""):
        self.socket.sendall(frames.pack(kind, self.number, payload))

    def carry(self, stdin, seconds, window):
        """Carries input and output until the command's end."""
        deadline = None if seconds is None else time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            source = self._start_input(stdin, selector)
            while True:
                if window and (size := window()):
                    self.send(frames.WINDOW, struct.pack("<HH", *size))
                for key, _ in selector.select(0.2 if window or deadline else None):
                    if key.fileobj is not self.socket:
                        self._forward_input(source, selector)
                    elif (status := self._receive()) is not None:
                        return status
                if deadline and time.monotonic() > deadline:
                    raise TimeoutError("no end after %d s" % seconds)

    def _start_input(self, stdin, selector):
        """Input that can't be waited for (bytes, a disk file) is sent at once."""
        if hasattr(stdin, "fileno"):
            try:
                selector.register(stdin, selectors.EVENT_READ)
                return stdin
            except PermissionError:  # epoll: a disk file, always readable
                while data := os.read(stdin.fileno(), 32768):
                    self.send(frames.INPUT, data)
        elif stdin:
            for begin in range(0, len(stdin), 32768):
                self.send(frames.INPUT, stdin[begin:begin + 32768])
        self.send(frames.INPUT_END)
        return None

    def _forward_input(self, source, selector):
        data = os.read(source.fileno(), 32768)
        if data:
            self.send(frames.INPUT, data)
        else:
            selector.unregister(source)
            self.send(frames.INPUT_END)

    def _receive(self):
        """Takes what has come; the exit status if the session has ended."""
        data = self.socket.recv(65536)
        if not data:
            raise LabError("the emulated host went away")
        self.received += data
        while (frame := self._next_frame()) is not None:
            kind, session, payload = frame
            if session != self.number:
                continue
            if kind == frames.EXIT:
                return int(payload)
            if self.sinks.get(kind):
                self.sinks[kind](payload)
        return None

    def _next_frame(self):
        size = frames.HEADER.size
        if len(self.received) < size:
            return None
        kind, session, length = frames.HEADER.unpack_from(self.received)
        if len(self.received) < size + length:
            return None
        payload = bytes(self.received[size:size + length])
        del self.received[:size + length]
        return kind, session, payload
