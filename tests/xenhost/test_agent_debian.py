# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's own guest agent, unmodified, in a Debian guest: what virsh tells it is done."""

import contextlib
import re
import tempfile

import libvirt
import libvirt_qemu

from host import clients, expect_equal, guests, wait_until
from host.daemons import virtxld

# It takes minutes.
only_long = True

CONTROL = guests.unix_channel("control")
AGENT = guests.unix_channel("org.qemu.guest_agent.0", target="virtio")
PING = '{"execute":"guest-ping"}'
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 somebody"


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.debian("obedient", (CONTROL, AGENT), vcpus=2) as guest:
        wait_for_agent(guest)
        yield guest


def answers(guest):
    with contextlib.suppress(libvirt.libvirtError), clients.lookup(guest.name) as domain:
        return libvirt_qemu.qemuAgentCommand(domain, PING, 5, 0) == '{"return":{}}'


def wait_for_agent(guest):
    wait_until(lambda: answers(guest), "the guest agent answers", 300)


def in_guest(guest, command):
    with guest.shell(CONTROL.name) as shell:
        return shell.ask(command, 120)


def virsh(command, guest, *arguments):
    return clients.virsh(command, guest.name, *arguments)


def test_guestinfo_tells_of_debian(guest):
    with clients.lookup(guest.name) as domain:
        info = domain.guestInfo()
    expect_equal((info["os.id"], info["hostname"]), ("debian", in_guest(guest, "hostname")))
    expect_equal(info["os.kernel-release"], in_guest(guest, "uname -r"))
    assert info["if.count"] > 0 and "fs.count" in info, info


def test_addresses_come_from_the_guest(guest):
    assert re.search(r"lo .*127\.0\.0\.1/8", virsh("domifaddr", guest, "--source", "agent"))


def test_a_vcpu_goes_offline_and_online(guest):
    for option, state in (("--disable", "0"), ("--enable", "1")):
        virsh("guestvcpus", guest, "1", option)
        expect_equal(in_guest(guest, "cat /sys/devices/system/cpu/cpu1/online"), state)


def test_a_password_is_set(guest):
    read = "grep ^root: /etc/shadow | cut -d: -f2"
    before = in_guest(guest, read)
    virsh("set-user-password", guest, "root", "secret")
    assert in_guest(guest, read) not in ("", before)


def test_ssh_keys_are_set_and_read(guest):
    with tempfile.NamedTemporaryFile("w", suffix=".pub") as file:
        file.write(KEY)
        file.flush()
        virsh("set-user-sshkeys", guest, "root", "--file", file.name, "--reset")
    expect_equal(in_guest(guest, "cat /root/.ssh/authorized_keys"), KEY)
    expect_equal(virsh("get-user-sshkeys", guest, "root"), KEY)


def test_the_time_is_the_guests(guest):
    virsh_time = int(virsh("domtime", guest).split()[-1])
    assert abs(virsh_time - int(in_guest(guest, "date +%s"))) < 120


def test_file_systems_freeze_and_thaw(guest):
    frozen = virsh("domfsfreeze", guest)
    assert re.fullmatch(r"(Froze \d+ filesystem\(s\))?", frozen), frozen
    virsh("domfsthaw", guest)
    in_guest(guest, "touch /root/thawed && sync")


def test_reboot_by_the_agent_and_the_agent_is_back(guest):
    before = guest.id
    virsh("reboot", guest, "--mode", "agent")
    wait_until(lambda: guest.id not in (-1, before), "the guest runs again", 300)
    wait_for_agent(guest)


def test_shutdown_by_the_agent(guest):
    virsh("shutdown", guest, "--mode", "agent")
    wait_until(lambda: guest.state == "shut off", "shut off", 300)
