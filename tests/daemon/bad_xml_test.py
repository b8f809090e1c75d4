#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Definitions that are refused, each with libvirt's code and a word of help;
and those on disk that break a rule, which are kept."""

import os
import uuid

import libvirt

from fixture import Daemon, domain_xml, expect_equal, expect_in, run, shared, test, unix_channel

libvirt.registerErrorHandler(lambda context, error: None, None)


def refused(xml, code, *words):
    """Neither define nor create takes @xml; the messages have the words."""
    daemon = shared()
    host = libvirt.open(daemon.uri())
    before = sorted(domain.name() for domain in host.listAllDomains())
    for call in (host.defineXML, host.createXML):
        try:
            call(xml)
        except libvirt.libvirtError as error:
            expect_equal(error.get_error_code(), code)
            for word in words:
                expect_in(word, error.get_error_message())
        else:
            raise AssertionError("it is taken")
    expect_equal(sorted(domain.name() for domain in host.listAllDomains()), before)
    host.close()


def with_channel(text):
    return domain_xml("bad", devices=text)


@test
def malformed_xml():
    refused("<domain type='xen'><name>x</name>", libvirt.VIR_ERR_XML_DETAIL)
    refused("", libvirt.VIR_ERR_XML_DETAIL)
    refused("nonsense", libvirt.VIR_ERR_XML_DETAIL)


@test
def another_root_element():
    refused("<network><name>x</name></network>", libvirt.VIR_ERR_XML_ERROR, "network")


@test
def no_name():
    refused("<domain type='xen'><memory>1024</memory></domain>", libvirt.VIR_ERR_NO_NAME, "name")


@test
def a_name_with_a_slash():
    refused(domain_xml("a/b"), libvirt.VIR_ERR_XML_ERROR, "a/b")


@test
def a_name_that_exists_with_another_uuid():
    daemon = shared()
    daemon.define("taken", uuid=uuid.uuid4())
    refused(domain_xml("taken", uuid=uuid.uuid4()), libvirt.VIR_ERR_OPERATION_FAILED, "taken")
    daemon.remove("taken")


@test
def a_uuid_that_exists_with_another_name():
    daemon = shared()
    identity = uuid.uuid4()
    daemon.define("original", uuid=identity)
    refused(domain_xml("copy", uuid=identity), libvirt.VIR_ERR_OPERATION_FAILED, "original")
    daemon.remove("original")


@test
def a_malformed_uuid():
    refused(domain_xml("bad", uuid="not-a-uuid"), libvirt.VIR_ERR_INTERNAL_ERROR)


@test
def a_device_that_may_be_there_once():
    refused(with_channel("<vsock model='virtio'><cid auto='yes'/></vsock>" * 2),
            libvirt.VIR_ERR_XML_ERROR, "'bad'", "only one <vsock>")


@test
def a_sound_card_that_xen_has_not_got():
    refused(with_channel("<sound model='ich9'/>"), libvirt.VIR_ERR_CONFIG_UNSUPPORTED, "'bad'",
            "ich9")


@test
def a_channel_path_of_108_bytes():
    path = "/" + "p" * 107
    refused(with_channel(unix_channel(path, "x")), libvirt.VIR_ERR_CONFIG_UNSUPPORTED, "107")


@test
def a_channel_path_of_107_bytes_is_fine():
    daemon = shared()
    path = "/" + "p" * 106
    daemon.define("long", devices=unix_channel(path, "x"))
    expect_in(path, daemon.virsh("dumpxml", "long"))
    daemon.remove("long")


@test
def a_channel_without_a_target():
    refused(with_channel("<channel type='unix'><source mode='bind' path='/x'/></channel>"),
            libvirt.VIR_ERR_XML_ERROR)


@test
def a_channel_of_an_unknown_type():
    refused(with_channel("<channel type='pigeon'><target type='virtio' name='x'/></channel>"),
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED, "pigeon")


@test
def a_channel_with_an_unknown_target():
    refused(with_channel("<channel type='pty'><target type='moon' name='x'/></channel>"),
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED, "moon")


@test
def a_channel_name_with_a_comma():
    refused(with_channel("<channel type='pty'><target type='virtio' name='a,b'/></channel>"),
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED, "a,b")


@test
def two_channels_of_one_path():
    refused(with_channel(unix_channel("/same", "a") + unix_channel("/same", "b")),
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED, "/same")


@test
def two_channels_of_one_name():
    refused(with_channel(unix_channel("/a", "same") + unix_channel("/b", "same")),
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED, "same")


@test
def an_error_quotes_no_megabytes():
    refused(domain_xml("/" + "x" * 1000000), libvirt.VIR_ERR_XML_ERROR)


@test
def a_definition_on_disk_that_breaks_a_rule_is_kept_and_does_not_start():
    daemon = Daemon(start=False)
    definition = daemon.path("etc/libvirt/libxl/broken.xml")
    os.makedirs(os.path.dirname(definition))
    text = domain_xml("broken", uuid=uuid.uuid4(),
                      devices=unix_channel("/a", "same") + unix_channel("/b", "same"))
    with open(definition, "w") as file:
        file.write(text)
    daemon.start()
    expect_in("broken", daemon.virsh("list", "--all", "--name"))
    expect_in("same", daemon.virsh_fails("start", "broken"))
    expect_equal(daemon.state("broken"), "shut off")
    with open(definition) as file:
        expect_equal(file.read(), text)


@test
def a_file_on_disk_that_is_no_definition_stops_nothing():
    daemon = Daemon(start=False)
    broken = daemon.path("etc/libvirt/libxl/rubbish.xml")
    os.makedirs(os.path.dirname(broken))
    with open(broken, "w") as file:
        file.write("<domain")
    daemon.start()
    expect_in("Domain-0", daemon.virsh("list", "--name"))
    assert os.path.exists(broken)
    expect_in("rubbish", daemon.log())


run()
