# SPDX-License-Identifier: LGPL-2.1-or-later
"""Channels of every kind, on one PV guest.

Sockets and ptys alternate, so that a pty that is looked up by position and not
by device id is found out.
"""

import contextlib
import hashlib
import os
import stat

from host import clients, expect_equal, guests, wait_until, xen
from host.channel import pattern
from host.daemons import virtxld

VPORT = guests.unix_channel("s-4-VM.vport", "virtio")
PTY_A = guests.pty_channel("pty-a")
SUM = guests.unix_channel("org.example.sum", program="sum")
PTY_B = guests.pty_channel("pty-b", "virtio")
AUTOMATIC = guests.ChannelSpec("org.example.automatic")
CHANNELS = (VPORT, PTY_A, SUM, PTY_B, AUTOMATIC)


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("channels", CHANNELS) as guest:
        yield guest


def test_all_channels_become_connected(guest):
    for channel in CHANNELS:
        wait_until(lambda: guest.is_connected(channel.name), channel.name + " connected", 120)


def test_device_ids_follow_the_order_of_the_definition(guest):
    expected = {channel.name: number for number, channel in enumerate(CHANNELS, 1)}
    expect_equal(xen.channel_nodes(guest.id), expected)


def test_each_channel_leads_to_the_hvc_of_its_number(guest):
    for number, channel in enumerate(CHANNELS, 1):
        if channel.program == "shell":
            with guest.shell(channel.name) as shell:
                expect_equal(shell.ask("readlink /proc/self/fd/0"), "/dev/hvc%d" % number)


def both_ways(guest, name):
    """The guest gets a line, and answers with one that it could not have by echoing."""
    with guest.shell(name) as shell:
        expect_equal(shell.ask("echo there-and-back | rev"), "kcab-dna-ereht")
        lines = "\n".join(str(number) for number in range(200))
        expect_equal(shell.ask("seq 0 199").replace("\r", ""), lines)


def test_bytes_go_both_ways_on_a_virtio_target_unix_channel(guest):
    both_ways(guest, VPORT.name)


def test_bytes_go_both_ways_on_a_xen_target_unix_channel_without_a_path(guest):
    both_ways(guest, AUTOMATIC.name)


def test_bytes_go_both_ways_on_a_xen_target_pty_channel(guest):
    both_ways(guest, PTY_A.name)


def test_bytes_go_both_ways_on_a_virtio_target_pty_channel(guest):
    both_ways(guest, PTY_B.name)


def test_1_mib_arrives_whole_in_both_directions(guest):
    data = pattern(1 << 20)
    with guest.connect(SUM.name) as channel:
        channel.wait_for_sum()
        expect_equal(channel.guest_checksum_of(data), hashlib.md5(data).hexdigest())
        assert channel.pattern_from_guest(len(data)) == data, "what came is not what was sent"


def test_the_live_xml_shows_each_ptys_right_path(guest):
    domid = guest.id
    for number, channel in enumerate(CHANNELS, 1):
        if channel.kind == "pty":
            path = xen.xenstore_read("/local/domain/%d/device/console/%d/tty" % (domid, number))
            expect_equal(guest.path(channel.name), path)


def test_the_live_xml_keeps_the_given_paths(guest):
    for channel in (VPORT, SUM):
        expect_equal(guest.path(channel.name), channel.path)


def test_the_automatic_path_has_the_domains_uuid(guest):
    identity = clients.virsh("domuuid", guest.name)
    expected = "/run/libvirt/libxl/channel/%s/%s" % (identity, AUTOMATIC.name)
    expect_equal(guest.path(AUTOMATIC.name), expected)
    assert expected not in clients.inactive_xml(guest.name)


def test_sockets_are_not_for_everybody(guest):
    for channel in (VPORT, SUM, AUTOMATIC):
        mode = os.stat(guest.path(channel.name)).st_mode
        assert stat.S_ISSOCK(mode) and not mode & 0o007, "%s has mode %o" % (channel.name, mode)


def test_a_socket_serves_one_client_after_the_other(guest):
    for _ in range(3):
        both_ways(guest, VPORT.name)


def test_the_live_xml_says_virtio_where_the_definition_does(guest):
    target = guest.channel_element(VPORT.name).find("target")
    expect_equal(target.get("type"), "virtio")
    address = guest.channel_element(VPORT.name).find("address")
    expect_equal(address.get("type"), "virtio-serial")
