# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input on the real host: an error for the one who sent it, and no more."""

import contextlib
import os
import socket
import struct

import libvirt

from host import clients, expect_equal, guests
from host.daemons import virtxld

REMOTE_PROGRAM = 0x20008086
PROC_DOMAIN_CREATE_XML = 10


@contextlib.contextmanager
def shared():
    """Another client, which must not notice anything."""
    virtxld.start()
    yield clients.connect()


def everything_goes_on(bystander):
    assert virtxld.is_alive(), virtxld.last_words()
    expect_equal(bystander.lookupByID(0).name(), "Domain-0")
    assert clients.virsh("list")


def refused(bystander, xml, *codes):
    connection = clients.connect()
    for function in (connection.defineXML, connection.createXML):
        code = clients.error_code(function, xml)
        assert code in codes, "code %d" % code
    everything_goes_on(bystander)


def with_channels(*channels):
    return guests.definition("bad", channels)


def test_malformed_xml_is_refused(bystander):
    refused(bystander, "<domain type='xen'><name>x</name>", libvirt.VIR_ERR_XML_DETAIL)


def test_a_name_with_a_slash_is_refused(bystander):
    refused(bystander, guests.definition("a/b"), libvirt.VIR_ERR_XML_ERROR)


def test_two_channels_of_one_name_are_refused(bystander):
    one = guests.ChannelSpec("same")
    refused(bystander, with_channels(one, one), libvirt.VIR_ERR_CONFIG_UNSUPPORTED, libvirt.VIR_ERR_XML_ERROR)


def test_a_path_of_108_bytes_is_refused(bystander):
    refused(bystander, with_channels(guests.ChannelSpec("long", path="/" + "p" * 107)),
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED)


def test_a_path_with_a_comma_is_refused(bystander):
    refused(bystander, with_channels(guests.ChannelSpec("comma", path="/run/a,logfile=/run/b")),
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED)


def test_a_channel_without_a_target_is_refused(bystander):
    xml = with_channels(guests.ChannelSpec("x")).replace("<target type='xen' name='x'/>", "")
    refused(bystander, xml, libvirt.VIR_ERR_XML_ERROR)


def test_an_unknown_channel_type_is_refused(bystander):
    refused(bystander, with_channels(guests.ChannelSpec("x", "pigeon")), libvirt.VIR_ERR_CONFIG_UNSUPPORTED)


def send(data):
    """What the daemon answers to bytes, until it closes the connection or is silent."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(virtxld.socket)
        client.sendall(data)
        try:
            return client.recv(4096)
        except socket.timeout:
            return None


def frame(procedure, length=None, payload=b""):
    body = struct.pack(">IIIIII", REMOTE_PROGRAM, 1, procedure, 0, 1, 0) + payload
    return struct.pack(">I", len(body) + 4 if length is None else length) + body


def test_a_truncated_frame_disturbs_nobody(bystander):
    assert send(frame(1)[:20]) is None
    everything_goes_on(bystander)


def test_a_frame_of_4_gib_closes_the_connection(bystander):
    expect_equal(send(frame(1, 0xffffffff)), b"")
    everything_goes_on(bystander)


def test_an_unknown_procedure_is_answered_with_an_error(bystander):
    answer = send(frame(65000))
    assert answer, "no answer"
    expect_equal(struct.unpack(">I", answer[24:28])[0], 1)
    everything_goes_on(bystander)


def test_a_definition_on_disk_that_breaks_a_rule_is_listed_kept_and_not_started(bystander):
    path = "/etc/libvirt/libxl/rule-breaker.xml"
    same = guests.ChannelSpec("same")
    text = guests.definition("rule-breaker", (same, same))
    virtxld.stop()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    virtxld.start()
    domain = clients.connect().lookupByName("rule-breaker")
    expect_equal(domain.XMLDesc().count("name='same'"), 2)
    expect_equal(clients.error_code(domain.create), libvirt.VIR_ERR_CONFIG_UNSUPPORTED)
    assert os.path.exists(path)
    assert virtxld.is_alive()
    domain.undefine()
    assert not os.path.exists(path)
