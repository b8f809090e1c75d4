# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks and interfaces that come and go while a guest runs, by stock virsh.

A disk's data is in a file of dom0: libxl puts it behind a loop device.
"""

import contextlib
import os

import libvirt
from host import clients, expect_equal, guests, in_long_runs, wait_until, xen
from host.daemons import virtxld

CONTROL = guests.unix_channel("control")
IMAGE = "/tmp/data.img"
BRIDGE = "testbr0"
MAC = "00:16:3e:5a:5a:01"
DISK = ("<disk type='file' device='disk'><driver name='phy' type='raw'/><source file='%s'/>"
        "<target dev='xvdb' bus='xen'/></disk>" % IMAGE)


@contextlib.contextmanager
def shared():
    with open(IMAGE, "wb") as image:
        image.write(b"data of the host".ljust(1 << 20, b"."))
    try:
        with xen.bridge(BRIDGE):
            virtxld.start()
            with guests.running("devices", (CONTROL,)) as guest:
                yield guest
    finally:
        os.unlink(IMAGE)


def names(guest, element, attribute):
    return [found.get(attribute) for found in guest.live_xml().iterfind("devices/" + element)]


def backends(guest, kind):
    """Device ids of that kind that dom0 serves the guest with."""
    prefix = "/local/domain/0/backend/%s/%d/" % (kind, guest.id)
    return {path[len(prefix):].split("/")[0] for path in xen.paths() if path.startswith(prefix)} - {""}


def is_in_bridge(guest):
    return ["vif%d.0" % guest.id] == os.listdir("/sys/class/net/%s/brif" % BRIDGE)


def test_a_disk_appears_in_the_guest_with_its_data(guest):
    clients.virsh("attach-disk", guest.name, IMAGE, "xvdb")
    guest.wait_for_answer(CONTROL.name, "test -b /dev/xvdb && head -c 16 /dev/xvdb", "data of the host")
    guest.wait_for_answer(CONTROL.name, "echo of the guest | dd of=/dev/xvdb conv=sync,fsync 2>/dev/null; echo done", "done")
    with open(IMAGE, "rb") as device:
        expect_equal(device.read(12), b"of the guest")
    expect_equal(names(guest, "disk/target", "dev"), ["xvdb"])
    assert IMAGE in clients.virsh("domblklist", guest.name)


def test_it_is_known_after_a_restart_of_the_daemon(guest):
    virtxld.kill()
    virtxld.start()
    expect_equal(names(guest, "disk/target", "dev"), ["xvdb"])


def test_a_guest_that_does_not_let_go_keeps_its_disk(guest):
    """Paused, it can't answer. Then it lets go all the same, and the next detach finds that out."""
    clients.virsh("suspend", guest.name)
    with clients.lookup(guest.name) as domain:
        expect_equal(clients.error_code(domain.detachDevice, DISK), libvirt.VIR_ERR_OPERATION_TIMEOUT)
    expect_equal(names(guest, "disk/target", "dev"), ["xvdb"])
    clients.virsh("resume", guest.name)


def test_a_disk_is_detached(guest):
    clients.virsh("detach-disk", guest.name, "xvdb")
    guest.wait_for_answer(CONTROL.name, "test -b /dev/xvdb || echo gone", "gone")
    expect_equal(names(guest, "disk/target", "dev"), [])
    expect_equal(backends(guest, "vbd"), set())


def test_what_libxl_refuses_leaves_nothing(guest):
    with clients.lookup(guest.name) as domain:
        for source in ("/dev/nothing", "/etc"):
            clients.error_code(domain.attachDevice, DISK.replace(IMAGE, source))
    expect_equal(names(guest, "disk/target", "dev"), [])
    expect_equal(backends(guest, "vbd"), set())


def test_an_interface_on_a_bridge_comes_and_goes(guest):
    clients.virsh("attach-interface", guest.name, "bridge", BRIDGE, "--mac", MAC)
    guest.wait_for_answer(CONTROL.name, "cat /sys/class/net/eth0/address", MAC)
    wait_until(lambda: is_in_bridge(guest), "the interface is in the bridge")
    expect_equal(names(guest, "interface/mac", "address"), [MAC])
    clients.virsh("detach-interface", guest.name, "bridge", MAC)
    guest.wait_for_answer(CONTROL.name, "test -e /sys/class/net/eth0 || echo gone", "gone")
    expect_equal(names(guest, "interface/mac", "address"), [])
    expect_equal(backends(guest, "vif"), set())


@in_long_runs
def test_what_was_attached_is_there_after_a_reboot(guest):
    with clients.lookup(guest.name) as domain:
        domain.attachDevice(DISK)
        before = guest.id
        domain.reboot()
        wait_until(lambda: guest.id not in (before, -1), "its reboot", 120)
    guest.wait_for_answer(CONTROL.name, "head -c 12 /dev/xvdb", "of the guest")


def medium(name):
    """What QEMU has in its IDE drive. libxl gives it another medium as a descriptor, which has
    no name; the disk by the Xen drivers, which QEMU has beside it, is another thing."""
    drives = xen.run("xl", "qemu-monitor-command", name, "info block").splitlines()
    return next(line for line in drives if line.startswith("ide"))


def test_a_cdrom_drive_gets_another_medium(_guest):
    """The guest need not run for that."""
    cdrom = ("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/tmp/one.iso'/>"
             "<target dev='hdc' bus='ide'/></disk>")
    for name in ("one", "two"):
        with open("/tmp/%s.iso" % name, "wb") as image:
            image.truncate(1 << 20)
    with guests.defined("player", kind="hvm", devices=cdrom) as player:
        clients.virsh("start", player.name, "--paused")
        assert "/tmp/one.iso" in medium(player.name)
        clients.virsh("change-media", player.name, "hdc", "/tmp/two.iso", "--live")
        wait_until(lambda: "/dev/fdset/" in medium(player.name), "the other medium")
        assert "/tmp/two.iso" in clients.virsh("dumpxml", player.name)
        clients.virsh("change-media", player.name, "hdc", "--eject", "--live")
        wait_until(lambda: "[not inserted]" in medium(player.name), "no medium")
