# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest has of the host, changed while it runs, and what it has done: by stock virsh, seen
in the guest and by xl."""

import contextlib
import json
import os

import libvirt
from host import clients, expect_equal, guests, wait_until, xen
from host.daemons import virtxld

only_long = True

CONTROL = guests.unix_channel("control")
IMAGE = "/tmp/tune.img"
BRIDGE = "tunebr0"
MAC = "00:16:3e:5a:5a:02"
DEVICES = ("<disk type='file' device='disk'><driver name='phy' type='raw'/><source file='%s'/>"
           "<target dev='xvda' bus='xen'/></disk><interface type='bridge'><mac address='%s'/>"
           "<source bridge='%s'/></interface>" % (IMAGE, MAC, BRIDGE))


@contextlib.contextmanager
def shared():
    with open(IMAGE, "wb") as image:
        image.truncate(1 << 20)
    try:
        with xen.bridge(BRIDGE):
            virtxld.start()
            with guests.running("tuned", (CONTROL,), vcpus=2, devices=DEVICES) as guest:
                yield guest
    finally:
        os.unlink(IMAGE)


def stats(guest, *options):
    lines = clients.virsh("domstats", guest.name, *options).splitlines()
    return dict(line.strip().split("=", 1) for line in lines if "=" in line)


def xl_domain(guest):
    return json.loads(xen.run("xl", "list", "-l", guest.name))[0]


def test_a_vcpu_goes_and_comes(guest):
    online = "cat /sys/devices/system/cpu/online"
    guest.wait_for_answer(CONTROL.name, online, "0-1")
    clients.virsh("setvcpus", guest.name, "1")
    guest.wait_for_answer(CONTROL.name, online, "0")
    wait_until(lambda: stats(guest, "--vcpu")["vcpu.1.state"] == "0", "Xen to know", 60)
    clients.virsh("setvcpus", guest.name, "2")
    # Debian's udev does this; here there is none.
    guest.wait_for_answer(CONTROL.name, "echo 1 > /sys/devices/system/cpu/cpu1/online; " + online, "0-1")


def test_memory_goes_and_comes(guest):
    clients.virsh("setmem", guest.name, "90M")
    wait_until(lambda: int(stats(guest, "--balloon")["balloon.current"]) <= 91 << 10, "the balloon", 60)
    expect_equal(guest.live_xml().findtext("currentMemory"), str(90 << 10))
    clients.virsh("setmem", guest.name, "96M")
    wait_until(lambda: int(stats(guest, "--balloon")["balloon.current"]) >= 95 << 10, "the balloon", 60)
    with clients.lookup(guest.name) as domain:
        expect_equal(clients.error_code(domain.setMemory, 200 << 10), libvirt.VIR_ERR_INVALID_ARG)


def test_a_vcpu_is_pinned(guest):
    clients.virsh("vcpupin", guest.name, "1", "0", "--live", "--config")
    lines = [line.split() for line in xen.run("xl", "vcpu-list", guest.name).splitlines()[1:]]
    # Where there is no other one, xl says so.
    expect_equal(lines[1][-3], "0" if os.cpu_count() > 1 else "all")
    expect_equal(guest.live_xml().find("cputune/vcpupin").attrib, {"vcpu": "1", "cpuset": "0"})


def test_weight_and_cap_are_xens(guest):
    clients.virsh("schedinfo", guest.name, "--set", "weight=512", "cap=50", "--live")
    said = xen.run("xl", "sched-credit2", "-d", guest.name)
    expect_equal(said.split()[-2:], ["512", "50"])
    clients.virsh("schedinfo", guest.name, "--set", "cap=0", "--live")


def test_what_a_disk_and_an_interface_did_is_counted(guest):
    before = stats(guest, "--block", "--interface")
    guest.wait_for_answer(CONTROL.name, "dd if=/dev/xvda of=/dev/null bs=64k count=8 2>/dev/null; echo read", "read")
    guest.wait_for_answer(CONTROL.name, "ifconfig eth0 192.0.2.1 up; ping -c 2 -W 1 192.0.2.2 >/dev/null; echo sent", "sent")
    wait_until(lambda: int(stats(guest, "--block")["block.0.rd.bytes"])
               >= int(before["block.0.rd.bytes"]) + (512 << 10), "bytes read", 20)
    wait_until(lambda: int(stats(guest, "--interface")["net.0.tx.pkts"]) > int(before["net.0.tx.pkts"]),
               "packets sent", 20)
    expect_equal(stats(guest, "--interface")["net.0.name"], "vif%d.0" % guest.id)
    assert "rd_req" in clients.virsh("domblkstat", guest.name, "xvda")
    assert "tx_packets" in clients.virsh("domifstat", guest.name, MAC)
    assert "Capacity" in clients.virsh("domblkinfo", guest.name, "xvda")


def test_what_it_has_survives_a_restart_of_the_daemon(guest):
    before = clients.virsh("vcpupin", guest.name), clients.virsh("schedinfo", guest.name)
    virtxld.kill()
    virtxld.start()
    expect_equal((clients.virsh("vcpupin", guest.name), clients.virsh("schedinfo", guest.name)), before)
    assert int(stats(guest, "--cpu-total")["cpu.time"]) > 0
    assert "actual" in clients.virsh("dommemstat", guest.name)


def test_an_nmi_reaches_it(guest):
    clients.virsh("inject-nmi", guest.name)
    guest.wait_for_answer(CONTROL.name, "dmesg | grep -c 'NMI received'", "1")


def test_free_memory_is_xens(_):
    assert int(clients.virsh("freecell").split()[1]) > 0
    assert "0:" in clients.virsh("freecell", "--all")
