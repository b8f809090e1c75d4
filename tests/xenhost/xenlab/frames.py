# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames on the control line between the lab and the emulated host's dom0.

The line is a virtio-serial port: a byte stream that several programs use one
after the other. A frame is a kind (one byte), the number of the session it
belongs to and the length of its payload (two little-endian uint32), then the
payload. A session is one command; the lab picks its number at random, so that
what is still in the line from a session that was abandoned is recognised and
dropped.

From the lab:    RUN (JSON: argv, tty, env), INPUT, INPUT_END, WINDOW (rows, columns)
From the agent:  OUTPUT, ERROR_OUTPUT, EXIT (decimal status)
"""

import struct

RUN, INPUT, INPUT_END, WINDOW = b"R", b"I", b"D", b"W"
OUTPUT, ERROR_OUTPUT, EXIT = b"O", b"E", b"Q"

HEADER = struct.Struct("<cII")
MAX_PAYLOAD = 65536


class LineClosed(Exception):
    """The other end of the line went away."""


def pack(kind, session, payload=b""):
    return HEADER.pack(kind, session, len(payload)) + payload


def read_frame(read):
    """One frame by read(n), which returns up to n bytes and nothing at the end."""
    kind, session, length = HEADER.unpack(_read_exactly(read, HEADER.size))
    if length > MAX_PAYLOAD:
        raise LineClosed("a frame of %d bytes: the line is out of step" % length)
    return kind, session, _read_exactly(read, length)


def _read_exactly(read, count):
    data = b""
    while len(data) < count:
        piece = read(count - len(data))
        if not piece:
            raise LineClosed("the line was closed")
        data += piece
    return data
