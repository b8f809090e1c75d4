# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest without systemd and udev, with the script that needs busybox only."""

import contextlib

from host import expect_equal, guests, wait_until
from host.daemons import virtxld
from host.named_channels import CONTROL, attach, attached, detach, in_guest, links, wait_for_link

OTHER = guests.unix_channel("org.example.other", program=None)
HOT = guests.unix_channel("com.example.hot-plugged", program=None)
EVERY_BYTE = bytes(range(256))


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.named("busybox", (CONTROL, OTHER)) as guest:
        with guest.shell(CONTROL.name):
            pass
        yield guest


def test_channels_have_their_names_from_the_start(guest):
    wait_for_link(guest, OTHER)
    expect_equal(links(guest), {CONTROL.name: "/dev/hvc1", OTHER.name: "/dev/hvc2"})


def test_a_hot_plugged_channel_has_its_name_until_it_is_detached(guest):
    before = links(guest)
    for _ in range(2):
        with attached(guest, HOT):
            expect_equal(links(guest), {**before, HOT.name: "/dev/hvc3"})
        expect_equal(links(guest), before)


def test_bytes_pass_as_they_are_though_nobody_had_it_open(guest):
    with attached(guest, HOT), guest.connect(HOT.name) as channel:
        channel.send(EVERY_BYTE)
        sent = in_guest(guest, "head -c %d /dev/xen-channel/%s | hexdump -v -e '1/1 \"%%02x\"'"
                        % (len(EVERY_BYTE), HOT.name))
        expect_equal(bytes.fromhex(sent), EVERY_BYTE)
        assert channel.is_silent(), "the guest's terminal echoes: %r" % channel.received
        in_guest(guest, "printf 'a\\nb\\r\\n' >/dev/xen-channel/" + HOT.name)
        expect_equal(channel.read(5), b"a\nb\r\n")


def test_a_name_that_is_no_device_s_gets_no_link(guest):
    before = links(guest)
    odd = guests.unix_channel("100%", program=None)
    attach(guest, odd)
    wait_until(lambda: guest.is_connected(odd.name), "the guest has connected")
    with attached(guest, HOT):
        expect_equal(links(guest), {**before, HOT.name: "/dev/hvc4"})
        with guest.connect(HOT.name) as channel:
            in_guest(guest, "echo this one >/dev/xen-channel/" + HOT.name)
            channel.expect("this one\n")
    detach(guest, odd)
