# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person at a terminal, who runs virsh console."""

import os
import pty
import select
import termios

from . import wait_until
from .daemons import virtxld

ESCAPE = b"\x1d"
SUM, RESULT = b"echo $((1000 + 234))", b"1234"


class Console:
    def __init__(self, name, *arguments):
        self.heard = b""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execvp("virsh", ["virsh", "--connect", virtxld.uri, "console", name, *arguments])
        self.expect(b"Escape character is ^]")
        # What is typed before that is thrown away.
        wait_until(lambda: not termios.tcgetattr(self.terminal)[3] & termios.ICANON, "a raw terminal")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.terminal)  # a hangup ends virsh, if it has not ended
        if self.process:
            os.waitpid(self.process, 0)

    def _read(self, seconds):
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            part = os.read(self.terminal, 65536)
        except OSError:  # virsh has ended
            return False
        self.heard += part
        return bool(part)

    def expect(self, words, seconds=120):
        """Waits for the words; what comes up to them is done with."""
        while words not in self.heard:
            assert self._read(seconds), "%r is missing in %r" % (words, self.heard[-300:])
        self.heard = self.heard[self.heard.index(words) + len(words):]

    def types(self, data):
        os.write(self.terminal, data)

    def asks(self, command, answer):
        """The guest echoes the command; the answer must not be part of it."""
        self.types(command + b"\r")
        self.expect(answer)

    def asks_and_leaves(self):
        """Needs a shell at the other end."""
        self.asks(SUM, RESULT)
        self.types(ESCAPE)
        assert self.status() == 0

    def status(self):
        """Of virsh, which ends by itself."""
        while self._read(120):
            pass
        done = wait_until(lambda: self._wait(), "virsh to end")
        self.process = 0
        return os.waitstatus_to_exitcode(done[1])

    def _wait(self):
        done = os.waitpid(self.process, os.WNOHANG)
        return done if done[0] else None
