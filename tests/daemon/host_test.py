#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the host is and what guests on it can have, by stock virsh and libvirt-python."""

import os
import subprocess
import xml.etree.ElementTree as ElementTree

import libvirt

from fixture import Daemon, expect_equal, expect_in, run, shared, test
from guests import connection, fails

CPUS = 8
SCHEMA = "/usr/share/libvirt/schemas/%s.rng"
# As the Xen driver of libvirt 9.0 names them.
DEVICES = {"disk": ["diskDevice", "bus", "model"], "graphics": ["type"], "video": ["modelType"],
           "hostdev": ["mode", "startupPolicy", "subsysType", "capsType", "pciBackend"], "channel": ["type"]}
FIRMWARE = {"bios_vendor": "Vendor & Sons\n", "bios_date": "04/01/2014\n", "product_name": "Machine \xff\x01\n",
            "product_uuid": "11f8a04c-7ae1-4d8f-a3a1-f1ea1d8a2f1e\n", "board_asset_tag": "\n", "chassis_vendor": "Vendor\n"}


def validate(xml, schema):
    checked = subprocess.run(["xmllint", "--noout", "--relaxng", SCHEMA % schema, "-"], input=xml, text=True,
                             capture_output=True, timeout=30)
    expect_equal((checked.returncode, checked.stderr.strip()), (0, "- validates"))


@test
def each_guest_of_the_capabilities_has_capabilities_of_its_own():
    host = connection(shared())
    guests = ElementTree.fromstring(host.getCapabilities()).findall("guest/arch")
    assert guests
    for arch in guests:
        name, machine = arch.get("name"), arch.findtext("machine")
        text = host.getDomainCapabilities(None, name, machine, "xen")
        validate(text, "domaincaps")
        xml = ElementTree.fromstring(text)
        expect_equal([xml.findtext(one) for one in ("path", "domain", "machine", "arch")],
                     [arch.findtext("emulator"), "xen", machine, name])
        expect_equal(xml.find("vcpu").get("max"), "512" if machine == "xenpv" else "128")
        expect_equal(xml.findtext("os/loader/value"), arch.findtext("loader"))
        devices = {device.tag: [enum.get("name") for enum in device] for device in xml.find("devices")}
        if machine == "xenpvh":
            assert "hostdev" not in devices
            devices["hostdev"] = DEVICES["hostdev"]
        expect_equal(devices, DEVICES)


@test
def without_arguments_it_is_a_pv_guest_of_the_hosts_architecture():
    host = connection(shared())
    expect_equal(host.getDomainCapabilities(), host.getDomainCapabilities(None, "x86_64", "xenpv", "xen"))
    expect_in("<value>tcp</value>", shared().virsh("domcapabilities"))
    expect_in("<path>/opt/qemu</path>", shared().virsh("domcapabilities", "--emulatorbin", "/opt/qemu"))


@test
def guests_that_can_not_be_have_none():
    host = connection(shared())
    for arguments in ((None, "aarch64"), (None, "nonsense"), (None, None, "pc"), (None, None, ""), (None, "", None),
                      (None, None, None, "kvm"), (None, None, None, ""), (None, None, None, None, 1)):
        fails(libvirt.VIR_ERR_INVALID_ARG, host.getDomainCapabilities, *arguments)


@test
def what_the_firmware_says():
    daemon = Daemon()
    os.makedirs(daemon.path("sys/class/dmi/id"))
    for name, value in FIRMWARE.items():
        with open(daemon.path("sys/class/dmi/id/" + name), "wb") as file:
            file.write(value.encode("latin-1"))
    text = daemon.virsh("sysinfo")
    expect_equal([(block.tag, entry.get("name"), entry.text) for block in ElementTree.fromstring(text) for entry in block],
                 [("bios", "vendor", "Vendor & Sons"), ("bios", "date", "04/01/2014"),
                  ("system", "product", "Machine \ufffd"), ("system", "uuid", FIRMWARE["product_uuid"].strip()),
                  ("chassis", "manufacturer", "Vendor")])
    expect_equal(ElementTree.fromstring(text).get("type"), "smbios")


@test
def a_machine_that_says_nothing():
    fails(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, connection(shared()).getSysinfo)
    fails(libvirt.VIR_ERR_INVALID_ARG, connection(shared()).getSysinfo, 1)


@test
def its_cpus_are_all_online():
    host = connection(shared())
    expect_equal(host.getCPUMap(), (CPUS, [True] * CPUS, CPUS))
    expect_in("CPU map: yyyyyyyy", " ".join(shared().virsh("nodecpumap").split()))
    fails(libvirt.VIR_ERR_INVALID_ARG, host.getCPUMap, 1)


@test
def its_cpus_are_in_nodes():
    topology = ElementTree.fromstring(connection(shared()).getCapabilities()).find("host/topology")
    cell, = topology.findall("cells/cell")
    expect_equal((cell.get("id"), cell.findtext("memory")), ("0", str(16 << 20)))
    expect_equal([one.attrib for one in cell.findall("distances/sibling")], [{"id": "0", "value": "10"}])
    expect_equal([(one.get("id"), one.get("core_id"), one.get("siblings")) for one in cell.findall("cpus/cpu")][:3],
                 [("0", "0", "0-1"), ("1", "0", "0-1"), ("2", "1", "2-3")])
    expect_equal(len(cell.findall("cpus/cpu")), CPUS)


@test
def it_has_no_security_model():
    expect_equal(connection(shared()).getSecurityModel(), ["", ""])


@test
def its_memory_is_counted():
    host = connection(shared())
    total, free = 16 << 20, host.getFreeMemory() >> 10
    for cell in (0, libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS):
        expect_equal(host.getMemoryStats(cell), {"total": total, "free": free})
    expect_in("free", shared().virsh("nodememstats"))
    for cell, flags in ((1, 0), (-2, 0), (0, 1)):
        fails(libvirt.VIR_ERR_INVALID_ARG, host.getMemoryStats, cell, flags)


@test
def free_pages_are_small_ones():
    host = connection(shared())
    expect_equal(host.getFreePages([4], 0, 1), {0: {4: host.getFreeMemory() >> 12}})
    expect_in("4KiB", shared().virsh("freepages", "--cellno", "0", "--pagesize", "4"))
    fails(libvirt.VIR_ERR_OPERATION_FAILED, host.getFreePages, [2048], 0, 1)
    for first, cells, flags in ((1, 1, 0), (0, 2, 0), (-1, 1, 0), (0, 1, 1)):
        fails(libvirt.VIR_ERR_INVALID_ARG, host.getFreePages, [4], first, cells, flags)
    fails(libvirt.VIR_ERR_RPC, host.getFreePages, [4] * 1024, 0, 2)


run()
