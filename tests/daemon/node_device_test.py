#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices of the host: found, taken from their drivers for guests, given back."""

import os
from xml.etree import ElementTree

import libvirt
from fixture import domain_xml, expect_equal, expect_in, run, shared, test

BRIDGE, DISK = "pci_0000_00_02_0", "pci_0000_03_1f_2"
HOSTDEV = ("<hostdev mode='subsystem' type='pci'><source>"
           "<address domain='0x0000' bus='0x03' slot='0x1f' function='0x2'/></source></hostdev>")


def make(daemon):
    """A disk controller behind a bridge, as the kernel shows them."""
    devices, bus = daemon.path("sys/devices/pci0000:00/0000:00:02.0"), daemon.path("sys/bus/pci/devices")
    if os.path.exists(bus):
        return
    os.makedirs(bus)
    for path, device, driver in ((devices, "0x3420", "pcieport"), (devices + "/0000:03:1f.2", "0x2922", "ahci")):
        os.makedirs(path)
        for name, text in (("class", "0x010601"), ("vendor", "0x8086"), ("device", device), ("reset", "")):
            with open(os.path.join(path, name), "w") as file:
                file.write(text + "\n")
        os.symlink("../../drivers/" + driver, os.path.join(path, "driver"))
        os.symlink(path, os.path.join(bus, os.path.basename(path)))


def host():
    daemon = shared()
    make(daemon)
    return daemon


def driver(daemon):
    return ElementTree.fromstring(daemon.virsh("nodedev-dumpxml", DISK)).findtext("driver/name")


@test
def pci_devices_are_listed():
    daemon = host()
    expect_equal(daemon.virsh("nodedev-list").split(), [BRIDGE, DISK])
    expect_equal(daemon.virsh("nodedev-list", "--cap", "pci").split(), [BRIDGE, DISK])
    expect_equal(daemon.virsh("nodedev-list", "--cap", "net").split(), [])
    expect_in("+- " + DISK, daemon.virsh("nodedev-list", "--tree"))
    connection = libvirt.open(daemon.uri())
    expect_equal(connection.listDevices("pci"), [BRIDGE, DISK])
    expect_equal((connection.numOfDevices(None), connection.numOfDevices("net")), (2, 0))
    connection.close()


@test
def the_xml_says_where_and_what_it_is():
    root = ElementTree.fromstring(host().virsh("nodedev-dumpxml", DISK))
    expect_equal((root.findtext("name"), root.findtext("parent"), root.findtext("driver/name")), (DISK, BRIDGE, "ahci"))
    expect_in("/sys/devices/pci0000:00/0000:00:02.0/0000:03:1f.2", root.findtext("path"))
    pci = root.find("capability[@type='pci']")
    expect_equal([pci.findtext(name) for name in ("class", "domain", "bus", "slot", "function")],
                 ["0x010601", "0", "3", "31", "2"])
    expect_equal((pci.find("product").get("id"), pci.find("vendor").get("id")), ("0x2922", "0x8086"))


@test
def a_device_is_taken_from_its_driver_and_given_back_by_virsh():
    daemon = host()
    daemon.virsh("nodedev-detach", DISK)
    expect_equal(driver(daemon), "pciback")
    daemon.virsh("nodedev-detach", DISK, "--driver", "xen")
    daemon.virsh("nodedev-reset", DISK)
    with open(daemon.path("sys/bus/pci/devices/0000:03:1f.2/reset")) as file:
        expect_equal(file.read()[0], "1")
    daemon.virsh("nodedev-reattach", DISK)
    expect_equal(driver(daemon), "ahci")


@test
def and_by_python():
    daemon = host()
    connection = libvirt.open(daemon.uri())
    device = connection.nodeDeviceLookupByName(DISK)
    expect_equal((device.name(), device.parent(), device.listCaps(), device.numOfCaps()), (DISK, BRIDGE, ["pci"], 1))
    expect_equal(connection.nodeDeviceLookupByName(BRIDGE).parent(), None)
    device.dettach()
    expect_equal(driver(daemon), "pciback")
    device.reAttach()
    expect_equal(driver(daemon), "ahci")
    connection.close()


@test
def what_a_guest_has_stays_with_it():
    daemon = host()
    daemon.virsh("create", daemon.file("passed.xml", domain_xml("passed", devices=HOSTDEV)))
    for command in ("nodedev-detach", "nodedev-reattach", "nodedev-reset"):
        expect_in("in use by domain 'passed'", daemon.virsh_fails(command, DISK))
    daemon.virsh("destroy", "passed")
    daemon.virsh("nodedev-reset", DISK)


@test
def what_is_not_there_or_cannot_be_is_an_error():
    daemon = host()
    for name in ("pci_0000_09_00_0", "pci_0000_00_1f_8", "net_eth0", "../../..", "computer"):
        expect_in("no node device with matching name '%s'" % name, daemon.virsh_fails("nodedev-dumpxml", name))
    expect_in("unsupported driver name 'vfio'", daemon.virsh_fails("nodedev-detach", DISK, "--driver", "vfio"))
    expect_in("read only access", daemon.virsh_fails("nodedev-detach", DISK, readonly=True))
    daemon.ctl("fail", "set_assignable", "1")
    expect_in("set_assignable", daemon.virsh_fails("nodedev-detach", DISK))
    expect_equal(driver(daemon), "ahci")


run()
