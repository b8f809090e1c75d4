#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""CloudStack's agent as a client: its XML, the order of its calls, and the texts that it
matches. Each test goes on where the one before it ended.

The agent itself is Java; through libvirt-java it calls the same client library as
libvirt-python, and virsh where it says so here. What is different is the URI, which it takes
from hypervisor.uri, and <domain type='kvm'>.
"""

import json
import os
import uuid
import xml.etree.ElementTree as ElementTree

import libvirt

from agent import FakeAgent
from fixture import connect, expect_equal, expect_in, read_exactly, run, shared, test, wait_for
from guests import connection

NAME = "i-2-7-VM"
IDENTITY = str(uuid.uuid4())
MAC = "06:4c:b2:00:00:0f"
AGENT = "org.qemu.guest_agent.0"
# Flags of the XML that it asks for: none, secure, migratable.
XML_FLAGS = (0, 1, 8)

DOMAIN = """<domain type='xen'>
<name>%(name)s</name>
<uuid>%(uuid)s</uuid>
<description>Debian GNU/Linux 12 (64-bit)</description>
<clock offset='utc'></clock>
<features><pae/><apic/><acpi/></features>
<devices>
<emulator>/usr/libexec/xen-qemu-system-i386</emulator>
<interface type='bridge'>
<source bridge='cloudbr1'/>
<mac address='%(mac)s'/>
<model type='e1000'/>
</interface>
<serial type='pty'><target port='0'/></serial>
<graphics type='vnc' autoport='yes' listen='127.0.0.1' passwd='zxcvbnma'/>
<disk device='disk' type='file'>
<driver name='qemu' type='qcow2' cache='none' />
<source file='/mnt/pool/root'/>
<target dev='hda' bus='ide'/>
<serial>38f2a2d7</serial></disk>
<disk device='cdrom' type='file'>
<driver name='qemu' type='raw' />
<source file=''/>
<target dev='hdc' bus='ide'/>
</disk>
<console type='pty'><target port='0'/></console>
<channel type='unix'>
<source mode='bind' path='%(socket)s'/>
<address type='virtio-serial'/>
<target type='virtio' name='%(agent)s'/></channel>
<input type='tablet' bus='usb'/>
</devices>
<memory>131072</memory>
<vcpu>1</vcpu>
<os><type machine='xenfv'>hvm</type><boot dev='cdrom'/><boot dev='hd'/></os>
<on_reboot>restart</on_reboot><on_poweroff>destroy</on_poweroff><on_crash>destroy</on_crash>
</domain>"""

the_connection = None


def host():
    global the_connection
    if the_connection is None:
        the_connection = connection(shared())
    return the_connection


def socket_path(name=NAME):
    return shared().path("agents/%s.%s" % (name, AGENT))


def xml():
    return DOMAIN % {"name": NAME, "uuid": IDENTITY, "mac": MAC, "socket": socket_path(), "agent": AGENT}


def message_of(call):
    try:
        call()
    except libvirt.libvirtError as error:
        return str(error)
    raise AssertionError("it succeeds")


def agent_command(text, *arguments):
    return json.loads(shared().virsh("qemu-agent-command", NAME, text, *arguments))


@test
def it_asks_what_the_host_is():
    assert host().getVersion() >= 4000000
    assert host().getLibVersion() >= 9000000
    assert host().getHostname()
    expect_in("xen:///system", host().getURI())
    capabilities = ElementTree.fromstring(host().getCapabilities())
    expect_equal(capabilities.find("host/cpu/arch").text, "x86_64")
    expect_in("hvm", [kind.text for kind in capabilities.iterfind("guest/os_type")])
    model, memory, cpus, *_ = host().getInfo()
    assert model and memory > 0 and cpus > 0


@test
def it_looks_which_domains_there_are():
    expect_equal([host().lookupByID(number).name() for number in host().listDomainsID()], ["Domain-0"])
    expect_equal(host().listDefinedDomains(), [])


@test
def a_domain_that_is_not_there_is_told_in_the_words_it_looks_for():
    assert message_of(lambda: host().lookupByName(NAME)).startswith("Domain not found")
    assert message_of(lambda: host().lookupByUUIDString(IDENTITY)).startswith("Domain not found")


@test
def it_starts_a_transient_domain():
    os.makedirs(os.path.dirname(socket_path()))
    domain = host().createXML(xml(), 0)
    expect_equal((domain.name(), domain.isPersistent(), domain.isActive()), (NAME, 0, 1))
    expect_equal(domain.info()[0], libvirt.VIR_DOMAIN_RUNNING)
    assert os.path.exists(socket_path())


@test
def it_parses_the_xml_that_it_gets():
    domain = host().lookupByName(NAME)
    for flags in XML_FLAGS:
        root = ElementTree.fromstring(domain.XMLDesc(flags))
        disks = {disk.find("target").get("dev"): disk for disk in root.iterfind("devices/disk")}
        expect_equal(disks["hda"].find("source").get("file"), "/mnt/pool/root")
        expect_equal((disks["hda"].find("driver").get("type"), disks["hda"].find("serial").text), ("qcow2", "38f2a2d7"))
        expect_equal(disks["hdc"].get("device"), "cdrom")
        interface = root.find("devices/interface")
        expect_equal((interface.find("mac").get("address"), interface.find("source").get("bridge"),
                      interface.find("model").get("type")), (MAC, "cloudbr1", "e1000"))
        assert root.find("devices/graphics").get("port")
        expect_equal(root.find("devices/channel/source").get("path"), socket_path())
    expect_in("zxcvbnma", domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE))
    assert "zxcvbnma" not in domain.XMLDesc(0)


@test
def an_agent_that_is_not_there_is_told_in_the_words_it_looks_for():
    text = shared().virsh_fails("qemu-agent-command", NAME, '{"execute":"guest-ping"}')
    expect_in("QEMU guest agent is not connected", text)


@test
def it_talks_to_the_guests_agent_through_virsh():
    answers = {"guest-file-open": 1000, "guest-file-write": {"count": 3, "eof": False},
               "guest-network-get-interfaces": [
                   {"name": "eth0", "hardware-address": MAC,
                    "ip-addresses": [{"ip-address-type": "ipv4", "ip-address": "10.1.1.7", "prefix": 24}]}]}
    with FakeAgent(shared(), NAME, answers):
        expect_equal(agent_command('{"execute":"guest-ping"}'), {"return": {}})
        # Compared as a text, byte for byte.
        expect_equal(shared().virsh("qemu-agent-command", NAME,
                                    '{"execute":"guest-sync", "arguments":{"id":1234567890}}'), '{"return":1234567890}')
        opened = agent_command('{"execute":"guest-file-open","arguments":{"path":"/var/cache/cloud/x","mode":"w+"}}')
        expect_equal(opened, {"return": 1000})
        agent_command('{"execute":"guest-file-write","arguments":{"handle":1000,"buf-b64":"YWJj"}}')
        agent_command('{"execute":"guest-file-close","arguments":{"handle":1000}}')
        expect_in("10.1.1.7/24", shared().virsh("domifaddr", NAME, "--source", "agent"))


@test
def it_attaches_an_iso_and_takes_it_out():
    domain = host().lookupByName(NAME)
    cdrom = ("<disk device='cdrom' type='file'><driver name='qemu' type='raw'/>%s<target dev='hdc' bus='ide'/></disk>")
    for source, expected in (("<source file='/mnt/iso/tools.iso'/>", "/mnt/iso/tools.iso"), ("", None)):
        domain.updateDeviceFlags(cdrom % source, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        disks = ElementTree.fromstring(domain.XMLDesc(0)).iterfind("devices/disk[@device='cdrom']")
        sources = [disk.find("source") for disk in disks]
        expect_equal([found.get("file") if found is not None else None for found in sources], [expected])


@test
def it_attaches_a_volume_and_an_interface():
    domain = host().lookupByName(NAME)
    volume = ("<disk device='disk' type='file'><driver name='qemu' type='raw' cache='none' /><source file='/mnt/pool/data'/>"
              "<target dev='xvdb' bus='xen'/><serial>c0ffee</serial></disk>")
    interface = "<interface type='bridge'><source bridge='cloudbr0'/><mac address='06:4c:b2:00:00:10'/></interface>"
    for device, mark in ((volume, "c0ffee"), (interface, "06:4c:b2:00:00:10")):
        domain.attachDevice(device)
        expect_in(mark, domain.XMLDesc(0))
        domain.detachDevice(device)
        assert mark not in domain.XMLDesc(0)


@test
def it_suspends_and_resumes():
    domain = host().lookupByName(NAME)
    domain.suspend()
    expect_equal(domain.info()[0], libvirt.VIR_DOMAIN_PAUSED)
    domain.resume()
    expect_equal(domain.info()[0], libvirt.VIR_DOMAIN_RUNNING)


@test
def it_stops_the_domain_and_looks_until_it_has_gone():
    domain = host().lookupByName(NAME)
    expect_equal((domain.isPersistent(), domain.isActive()), (0, 1))
    domain.shutdown()
    wait_for("the domain to be gone", lambda: NAME not in [found.name() for found in host().listAllDomains()])
    assert message_of(lambda: host().lookupByName(NAME)).startswith("Domain not found")
    assert not os.path.exists(socket_path())


@test
def it_undefines_what_is_left_of_a_name_before_it_starts_it():
    host().defineXML(xml())
    old = host().lookupByName(NAME)
    expect_equal((old.isPersistent(), old.isActive()), (1, 0))
    old.undefine()
    new = host().createXML(xml(), 0)
    new.destroy()
    assert message_of(lambda: host().lookupByName(NAME)).startswith("Domain not found")


@test
def what_an_older_agent_writes_into_a_socket_and_leaves_is_there_for_the_guest():
    name = "s-4-VM"
    path = shared().path("agents/%s.agent" % name)
    shared().running(name, devices="<channel type='unix'><source mode='bind' path='%s'/><target type='virtio' "
                                   "name='%s.vport'/><address type='virtio-serial'/></channel>" % (path, name))
    said = b"cmdline:%template=domP type=secstorage\npubkey:ssh-rsa AAAA\n"
    with connect(path) as client:
        client.sendall(said)
    end = shared().guest_end(name, name + ".vport")
    expect_equal(read_exactly(end, len(said)), said)
    os.close(end)
    shared().remove(name)


run()
