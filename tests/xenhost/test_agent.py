# SPDX-License-Identifier: LGPL-2.1-or-later
"""The agent in a real guest, through the ring: what the simulated host can't show. The
agent is a shell (guest/channel-agent)."""

import contextlib
import subprocess

import libvirt
import libvirt_qemu

from host import clients, expect_equal, guests, wait_until
from host.daemons import virtxld

# It takes minutes; test_guest_debian.py has Debian's own agent.
only_long = True

AGENT = guests.unix_channel("org.qemu.guest_agent.0", target="virtio", program="agent")
ANOTHER = guests.ChannelSpec(AGENT.name, path=guests.socket_path("another.agent"), program="agent")
PING = '{"execute":"guest-ping"}'


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("asked", [AGENT]) as guest:
        wait_for_agent(guest)
        yield guest


def answers(guest):
    with contextlib.suppress(libvirt.libvirtError):
        with clients.lookup(guest.name) as domain:
            return libvirt_qemu.qemuAgentCommand(domain, PING, 5, 0) == '{"return":{}}'


def wait_for_agent(guest):
    wait_until(lambda: answers(guest), "the agent of " + guest.name, 120)


def test_virsh_asks_the_agent(guest):
    expect_equal(clients.virsh("qemu-agent-command", guest.name, PING), '{"return":{}}')


def test_guestinfo_is_the_guests(guest):
    with clients.lookup(guest.name) as domain:
        info = domain.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_OS)
    assert info["os.kernel-release"], info


def test_what_the_agent_can_not_do_is_an_error_in_its_words(guest):
    with clients.lookup(guest.name) as domain:
        try:
            domain.fsInfo()
            raise AssertionError("a shell has no file systems to tell of")
        except libvirt.libvirtError as error:
            expect_equal(error.get_error_code(), libvirt.VIR_ERR_INTERNAL_ERROR)
            assert "a shell can not do that" in str(error), error


def test_the_agent_answers_after_a_restart_of_the_daemon(guest):
    virtxld.kill()
    virtxld.start()
    wait_for_agent(guest)


def test_destroy_ends_a_call_to_an_agent_that_hangs(_):
    with guests.running("hung", [ANOTHER]) as guest:
        wait_for_agent(guest)
        virsh = subprocess.Popen(
            ["virsh", "--connect", virtxld.uri, "qemu-agent-command", "--block", guest.name,
             '{"execute":"guest-hang"}'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        wait_until(lambda: not answers(guest), "the agent to hang", 120)
        guest.destroy()
        assert "Guest agent is not responding" in virsh.communicate(timeout=60)[1]


def test_reboot_and_shutdown_by_the_agent(guest):
    before = guest.id
    clients.virsh("reboot", guest.name, "--mode", "agent")
    wait_until(lambda: guest.id not in (-1, before), "a new id", 120)
    wait_for_agent(guest)
    clients.virsh("shutdown", guest.name, "--mode", "agent")
    wait_until(lambda: guest.state == "shut off", "the guest's end", 120)
