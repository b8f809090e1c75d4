#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What of a definition Xen can provide: everything is defined and given back, and a
start either means what was written or fails and names the element."""

import libvirt

from fixture import domain_xml, expect_equal, expect_in, run, shared, test

libvirt.registerErrorHandler(lambda context, error: None, None)

PCI = """<hostdev mode='subsystem' type='pci' managed='yes'>
  <source><address domain='0' bus='3' slot='0' function='0'/></source>
</hostdev>"""
REFUSED = {
    "tpm": "<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>",
    "vsock": "<vsock model='virtio'><cid auto='yes'/></vsock>",
    "watchdog": "<watchdog model='i6300esb' action='reset'/>",
    "shmem": "<shmem name='s'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>",
    "vlan": "<interface type='bridge'><source bridge='br0'/><vlan><tag id='4'/></vlan></interface>",
}
REFUSED_ELEMENTS = {
    "vcpusched": "<cputune><vcpusched vcpus='0' scheduler='fifo' priority='1'/></cputune>",
}
TWO_SOURCES = """<disk type='file'>
  <source file='/first'/>
  <source file='/second'/>
  <target dev='xvda'/>
</disk>"""
LEFT_OUT = """<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<panic model='isa'/>"""


def is_kept_and_refused_at_start(element, **parts):
    host = libvirt.open(shared().uri())
    domain = host.defineXML(domain_xml("refused", **parts))
    expect_in("<" + element, domain.XMLDesc())
    try:
        domain.create()
    except libvirt.libvirtError as error:
        expect_equal(error.get_error_code(), libvirt.VIR_ERR_CONFIG_UNSUPPORTED)
        expect_in("<%s>" % element, error.get_error_message())
    else:
        raise AssertionError("it starts with <%s>" % element)
    domain.undefine()
    host.close()


@test
def what_xen_cannot_provide_is_kept_and_refused_at_start():
    for element, text in REFUSED.items():
        is_kept_and_refused_at_start(element, devices=text)
    for element, text in REFUSED_ELEMENTS.items():
        is_kept_and_refused_at_start(element, elements=text)


@test
def what_does_no_harm_is_left_out():
    daemon = shared()
    daemon.running("left-out", devices=LEFT_OUT)
    expect_in("<rng model='virtio'>", daemon.virsh("dumpxml", "left-out"))
    daemon.remove("left-out")


@test
def a_device_of_the_host_is_started_with():
    daemon = shared()
    daemon.running("passthrough", devices=PCI)
    expect_in("<driver name='xen'/>", daemon.virsh("dumpxml", "passthrough"))
    daemon.remove("passthrough")


@test
def the_second_of_what_counts_once_is_named_in_the_log():
    daemon = shared()
    daemon.define("two-sources", devices=TWO_SOURCES)
    text = daemon.virsh("dumpxml", "two-sources")
    expect_in("<source file='/first'/>", text)
    assert "/second" not in text, text
    expect_in("domain 'two-sources': one of several <source> in <disk> counts", daemon.log())
    daemon.remove("two-sources")


@test
def what_is_in_two_lists_of_devices_is_there():
    daemon = shared()
    daemon.define("two-lists", elements="<devices>%s</devices>" % LEFT_OUT, devices=PCI)
    text = daemon.virsh("dumpxml", "two-lists")
    for device in ("<rng", "<panic", "<hostdev"):
        expect_in(device, text)
    daemon.remove("two-lists")


run()
