# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest without systemd and udev, with the script that needs busybox only."""

import contextlib
import tempfile

from host import clients, expect_equal, guests
from host.daemons import virtxld

CONTROL = guests.unix_channel("control", program=None)
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


def in_guest(guest, command):
    with guest.shell(CONTROL.name) as shell:
        return shell.ask(command, 120)


def change(guest, verb, channel):
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(channel.xml())
        file.flush()
        clients.virsh(verb, guest.name, file.name, "--live")


@contextlib.contextmanager
def attached(guest, channel):
    change(guest, "attach-device", channel)
    in_guest(guest, "until [ -e /dev/xen-channel/%s ]; do sleep 0.5; done" % channel.name)
    yield
    change(guest, "detach-device", channel)
    in_guest(guest, "while [ -L /dev/xen-channel/%s ]; do sleep 0.5; done" % channel.name)


def links(guest):
    both = [in_guest(guest, "cd /dev/%s && for link in *; do echo $link $(readlink -f $link); done" % folder)
            for folder in ("xen-channel", "virtio-ports")]
    expect_equal(both[0], both[1])
    return dict(line.split() for line in both[0].splitlines())


def test_channels_have_their_names_from_the_start(guest):
    in_guest(guest, "until [ -e /dev/xen-channel/%s ]; do sleep 0.5; done" % OTHER.name)
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
