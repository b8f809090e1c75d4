#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""oVirt's VDSM as a client: the calls that it makes through libvirt's Python binding, in its
order and with its XML. Each test goes on where the one before it ended.

VDSM itself has qemu:///system and <domain type='kvm'> built in; what is different here is
the URI and the type.
"""

import os
import uuid
import xml.etree.ElementTree as ElementTree

import libvirt

from agent import CHANNEL, RealAgent
from fixture import expect_equal, expect_in, run, shared, test, wait_for
from guests import connection

IDENTITY = str(uuid.uuid4())
NAME = "ovirt-vm"
VM_URI = "http://ovirt.org/vm/1.0"
DISK, SECOND, NIC, OTHER_NIC = ("ua-%s" % uuid.uuid4() for _ in range(4))
MAC = "56:6f:5a:11:00:01"

# As Engine writes it: elements in its order, the target of a channel before its source.
DOMAIN = """<?xml version="1.0" encoding="UTF-8"?>
<domain type="xen" xmlns:ovirt-tune="http://ovirt.org/vm/tune/1.0" xmlns:ovirt-vm="%(uri)s">
  <name>%(name)s</name>
  <uuid>%(uuid)s</uuid>
  <memory>131072</memory>
  <currentMemory>131072</currentMemory>
  <vcpu current="1">4</vcpu>
  <clock offset="variable" adjustment="0"/>
  <devices>
    <controller type="usb" model="qusb2" index="0"/>
    <controller type="virtio-serial" index="0" ports="16"/>
    <channel type="unix">
      <target type="virtio" name="ovirt-guest-agent.0"/>
      <source mode="bind" path="%(channels)s/%(uuid)s.ovirt-guest-agent.0"/>
    </channel>
    <channel type="unix">
      <target type="virtio" name="org.qemu.guest_agent.0"/>
      <source mode="bind" path="%(channels)s/%(uuid)s.org.qemu.guest_agent.0"/>
    </channel>
    <console type="pty"><target type="xen" port="0"/></console>
    <memballoon model="xen"/>
    <interface type="bridge">
      <mac address="%(mac)s"/>
      <source bridge="ovirtmgmt"/>
      <alias name="%(nic)s"/>
    </interface>
    <disk type="file" device="disk" snapshot="no">
      <target dev="xvda" bus="xen"/>
      <source file="/rhev/data-center/disk"/>
      <driver name="qemu" type="raw" cache="none"/>
      <alias name="%(disk)s"/>
    </disk>
  </devices>
  <os><type machine="xenpv">linux</type><kernel>/boot/guest-kernel</kernel></os>
  <metadata>
    <ovirt-tune:qos/>
    <ovirt-vm:vm><ovirt-vm:minGuaranteedMemoryMb type="int">128</ovirt-vm:minGuaranteedMemoryMb></ovirt-vm:vm>
  </metadata>
</domain>"""

# libvirtconnection.py registers these, in this order.
EVENTS = tuple(getattr(libvirt, "VIR_DOMAIN_EVENT_ID_" + name) for name in (
    "LIFECYCLE", "REBOOT", "RTC_CHANGE", "IO_ERROR_REASON", "GRAPHICS", "BLOCK_JOB_2", "WATCHDOG", "JOB_COMPLETED",
    "DEVICE_REMOVED", "BLOCK_THRESHOLD", "AGENT_LIFECYCLE"))


class Session:
    """What VDSM keeps: one connection, the events that came, the domain."""

    def __init__(self):
        self.events = []
        self.connection = connection(shared())
        self.domain = None

    def on_event(self, _connection, domain, *arguments):
        self.events.append((arguments[-1], domain.UUIDString(), arguments[:-1]))

    def wait_for(self, event, *arguments):
        wait_for("an event of kind %d" % event, lambda: any(
            seen == (event, IDENTITY, arguments + seen[2][len(arguments):]) for seen in self.events))


the_session = None


def session():
    global the_session
    if the_session is None:
        the_session = Session()
    return the_session


@test
def it_connects_and_registers_for_its_events():
    host = session().connection
    expect_equal(host.setKeepAlive(60, 3), 0)
    for event in EVENTS:
        assert host.domainEventRegisterAny(None, event, session().on_event, event) >= 0, event
    assert host.getLibVersion() >= 9000000


@test
def it_asks_what_the_host_can_do():
    host = session().connection
    capabilities = ElementTree.fromstring(host.getCapabilities())
    assert capabilities.find("host/cpu/arch") is not None
    expect_in("xen", [domain.get("type") for domain in capabilities.iterfind("guest/arch/domain")])
    expect_equal(len(host.getInfo()), 8)
    domains = host.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT)
    expect_equal([domain.name() for domain in domains], ["Domain-0"])


@test
def it_defines_and_starts_a_domain():
    os.makedirs(shared().path("channels"))
    xml = DOMAIN % {"uri": VM_URI, "name": NAME, "uuid": IDENTITY, "channels": shared().path("channels"), "mac": MAC,
                    "nic": NIC, "disk": DISK}
    domain = session().domain = session().connection.defineXML(xml)
    expect_equal(domain.createWithFlags(libvirt.VIR_DOMAIN_NONE), 0)
    session().wait_for(libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, libvirt.VIR_DOMAIN_EVENT_STARTED,
                       libvirt.VIR_DOMAIN_EVENT_STARTED_BOOTED)
    expect_equal((domain.UUIDString(), domain.name(), domain.isActive()), (IDENTITY, NAME, 1))
    expect_equal(domain.state(0)[0], libvirt.VIR_DOMAIN_RUNNING)


@test
def it_reads_the_devices_back():
    root = ElementTree.fromstring(session().domain.XMLDesc(0))
    paths = {channel.find("target").get("name"): channel.find("source").get("path")
             for channel in root.iterfind("devices/channel")}
    for name in ("ovirt-guest-agent.0", CHANNEL):
        expect_equal(paths[name], shared().path("channels/%s.%s" % (IDENTITY, name)))
        assert os.path.exists(paths[name])
    expect_equal([alias.get("name") for alias in root.iterfind("devices/disk/alias")], [DISK])
    expect_equal([alias.get("name") for alias in root.iterfind("devices/interface/alias")], [NIC])
    assert root.find("devices/disk/driver").get("cache") == "none"


@test
def it_keeps_its_metadata_with_the_domain():
    domain = session().domain
    text = domain.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, VM_URI, 0)
    expect_in("minGuaranteedMemoryMb", text)


@test
def it_waits_for_the_agent_and_then_talks_to_it():
    domain = session().domain
    with RealAgent(shared(), NAME):
        session().wait_for(libvirt.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
                           libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED)
        domain.agentSetResponseTimeout(10, 0)
        info = domain.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_OS | libvirt.VIR_DOMAIN_GUEST_INFO_HOSTNAME, 0)
        expect_in("hostname", info)
        expect_in("os.id", info)
        assert domain.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT, 0)
        assert domain.guestVcpus(0)


@test
def it_plugs_a_disk_and_an_interface():
    domain = session().domain
    disk = ("<disk device='disk' snapshot='no' type='file'><source file='/rhev/second'/><target bus='xen' dev='xvdb'/>"
            "<serial>%s</serial><driver cache='none' name='qemu' type='raw'/><alias name='%s'/></disk>"
            % (SECOND[3:], SECOND))
    nic = ("<interface type='bridge'><mac address='56:6f:5a:11:00:02'/><source bridge='ovirtmgmt'/>"
           "<alias name='%s'/></interface>" % OTHER_NIC)
    for xml, alias in ((disk, SECOND), (nic, OTHER_NIC)):
        expect_equal(domain.attachDevice(xml), 0)
        expect_in(alias, domain.XMLDesc(0))
    for xml, alias in ((disk, SECOND), (nic, OTHER_NIC)):
        expect_equal(domain.detachDevice(xml), 0)
        session().wait_for(libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, alias)
        assert alias not in domain.XMLDesc(0)


@test
def it_plugs_by_alias():
    domain = session().domain
    expect_equal(domain.detachDeviceAlias(NIC, libvirt.VIR_DOMAIN_AFFECT_LIVE), 0)
    session().wait_for(libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, NIC)


@test
def it_pauses_and_resumes():
    domain = session().domain
    domain.suspend()
    session().wait_for(libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, libvirt.VIR_DOMAIN_EVENT_SUSPENDED)
    expect_equal(domain.state(0)[0], libvirt.VIR_DOMAIN_PAUSED)
    domain.resume()
    session().wait_for(libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, libvirt.VIR_DOMAIN_EVENT_RESUMED)


@test
def it_finds_its_domains_again_after_it_or_the_daemon_restarted():
    daemon = shared()
    daemon.kill()
    daemon.start()
    the_session.connection = connection(shared())
    for event in EVENTS:
        the_session.connection.domainEventRegisterAny(None, event, the_session.on_event, event)
    found = the_session.connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
    the_session.domain = next(domain for domain in found if domain.UUIDString() == IDENTITY)
    expect_equal(the_session.connection.lookupByUUIDString(IDENTITY).name(), NAME)
    expect_in("minGuaranteedMemoryMb", the_session.domain.XMLDesc(0))


@test
def it_shuts_down_and_undefines():
    domain = session().domain
    session().events.clear()
    domain.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_PARAVIRT)
    session().wait_for(libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, libvirt.VIR_DOMAIN_EVENT_STOPPED,
                       libvirt.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN)
    domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
    session().wait_for(libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, libvirt.VIR_DOMAIN_EVENT_UNDEFINED)
    try:
        session().connection.lookupByUUIDString(IDENTITY)
    except libvirt.libvirtError as error:
        expect_equal(error.get_error_code(), libvirt.VIR_ERR_NO_DOMAIN)
    else:
        raise AssertionError("it is still there")


run()
