#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks, interfaces and controllers that come and go while a domain runs: by virsh and
libvirt-python, on the simulated host."""

import xml.etree.ElementTree as ElementTree

import libvirt

from fixture import Daemon, expect_equal, expect_in, run, shared, test, wait_for
from guests import Guest, connection, fail_at_each_call

BOTH = ("--live", "--config")
CHANGED = libvirt.VIR_DOMAIN_AFFECT_LIVE | libvirt.VIR_DOMAIN_AFFECT_CONFIG
MAC = "00:16:3e:11:22:33"
ROOT = "<disk type='block' device='disk'><driver name='phy'/><source dev='/dev/root'/><target dev='xvda' bus='xen'/></disk>"
NIC = "<interface type='bridge'><mac address='%s'/><source bridge='xenbr0'/></interface>"
CDROM = ("<disk type='file' device='cdrom'><source file='/one.iso'/><target dev='hdc' bus='ide'/>"
         "<readonly/></disk>")
HVM = """<domain type='xen'><name>%s</name><memory unit='KiB'>131072</memory><vcpu>1</vcpu>
<os><type machine='xenfv'>hvm</type></os><devices>%s</devices></domain>"""


def disk(target="xvdb", path="/data.img", bus="xen", more=""):
    return ("<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/>"
            "<target dev='%s' bus='%s'/>%s</disk>" % (path, target, bus, more))


def devices(daemon, name, element, *flags):
    root = ElementTree.fromstring(daemon.virsh("dumpxml", name, *flags))
    return root.findall("devices/" + element)


def targets(daemon, name, *flags):
    return [device.find("target").get("dev") for device in devices(daemon, name, "disk", *flags)]


def macs(daemon, name, *flags):
    return [device.find("mac").get("address") for device in devices(daemon, name, "interface", *flags)]


def on_host(daemon, name):
    """What the host has of it, as "disk xvda" -> what is behind it."""
    found, is_ours = {}, False
    for line in daemon.ctl("list").splitlines():
        if not line.startswith("\t"):
            is_ours = line.split("\t")[1] == name
        elif is_ours and not line.startswith("\tchannel"):
            device, behind = line.strip().split("\t")
            found[device] = behind
    return found


def status(daemon, name):
    """Targets of the disks that the next daemon would know of."""
    root = ElementTree.parse(daemon.path("run/libvirt/libxl/%s.xml" % name))
    return [target.get("dev") for target in root.iterfind(".//devices/disk/target")]


def hvm(daemon, name, xml=CDROM):
    daemon.virsh("define", daemon.file("hvm.xml", HVM % (name, xml)))
    daemon.virsh("start", name)


# Disks


@test
def a_disk_comes_and_goes_by_virsh():
    daemon = shared()
    with Guest(daemon, "virsh-disk", ROOT):
        daemon.virsh("attach-disk", "virsh-disk", "/data.img", "xvdb", "--driver", "qemu", "--subdriver", "raw")
        expect_equal(on_host(daemon, "virsh-disk"), {"disk xvda": "/dev/root", "disk xvdb": "/data.img"})
        expect_in("xvdb   /data.img", daemon.virsh("domblklist", "virsh-disk"))
        expect_equal(targets(daemon, "virsh-disk", "--inactive"), ["xvda"])
        daemon.virsh("detach-disk", "virsh-disk", "xvdb")
        expect_equal(on_host(daemon, "virsh-disk"), {"disk xvda": "/dev/root"})
        expect_equal(targets(daemon, "virsh-disk"), ["xvda"])
        expect_equal(status(daemon, "virsh-disk"), ["xvda"])


@test
def a_disk_in_the_definition_and_in_what_runs():
    daemon = shared()
    with Guest(daemon, "both-disk", ROOT) as guest:
        guest.attach(disk(), *BOTH)
        expect_equal(targets(daemon, "both-disk"), ["xvda", "xvdb"])
        expect_equal(targets(daemon, "both-disk", "--inactive"), ["xvda", "xvdb"])
        expect_in("/data.img", open(daemon.path("etc/libvirt/libxl/both-disk.xml")).read())
        guest.detach(disk(), *BOTH)
        expect_equal(targets(daemon, "both-disk"), ["xvda"])
        expect_equal(targets(daemon, "both-disk", "--inactive"), ["xvda"])
        guest.attach(disk("xvdc"), "--config")
        expect_equal(targets(daemon, "both-disk"), ["xvda"])
        expect_equal(targets(daemon, "both-disk", "--inactive"), ["xvda", "xvdc"])


@test
def what_a_start_would_refuse_of_a_disk_is_refused():
    daemon = shared()
    with Guest(daemon, "no-disk", ROOT) as guest:
        for xml, words in ((disk("xvda"), "already has a disk 'xvda'"),
                           (disk("hdb", bus="ide"), "bus 'ide'"),
                           (disk("vdb", bus="virtio"), "bus 'virtio'"),
                           (disk().replace("'qemu' type='raw'", "'phy' type='qcow2'"), "qcow2"),
                           (disk(more="<transient/>"), "transient"),
                           ("<disk type='file'><target dev='xvdb'/></disk>", "source"),
                           (disk("xvdb").replace("device='disk'", "device='cdrom'"), "cdrom"),
                           ("<disk type='file'><source file='/a'/></disk>", "target")):
            expect_in(words, guest.attach_fails(xml, "--live"))
            expect_equal(targets(daemon, "no-disk"), ["xvda"])
            expect_equal(on_host(daemon, "no-disk"), {"disk xvda": "/dev/root"})
        expect_in("already has a disk 'xvda'", guest.attach_fails(disk("xvda"), "--config"))
        expect_in("no such disk 'xvdz'", guest.detach_fails(disk("xvdz"), "--live"))


@test
def a_disk_that_the_guest_holds_stays():
    daemon = shared()
    with Guest(daemon, "held", ROOT) as guest:
        guest.attach(disk(), *BOTH)
        daemon.ctl("disk", "held", "xvdb", "stuck")
        expect_in("does not let go", guest.detach_fails(disk(), *BOTH))
        expect_equal(targets(daemon, "held"), ["xvda", "xvdb"])
        expect_equal(targets(daemon, "held", "--inactive"), ["xvda", "xvdb"])
        guest.domain().detachDeviceFlags(disk(), CHANGED | libvirt.VIR_DOMAIN_DEVICE_MODIFY_FORCE)
        expect_equal(on_host(daemon, "held"), {"disk xvda": "/dev/root"})


# Media


@test
def a_cdrom_gets_another_medium():
    daemon = shared()
    hvm(daemon, "player")
    daemon.virsh("change-media", "player", "hdc", "/two.iso", "--live", "--config")
    expect_equal(on_host(daemon, "player")["disk hdc"], "/two.iso")
    for flags in ((), ("--inactive",)):
        source = devices(daemon, "player", "disk", *flags)[0].find("source")
        expect_equal(source.get("file"), "/two.iso")
    daemon.virsh("change-media", "player", "hdc", "--eject")
    expect_equal(on_host(daemon, "player")["disk hdc"], "-")
    assert devices(daemon, "player", "disk")[0].find("source") is None
    daemon.virsh("change-media", "player", "hdc", "/three.iso", "--insert", "--force")
    expect_equal(on_host(daemon, "player")["disk hdc"], "/three.iso")
    daemon.virsh("attach-disk", "player", "/four.iso", "hdc", "--type", "cdrom", "--mode", "readonly")
    expect_equal(on_host(daemon, "player")["disk hdc"], "/four.iso")
    daemon.remove("player")


@test
def a_medium_that_the_host_does_not_take_is_not_there():
    daemon = shared()
    hvm(daemon, "refuser")
    domain = connection(daemon).lookupByName("refuser")
    new = CDROM.replace("one", "two")
    for done in fail_at_each_call(daemon, lambda: domain.updateDeviceFlags(new, CHANGED)):
        expected = "/two.iso" if done else "/one.iso"
        expect_equal(on_host(daemon, "refuser")["disk hdc"], expected)
        for flags in ((), ("--inactive",)):
            expect_equal(devices(daemon, "refuser", "disk", *flags)[0].find("source").get("file"), expected)
        if done:
            break
    daemon.remove("refuser")


@test
def what_is_no_medium_is_not_updated():
    daemon = shared()
    with Guest(daemon, "fixed", ROOT + NIC % MAC) as guest:
        file = daemon.file("device.xml", ROOT)
        for flags in (("--live",), ("--config",)):
            expect_in("nothing can be changed", daemon.virsh_fails("update-device", "fixed", file, *flags))
        nic = daemon.file("device.xml", NIC % MAC)
        expect_in("'interface' cannot be updated", daemon.virsh_fails("update-device", "fixed", nic))
        expect_equal(guest.error_of(lambda domain: domain.updateDeviceFlags(ROOT, 1 << 20)),
                     libvirt.VIR_ERR_INVALID_ARG)
        expect_equal(guest.error_of(lambda domain: domain.updateDeviceFlags(CDROM, 1)),
                     libvirt.VIR_ERR_DEVICE_MISSING)


# Interfaces


@test
def an_interface_comes_and_goes_by_virsh():
    daemon = shared()
    with Guest(daemon, "virsh-nic", NIC % MAC):
        daemon.virsh("attach-interface", "virsh-nic", "bridge", "xenbr1", *BOTH)
        live, config = macs(daemon, "virsh-nic"), macs(daemon, "virsh-nic", "--inactive")
        expect_equal(live, config)
        expect_equal(on_host(daemon, "virsh-nic"), {"nic " + MAC: "xenbr0", "nic " + live[1]: "xenbr1"})
        expect_in(live[1], daemon.virsh("domiflist", "virsh-nic"))
        expect_in("2 interfaces", daemon.virsh_fails("detach-interface", "virsh-nic", "bridge"))
        daemon.virsh("detach-interface", "virsh-nic", "bridge", live[1], *BOTH)
        expect_equal(macs(daemon, "virsh-nic"), [MAC])
        expect_equal(macs(daemon, "virsh-nic", "--inactive"), [MAC])
        daemon.virsh("detach-interface", "virsh-nic", "bridge", "--live")
        expect_equal(on_host(daemon, "virsh-nic"), {})


@test
def an_interface_is_found_by_its_address():
    daemon = shared()
    other = "00:16:3e:44:55:66"
    with Guest(daemon, "found-nic", NIC % MAC + NIC % other) as guest:
        expect_in("several interfaces match", guest.detach_fails("<interface type='bridge'><source bridge='xenbr0'/></interface>"))
        expect_in("no such network interface 00:16:3e:00:00:01", guest.detach_fails(NIC % "00:16:3e:00:00:01"))
        expect_in("already has a network interface " + MAC, guest.attach_fails(NIC % MAC))
        expect_in("'user'", guest.attach_fails("<interface type='user'/>"))
        guest.detach(NIC % other)
        expect_equal(macs(daemon, "found-nic"), [MAC])


# Controllers


@test
def a_usb_controller_comes_and_goes():
    daemon = shared()
    usb = "<controller type='usb' index='0' model='qusb2' ports='4'/>"
    with Guest(daemon, "usb") as guest:
        guest.attach(usb)
        expect_equal(on_host(daemon, "usb"), {"usbctrl 0": "-"})
        expect_in("already has a controller 'usb' 0", guest.attach_fails(usb))
        expect_in("model", guest.attach_fails("<controller type='usb' index='1' model='ehci'/>"))
        expect_in("type 'scsi'", guest.attach_fails("<controller type='scsi' index='0'/>"))
        guest.detach(usb)
        expect_equal(on_host(daemon, "usb"), {})


# Devices of the host


@test
def a_device_of_the_host_comes_and_goes():
    daemon = shared()
    pci = ("<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x03' slot='0x10' "
           "function='0x1'/></source></hostdev>")
    usb = "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='4'/></source></hostdev>"
    with Guest(daemon, "passed") as guest:
        for xml, name in ((pci, "pci 0000:03:10.1"), (usb, "usbdev 1.4")):
            guest.attach(xml, *BOTH)
            expect_equal(on_host(daemon, "passed"), {name: "-"})
            expect_equal([found.find("alias").get("name") for found in devices(daemon, "passed", "hostdev")], ["hostdev0"])
            expect_in("already has a host device", guest.attach_fails(xml))
            guest.detach(xml, *BOTH)
            expect_equal(on_host(daemon, "passed"), {})
            expect_equal(devices(daemon, "passed", "hostdev", "--inactive"), [])
            expect_in("no such host device", guest.detach_fails(xml))
        expect_in("by its place only", guest.attach_fails(
            "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0x5678'/></source></hostdev>"))


@test
def a_device_of_the_host_that_was_there_at_the_start_goes():
    daemon = shared()
    usb = "<hostdev mode='subsystem' type='usb'><source><address bus='2' device='5'/></source></hostdev>"
    with Guest(daemon, "given", usb) as guest:
        expect_equal(on_host(daemon, "given"), {"usbdev 2.5": "-"})
        guest.detach(usb)
        expect_equal(on_host(daemon, "given"), {})


# Aliases and events


@test
def devices_have_aliases_and_go_by_them():
    daemon = shared()
    with Guest(daemon, "aliased", ROOT + NIC % MAC) as guest:
        guest.attach(disk())
        guest.attach(disk("xvdc", more="<alias name='ua-third'/>"))
        aliases = [device.find("alias").get("name")
                   for element in ("disk", "interface") for device in devices(daemon, "aliased", element)]
        expect_equal(aliases, ["xen-disk0", "xen-disk1", "ua-third", "net0"])
        assert "xen-disk" not in daemon.virsh("dumpxml", "aliased", "--inactive")
        for alias in aliases[1:]:
            daemon.virsh("detach-device-alias", "aliased", alias)
        expect_equal(on_host(daemon, "aliased"), {"disk xvda": "/dev/root"})


@test
def each_is_an_event():
    daemon = shared()
    heard = []
    client = connection(daemon)
    with Guest(daemon, "heard", ROOT) as guest:
        for event, word in ((libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, "added"),
                            (libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, "removed"),
                            (libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, "failed")):
            client.domainEventRegisterAny(None, event, lambda _, domain, alias, word: heard.append((word, alias)), word)
        guest.attach(disk())
        daemon.ctl("disk", "heard", "xvdb", "stuck")
        guest.detach_fails(disk())
        daemon.ctl("disk", "heard", "xvdb", "free")
        guest.detach(disk())
        expected = [("added", "xen-disk1"), ("failed", "xen-disk1"), ("removed", "xen-disk1")]
        wait_for("three events", lambda: heard == expected)


# Truth


@test
def a_reboot_and_a_restart_of_the_daemon_keep_what_was_attached():
    daemon = Daemon()
    with Guest(daemon, "keeps", ROOT) as guest:
        guest.attach(disk())
        guest.attach(NIC % MAC)
        expected = {"disk xvda": "/dev/root", "disk xvdb": "/data.img", "nic " + MAC: "xenbr0"}
        before = daemon.virsh("domid", "keeps")
        daemon.ctl("guest", "keeps", "reboot")
        wait_for("its reboot", lambda: daemon.virsh("domid", "keeps") not in (before, "-"))
        wait_for("its devices", lambda: on_host(daemon, "keeps") == expected)
        daemon.kill()
        daemon.start()
        expect_equal(targets(daemon, "keeps"), ["xvda", "xvdb"])
        expect_equal(macs(daemon, "keeps"), [MAC])
        guest.detach(disk())
        expect_equal(on_host(daemon, "keeps"), {"disk xvda": "/dev/root", "nic " + MAC: "xenbr0"})
        daemon.virsh("destroy", "keeps")
        expect_equal(targets(daemon, "keeps"), ["xvda"])


@test
def what_the_host_does_not_have_the_next_daemon_drops():
    """As if the driver had died between the two."""
    daemon = Daemon()
    with Guest(daemon, "drops", ROOT) as guest:
        guest.attach(disk())
        daemon.kill()
        path = daemon.path("run/libvirt/libxl/drops.xml")
        text = open(path).read()
        with open(path, "w") as file:
            file.write(text.replace("xvdb", "xvdc"))
        daemon.start()
        expect_equal(targets(daemon, "drops"), ["xvda"])
        expect_equal(sorted(on_host(daemon, "drops")), ["disk xvda", "disk xvdb"])


@test
def whatever_fails_nothing_is_left_or_all_is_there():
    daemon = shared()
    with Guest(daemon, "fails", ROOT) as guest:
        domain = guest.domain()
        for xml, key, listed in ((disk(), "disk xvdb", lambda *flags: "xvdb" in targets(daemon, "fails", *flags)),
                                 (NIC % MAC, "nic " + MAC, lambda *flags: MAC in macs(daemon, "fails", *flags))):
            for done in fail_at_each_call(daemon, lambda xml=xml: domain.attachDeviceFlags(xml, CHANGED)):
                expect_equal(key in on_host(daemon, "fails"), done)
                expect_equal((listed(), listed("--inactive")), (done, done))
                if done:
                    daemon.ctl("reset")
                    domain.detachDeviceFlags(xml, CHANGED)
            domain.attachDeviceFlags(xml, CHANGED)
            for done in fail_at_each_call(daemon, lambda xml=xml: domain.detachDeviceFlags(xml, CHANGED)):
                expect_equal(key in on_host(daemon, "fails"), not done)
                expect_equal((listed(), listed("--inactive")), (not done, not done))
                if done:
                    daemon.ctl("reset")
                    domain.attachDeviceFlags(xml, CHANGED)


@test
def who_may_not_write_may_not_change_devices():
    daemon = shared()
    with Guest(daemon, "readonly", ROOT):
        file = daemon.file("device.xml", disk())
        for command in ("attach-device", "detach-device", "update-device"):
            expect_in("read only", daemon.virsh_fails(command, "readonly", file, readonly=True))


@test
def another_families_device_stays_as_it_is():
    with Guest(shared(), "others") as guest:
        expect_in("'memballoon' cannot be attached", guest.attach_fails("<memballoon model='xen'/>"))
        expect_in("'input' cannot be attached", guest.attach_fails("<input type='tablet' bus='usb'/>", "--config"))


run()
