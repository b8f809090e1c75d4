# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian as a guest, with the guest's side of channels from this build and nothing else changed."""

import contextlib
import hashlib
import json
import random

from host import expect_equal, guests, wait_until
from host.daemons import virtxld
from host.named_channels import (CONTROL, attach, attached, detach, in_guest, links, wait_for_link, wait_for_no_link,
                                 wait_in_guest)

AGENT = guests.unix_channel("org.qemu.guest_agent.0", target="virtio", program=None)
# Names as managers give them, and written to before the guest is there.
CLOUDSTACK = guests.unix_channel("s-4-VM.vport", target="virtio", program=None)
HOT = guests.unix_channel("com.example.hot-plugged", program=None)
EARLY = b"".join(b"cmdline %d key%d=value\n" % (number, number) for number in range(700))
EVERY_BYTE = bytes(range(256))


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.debian("debian", (CONTROL, AGENT, CLOUDSTACK)) as guest:
        with guest.connect(CLOUDSTACK.name) as channel:
            channel.send(EARLY)
        with guest.shell(CONTROL.name):
            pass
        yield guest


def ping(guest, seconds=240):
    """Asks the guest agent, until it has begun to answer."""
    with guest.connect(AGENT.name) as channel:
        def answer():
            number = random.randrange(10 ** 8)
            channel.send(json.dumps({"execute": "guest-sync", "arguments": {"id": number}}).encode() + b"\n")
            try:
                channel.expect('{"return": %d}' % number, 5)
            except AssertionError:
                return False
            return True
        wait_until(answer, "the guest agent answers", seconds)
        channel.send(b'{"execute": "guest-ping"}\n')
        channel.expect('{"return": {}}')


def test_channels_have_their_names_from_the_start(guest):
    expect_equal(links(guest), {CONTROL.name: "/dev/hvc1", AGENT.name: "/dev/hvc2", CLOUDSTACK.name: "/dev/hvc3"})


def test_what_the_host_wrote_before_the_guest_was_there_is_not_lost(guest):
    checksum = in_guest(guest, "head -c %d /dev/virtio-ports/%s | md5sum" % (len(EARLY), CLOUDSTACK.name))
    expect_equal(checksum.split()[0], hashlib.md5(EARLY).hexdigest())


def test_a_hot_plugged_channel_has_its_name_until_it_is_detached(guest):
    before = links(guest)
    for _ in range(2):
        with attached(guest, HOT):
            expect_equal(links(guest), {**before, HOT.name: "/dev/hvc4"})
        expect_equal(links(guest), before)


def test_a_hole_is_filled_as_the_kernel_does_it(guest):
    others = [guests.unix_channel("hole.%d" % number, program=None) for number in range(2)]
    with attached(guest, others[0]):
        with attached(guest, others[1]):
            detach(guest, others[0])
            wait_for_no_link(guest, others[0])
            with attached(guest, HOT):
                found = links(guest)
                expect_equal((found[HOT.name], found[others[1].name]), ("/dev/hvc4", "/dev/hvc5"))
                with guest.connect(HOT.name) as channel:
                    in_guest(guest, "echo this one >/dev/xen-channel/" + HOT.name)
                    channel.expect("this one\n")
        attach(guest, others[0])
        wait_for_link(guest, others[0])


def test_bytes_pass_as_they_are_though_nobody_had_it_open(guest):
    with attached(guest, HOT), guest.connect(HOT.name) as channel:
        path = "/dev/xen-channel/" + HOT.name
        for _ in range(2):
            channel.send(EVERY_BYTE)
            checksum = in_guest(guest, "head -c %d %s | md5sum" % (len(EVERY_BYTE), path))
            expect_equal(checksum.split()[0], hashlib.md5(EVERY_BYTE).hexdigest())
        assert channel.is_silent(), "the guest's terminal echoes: %r" % channel.received
        in_guest(guest, "printf 'a\\nb\\r\\n' >" + path)
        expect_equal(channel.read(5), b"a\nb\r\n")


def test_a_holder_that_is_killed_comes_back(guest):
    with attached(guest, HOT):
        pid = in_guest(guest, "systemctl show --value -p MainPID virtxl-channel-hold@4")
        in_guest(guest, "kill -9 " + pid)
        wait_in_guest(guest, "systemctl --quiet is-active virtxl-channel-hold@4")
        wait_in_guest(guest, "stty -F /dev/xen-channel/%s -a | grep -q -e '-icanon'" % HOT.name)
        wait_in_guest(guest, "stty -F /dev/xen-channel/%s -a | grep -q -e '-echo '" % HOT.name)


def test_a_name_that_is_no_device_s_gets_no_link(guest):
    before = links(guest)
    odd = guests.unix_channel("100%", program=None)
    attach(guest, odd)
    wait_in_guest(guest, "[ $(systemctl show --value -p ExecMainStatus virtxl-channel-hold@4) = 2 ]")
    with attached(guest, HOT):
        expect_equal(links(guest), {**before, HOT.name: "/dev/hvc5"})
        with guest.connect(HOT.name) as channel:
            in_guest(guest, "echo this one >/dev/xen-channel/" + HOT.name)
            channel.expect("this one\n")
    detach(guest, odd)
    in_guest(guest, "systemctl reset-failed virtxl-channel-hold@4")


def test_no_channel_is_a_login_console(guest):
    def gettys():
        return in_guest(guest, "systemctl list-units --plain --no-legend --state=active,activating 'serial-getty@*'"
                               " | cut -d' ' -f1").split()
    wait_until(lambda: gettys() == ["serial-getty@hvc0.service"], "a getty on the primary console only")
    in_guest(guest, "systemctl start serial-getty@hvc3")
    expect_equal(gettys(), ["serial-getty@hvc0.service"])


def test_the_primary_console_is_a_login_console(guest):
    def log():
        with open("/var/log/xen/console/guest-%s.log" % guest.name, errors="replace") as file:
            return file.read()
    wait_until(lambda: "debian login:" in log(), "a login prompt", 240)


def test_a_channel_is_no_modem(guest):
    properties = in_guest(guest, "udevadm info -q property /dev/xen-channel/" + CLOUDSTACK.name).splitlines()
    assert "ID_MM_DEVICE_IGNORE=1" in properties, properties


def test_the_guest_agent_starts_by_itself(guest):
    ping(guest)
    expect_equal(in_guest(guest, "systemctl is-active qemu-guest-agent"), "active")


def test_the_guest_agent_comes_back_with_its_channel(guest):
    for _ in range(2):
        detach(guest, AGENT)
        wait_in_guest(guest, "! systemctl --quiet is-active qemu-guest-agent")
        attach(guest, AGENT)
        ping(guest)


def test_the_guest_agent_comes_back_though_its_channel_was_away_for_a_moment_only(guest):
    detach(guest, AGENT)
    attach(guest, AGENT)
    ping(guest)


def test_nothing_has_failed_in_the_guest(guest):
    expect_equal(in_guest(guest, "systemctl list-units --failed --plain --no-legend"), "")
