# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three guests with seven channels each, all busy at once."""

import contextlib
import threading

import host
from host import backend, expect_equal, guests, xen
from host.channel import pattern_checksum
from host.daemons import channeld, virtxld

only_long = True

GUESTS = ("busy-a", "busy-b", "busy-c")
CHANNELS = 7
SIZE = (64 << 20) if host.LONG else (256 << 10)
SECONDS = 7200 if host.LONG else 600


def channels_of(name):
    return [guests.unix_channel("%s-%d" % (name, number), program="sum") for number in range(1, CHANNELS + 1)]


@contextlib.contextmanager
def shared():
    virtxld.start()
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(guests.running(name, channels_of(name))) for name in GUESTS]
    backend.wait_until_it_keeps_nothing()


class Transfer(threading.Thread):
    """Both ways over one channel. Its error is the test's."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.error = path, "not done"

    def run(self):
        try:
            expected = pattern_checksum(SIZE)
            with guests.Channel(self.path) as channel:
                channel.wait_for_sum()
                expect_equal(channel.guest_checksum_of_pattern(SIZE, SECONDS), expected)
                expect_equal(channel.checksum_of_pattern_from_guest(SIZE, SECONDS), expected)
            self.error = None
        except Exception as error:
            self.error = "%s: %r" % (self.path, error)


def test_every_byte_arrives_on_all_channels_of_all_guests_at_once(running):
    paths = [guest.path(channel.name) for guest in running for channel in channels_of(guest.name)]
    transfers = [Transfer(path) for path in paths]
    for transfer in transfers:
        transfer.start()
    for transfer in transfers:
        transfer.join(SECONDS)
    expect_equal([transfer.error for transfer in transfers if transfer.error], [])


test_every_byte_arrives_on_all_channels_of_all_guests_at_once.seconds = SECONDS


def test_one_process_serves_them_all_and_no_qemu(running):
    expect_equal(xen.all_qemu_processes(), {})
    expect_equal(len(backend.served()), CHANNELS * len(running))
    expect_equal(backend.mapped_rings(), CHANNELS * len(running))
    assert channeld.is_alive()


def test_an_idle_backend_sleeps(running):
    assert len(running) == len(GUESTS)
    pid = channeld.process.pid
    before = backend.processor_seconds(pid)
    host.stays_true(channeld.is_alive, "it ended", 10)
    used = backend.processor_seconds(pid) - before
    assert used < 0.5, "%.2f s of processor time in 10 s" % used


def test_a_domain_that_ends_takes_nothing_of_the_others_along(running):
    running[0].destroy()
    expect_equal(len(backend.served()), CHANNELS * (len(running) - 1))
    for guest in running[1:]:
        with guest.connect(channels_of(guest.name)[0].name) as channel:
            channel.wait_for_sum()
