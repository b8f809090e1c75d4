# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests in dom0 do things with."""

import time

# Do tests have hours? The harness says.
LONG = False


def in_long_runs(test):
    """A decorator: the test runs with --long, or when it or its file is named."""
    test.only_long = True
    return test


def wait_until(predicate, what, seconds=60):
    """Waits for a true value and returns it. Emulation is slow: be generous."""
    deadline = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("after %d s still not: %s" % (seconds, what))
        time.sleep(0.3)


def stays_true(predicate, what, seconds=5):
    """For what must not happen: fails as soon as it does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert predicate(), what
        time.sleep(0.3)


def expect_equal(value, expected):
    assert value == expected, "got %r, not %r" % (value, expected)
