# SPDX-License-Identifier: LGPL-2.1-or-later
"""Connects a person's terminal with a command in dom0."""

import os
import sys
import termios
import tty


def writer(stream):
    def write(data):
        stream.buffer.write(data)
        stream.buffer.flush()
    return write


def interactive(link, argv):
    """Runs argv on a terminal in dom0, with the size and the keys of this one."""
    descriptor = sys.stdin.fileno()
    settings = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor)
        environment = {"TERM": os.environ.get("TERM", "vt100")}
        return link.run(argv, stdin=open(descriptor, "rb", buffering=0, closefd=False),
                        stdout=writer(sys.stdout), tty=True, env=environment, window=_Window())
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, settings)


class _Window:
    """Gives the terminal's size when it has changed."""

    def __init__(self):
        self.known = None

    def __call__(self):
        size = os.get_terminal_size()
        if size == self.known:
            return None
        self.known = size
        return size.lines, size.columns
