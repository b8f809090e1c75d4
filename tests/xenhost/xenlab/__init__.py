# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library of tests/xenhost/lab."""

import os
import sys
import time

ROOM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class LabError(Exception):
    """What went wrong, in one line for the user."""


def say(text):
    """A progress line. It is a comment in TAP, and so may stand anywhere."""
    say_lines("# xenhost: %s\n" % text)


def say_lines(text):
    """Whole lines, in one piece: several hosts may have something to say."""
    sys.stdout.write(text)
    sys.stdout.flush()


class Step:
    """A long step: one line when it ends, with its seconds."""

    def __init__(self, text):
        self.text = text

    def __enter__(self):
        self.begin = time.monotonic()
        if sys.stdout.isatty():
            say(self.text + " ...")
        return self

    def __exit__(self, kind, error, trace):
        seconds = time.monotonic() - self.begin
        say("%s: %s after %.0f s" % (self.text, "failed" if kind else "done", seconds))
