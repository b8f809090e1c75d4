# SPDX-License-Identifier: LGPL-2.1-or-later
"""Moves bytes with guest/bulk.c, a frontend in the guest that moves as much at a time as the ring
holds, instead of the kernel's driver, which moves 16 bytes an event."""

import time

from . import expect_equal
from .channel import pattern_checksum


def move(shell, channel, devid, verb, size, seconds):
    """The guest, through whose shell it is started, is to "take" or to "give" so many bytes of the
    pattern; each must be the right one. The seconds that it took, in so many at most."""
    shell.send(b"/bulk %d %s %d 2>&1; echo bulk-$((1+1))\n" % (devid, verb.encode(), size))
    shell.expect("ready\n")
    begin = time.monotonic()
    try:
        if verb == "take":
            channel.send_pattern(size, seconds)
        else:
            expect_equal(channel.checksum_of(size, seconds), pattern_checksum(size))
    except AssertionError as error:
        shell.is_silent()
        raise AssertionError("%s; the guest says %r" % (error, shell.received)) from error
    expect_equal(shell.expect("bulk-2", seconds).decode().split(), ["whole", "bulk-2"])
    took = time.monotonic() - begin
    shell.read_line()
    return took
