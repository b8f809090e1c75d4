#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest's agent by stock virsh: what the real one says of the machine that it runs on,
and what the daemon tells it to do and makes of the answer."""

import base64
import os
import socket
import time

from agent import FakeAgent, RealAgent, with_agent_channel
from fixture import (Daemon, domain_xml, expect_equal, expect_in, run, shared, test, unix_channel,
                     wait_for)

PING = '{"execute":"guest-ping"}'
DISK = "<disk type='block'><source dev='/dev/null'/><target dev='xvda' bus='xen'/></disk>"


def ask(daemon, name, command):
    return daemon.virsh("qemu-agent-command", name, command)


def domain(name, devices=""):
    """A running domain of that name with the channel, on the shared daemon."""
    daemon = shared()
    daemon.remove(name)
    with_agent_channel(daemon, name, devices)
    return daemon


def table(text):
    """What virsh prints as "name : value", as a dictionary."""
    rows = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in rows}


# --- the real agent -----------------------------------------------------------------


@test
def replies_are_literal_and_compact():
    daemon = domain("literal")
    with RealAgent(daemon, "literal"):
        expect_equal(ask(daemon, "literal", PING), '{"return":{}}')
        expect_equal(ask(daemon, "literal", '{"execute": "guest-sync",\n "arguments": {"id": 1234567890}}'),
                     '{"return":1234567890}')


@test
def an_error_of_the_agent_is_given_in_its_words():
    daemon = domain("refused")
    with RealAgent(daemon, "refused"):
        error = daemon.virsh_fails("qemu-agent-command", "refused", '{"execute":"guest-none"}')
        expect_equal(error, "error: internal error: unable to execute QEMU agent command "
                            "'guest-none': The command guest-none has not been found")


@test
def guestinfo_tells_what_the_guest_is():
    daemon = domain("known")
    with RealAgent(daemon, "known"):
        info = table(daemon.virsh("guestinfo", "known"))
        expect_equal(info["os.kernel-release"], os.uname().release)
        expect_equal(info["hostname"], socket.gethostname())
        expect_equal(info["timezone.offset"], str(time.localtime().tm_gmtoff))
        assert int(info["user.count"]) >= 0 and int(info["fs.count"]) > 0 and int(info["if.count"]) > 0
        expect_in("127.0.0.1", info.values())
        expect_equal(table(daemon.virsh("guestinfo", "known", "--hostname")),
                     {"hostname": socket.gethostname()})


@test
def what_the_agent_may_not_tell_is_missing_unless_it_is_asked_for():
    daemon = domain("shy")
    with RealAgent(daemon, "shy", blocked=["guest-get-users"]):
        info = table(daemon.virsh("guestinfo", "shy"))
        assert "user.count" not in info and "hostname" in info, info
        expect_in("guest-get-users", daemon.virsh_fails("guestinfo", "shy", "--user"))


@test
def virsh_reads_addresses_file_systems_vcpus_time_and_hostname():
    daemon = domain("read")
    with RealAgent(daemon, "read"):
        expect_in("127.0.0.1/8", daemon.virsh("domifaddr", "read", "--source", "agent"))
        expect_in("/", daemon.virsh("domfsinfo", "read"))
        vcpus = table(daemon.virsh("guestvcpus", "read"))
        expect_in("0", vcpus["vcpus"])
        expect_in("0", vcpus["online"])
        assert abs(int(daemon.virsh("domtime", "read").split()[-1]) - time.time()) < 60
        expect_equal(daemon.virsh("domhostname", "read", "--source", "agent"), socket.gethostname())


@test
def an_agent_that_is_started_again_answers_again():
    daemon = domain("again")
    with RealAgent(daemon, "again"):
        ask(daemon, "again", PING)
    expect_in("QEMU guest agent is not connected",
              daemon.virsh_fails("qemu-agent-command", "again", PING))
    with RealAgent(daemon, "again"):
        ask(daemon, "again", PING)


@test
def a_daemon_that_is_started_again_finds_the_agent():
    daemon = Daemon()
    with_agent_channel(daemon, "found")
    with RealAgent(daemon, "found"):
        ask(daemon, "found", PING)
        daemon.kill()
        daemon.start()
        expect_equal(ask(daemon, "found", PING), '{"return":{}}')


@test
def the_socket_of_libxls_qemu_serves_as_well():
    daemon = Daemon(start=False)
    path = daemon.path("etc/libvirt/libxl.conf")
    os.makedirs(os.path.dirname(path))
    with open(path, "w") as file:
        file.write('channel_backend = "libxl"\n')
    daemon.start()
    with_agent_channel(daemon, "qemus")
    with RealAgent(daemon, "qemus"):
        expect_equal(ask(daemon, "qemus", PING), '{"return":{}}')
        expect_equal(ask(daemon, "qemus", PING), '{"return":{}}')


# --- what it is told -----------------------------------------------------------------

# virsh's words, what the agent hears, what it returns, what virsh prints of it.
TOLD = (
    (("domfsfreeze", "told"), "guest-fsfreeze-freeze", 3, "Froze 3 filesystem(s)"),
    (("domfsfreeze", "told", "--mountpoint", "/a", "--mountpoint", "/b"),
     ("guest-fsfreeze-freeze-list", {"mountpoints": ["/a", "/b"]}), 2, "Froze 2 filesystem(s)"),
    (("domfsthaw", "told"), "guest-fsfreeze-thaw", 3, "Thawed 3 filesystem(s)"),
    (("domfstrim", "told", "--minimum", "4096"), ("guest-fstrim", {"minimum": 4096}),
     {"paths": []}, ""),
    (("domtime", "told", "--time", "1700000000"), ("guest-set-time", {"time": 1700000000 * 10**9}),
     {}, ""),
    (("domtime", "told", "--sync"), "guest-set-time", {}, ""),
    (("domtime", "told"), "guest-get-time", 1700000001999999999, "Time: 1700000001"),
    (("set-user-password", "told", "me", "secret"),
     ("guest-set-user-password",
      {"username": "me", "password": base64.b64encode(b"secret").decode(), "crypted": False}), {}, ""),
    (("set-user-password", "told", "me", "$6$x", "--encrypted"),
     ("guest-set-user-password",
      {"username": "me", "password": base64.b64encode(b"$6$x").decode(), "crypted": True}), {}, ""),
    (("get-user-sshkeys", "told", "me"), ("guest-ssh-get-authorized-keys", {"username": "me"}),
     {"keys": ["ssh-rsa AAAA a", "ssh-rsa BBBB b"]}, "ssh-rsa AAAA a"),
    (("domhostname", "told"), "guest-get-host-name", {"host-name": "inside"}, "inside"),
)


@test
def virsh_tells_the_agent():
    daemon = domain("told")
    for words, heard, value, printed in TOLD:
        name = heard if isinstance(heard, str) else heard[0]
        with FakeAgent(daemon, "told", {name: value}) as agent:
            out = daemon.virsh_says(*words)
            expect_equal(agent.heard, [heard])
            expect_in(printed, out)


@test
def ssh_keys_are_set_added_and_removed():
    daemon = domain("keys")
    keys = daemon.file("keys.pub", "ssh-rsa AAAA a\nssh-rsa BBBB b")
    two = ["ssh-rsa AAAA a", "ssh-rsa BBBB b"]
    with FakeAgent(daemon, "keys") as agent:
        daemon.virsh("set-user-sshkeys", "keys", "me", "--file", keys)
        daemon.virsh("set-user-sshkeys", "keys", "me", "--file", keys, "--reset")
        daemon.virsh("set-user-sshkeys", "keys", "me", "--file", keys, "--remove")
        expect_equal(agent.heard, [
            ("guest-ssh-add-authorized-keys", {"username": "me", "keys": two, "reset": False}),
            ("guest-ssh-add-authorized-keys", {"username": "me", "keys": two, "reset": True}),
            ("guest-ssh-remove-authorized-keys", {"username": "me", "keys": two})])


@test
def vcpus_of_the_guest_go_offline_and_online():
    daemon = domain("vcpus")
    vcpus = [{"logical-id": number, "online": True, "can-offline": number > 0} for number in range(4)]
    with FakeAgent(daemon, "vcpus", {"guest-get-vcpus": vcpus,
                                     "guest-set-vcpus": lambda _, what: len(what["vcpus"])}) as agent:
        expect_equal(table(daemon.virsh("guestvcpus", "vcpus")),
                     {"vcpus": "0-3", "online": "0-3", "offlinable": "1-3"})
        expect_equal(daemon.virsh("vcpucount", "vcpus", "--guest"), "4")
        daemon.virsh("guestvcpus", "vcpus", "1,3", "--disable")
        expect_equal(agent.heard[-1], ("guest-set-vcpus", {"vcpus": [
            {"logical-id": 1, "online": False}, {"logical-id": 3, "online": False}]}))
        daemon.virsh("guestvcpus", "vcpus", "0-1", "--enable")
        for bad, why in (("0", "can't take vCPU 0 offline"), ("7", "no vCPU 7"), ("x", "no list")):
            expect_in(why, daemon.virsh_fails("guestvcpus", "vcpus", bad, "--disable"))


@test
def the_guest_is_told_how_many_vcpus_to_use():
    daemon = domain("vcpu-number")
    state = {0: True, 1: True, 2: True, 3: True}

    def tell(_, what):
        state.update((vcpu["logical-id"], vcpu["online"]) for vcpu in what["vcpus"])
        return len(what["vcpus"])

    def describe(_, what):
        return [{"logical-id": number, "online": online, "can-offline": number > 0}
                for number, online in state.items()]

    with FakeAgent(daemon, "vcpu-number", {"guest-get-vcpus": describe, "guest-set-vcpus": tell}):
        for number in (2, 1, 4, 4):
            daemon.virsh("setvcpus", "vcpu-number", number, "--guest")
            expect_equal(sum(state.values()), number)
            expect_equal(daemon.virsh("vcpucount", "vcpu-number", "--guest"), str(number))
            assert state[0]
        for arguments in (("5", "--guest"), ("0", "--guest"), ("2", "--guest", "--config"),
                          ("2", "--guest", "--maximum", "--config")):
            daemon.virsh_fails("setvcpus", "vcpu-number", *arguments)
        expect_equal(sum(state.values()), 4)


@test
def file_systems_name_the_disks_of_the_domain():
    daemon = domain("disks", devices=DISK)
    filesystem = {"name": "xvda1", "mountpoint": "/", "type": "ext4", "used-bytes": 1, "total-bytes": 2,
                  "disk": [{"dev": "/dev/xvda", "serial": "s"}]}
    with FakeAgent(daemon, "disks", {"guest-get-fsinfo": [filesystem]}):
        expect_equal(daemon.virsh("domfsinfo", "disks").split(), ["/", "xvda1", "ext4", "xvda"])
        info = table(daemon.virsh("guestinfo", "disks", "--filesystem"))
        expect_equal(info["fs.0.disk.0.alias"], "xvda")
        expect_equal(info["fs.0.total-bytes"], "2")


# --- power ---------------------------------------------------------------------------


def no_answer(agent, arguments):
    return None


@test
def shutdown_and_reboot_are_told_to_the_agent():
    daemon = domain("power")
    with FakeAgent(daemon, "power", {"guest-shutdown": no_answer}) as agent:
        daemon.virsh("reboot", "power", "--mode", "agent")
        daemon.virsh("shutdown", "power", "--mode", "agent")
        expect_equal(agent.heard, [("guest-shutdown", {"mode": "reboot"}),
                                   ("guest-shutdown", {"mode": "powerdown"})])
        expect_equal(daemon.state("power"), "running")  # it was told, and did not obey


@test
def a_guest_that_obeys_ends_the_call_at_once():
    daemon = domain("obedient")

    def obey(agent, arguments):
        daemon.ctl("guest", "obedient", "poweroff")
    with FakeAgent(daemon, "obedient", {"guest-shutdown": obey}):
        daemon.virsh("shutdown", "obedient", "--mode", "agent")
        daemon.wait_for_state("obedient", "shut off")


@test
def an_agent_that_refuses_to_shut_down_is_an_error_or_passed_over():
    daemon = domain("stubborn")

    def refuse(agent, arguments):
        agent.refuse("GenericError", "child process has failed to shutdown")
    with FakeAgent(daemon, "stubborn", {"guest-shutdown": refuse}) as agent:
        expect_in("has failed to shutdown", daemon.virsh_fails("shutdown", "stubborn", "--mode", "agent"))
        expect_equal(daemon.state("stubborn"), "running")
        daemon.virsh("shutdown", "stubborn", "--mode", "agent,paravirt")
        expect_equal(len(agent.heard), 2)
    daemon.wait_for_state("stubborn", "shut off")


@test
def suspends_are_told_to_the_agent():
    daemon = domain("sleeper")
    with FakeAgent(daemon, "sleeper", {"guest-suspend-ram": no_answer}) as agent:
        daemon.virsh("dompmsuspend", "sleeper", "mem")
        daemon.virsh("dompmsuspend", "sleeper", "disk")
        daemon.virsh("dompmsuspend", "sleeper", "hybrid")
        expect_equal(agent.heard, ["guest-suspend-ram", "guest-suspend-disk", "guest-suspend-hybrid"])
        expect_in("argument unsupported",
                  daemon.virsh_fails("dompmsuspend", "sleeper", "mem", "--duration", "60"))


# --- when it can't be asked ------------------------------------------------------------


@test
def a_domain_without_the_channel_has_no_agent_configured():
    daemon = shared()
    daemon.running("none", devices=unix_channel(daemon.path("none.sock"), "another.channel"))
    expect_in("argument unsupported: domain 'none': QEMU guest agent is not configured",
              daemon.virsh_fails("qemu-agent-command", "none", PING))


@test
def a_domain_that_does_not_run_has_no_agent():
    daemon = domain("still")
    daemon.virsh("suspend", "still")
    expect_in("domain 'still' is not running", daemon.virsh_fails("guestinfo", "still"))
    daemon.virsh("destroy", "still")
    expect_in("domain 'still' is not running", daemon.virsh_fails("guestinfo", "still"))


@test
def a_channel_of_another_type_is_not_the_agents():
    daemon = shared()
    daemon.virsh("create", daemon.file("pty.xml", domain_xml(
        "pty", devices="<channel type='pty'><target type='xen' name='org.qemu.guest_agent.0'/></channel>")))
    expect_in("type 'unix' with mode 'bind'", daemon.virsh_fails("domtime", "pty"))


@test
def a_readonly_connection_may_not_ask():
    daemon = domain("guarded")
    with FakeAgent(daemon, "guarded") as agent:
        for words in (("qemu-agent-command", "guarded", PING), ("guestinfo", "guarded"),
                      ("domifaddr", "guarded", "--source", "agent"), ("domfsinfo", "guarded")):
            expect_in("read only", daemon.virsh_fails(*words, readonly=True))
        expect_equal(agent.heard, [])


@test
def an_agent_can_be_attached_and_detached():
    daemon = shared()
    daemon.running("later")
    xml = daemon.file("agent.xml", unix_channel(daemon.path("later.agent"), "org.qemu.guest_agent.0"))
    daemon.virsh("attach-device", "later", xml, "--live")
    with RealAgent(daemon, "later"):
        expect_equal(ask(daemon, "later", PING), '{"return":{}}')
    daemon.virsh("detach-device", "later", xml, "--live")
    expect_in("not configured", daemon.virsh_fails("qemu-agent-command", "later", PING))


@test
def after_a_reboot_the_agent_is_asked_in_the_new_domain():
    daemon = domain("reborn")
    before = daemon.virsh("domid", "reborn")
    daemon.ctl("guest", "reborn", "reboot")
    wait_for("a new id", lambda: daemon.virsh("domid", "reborn") not in (before, "-"))
    daemon.wait_for_state("reborn", "running")
    with RealAgent(daemon, "reborn"):
        expect_equal(ask(daemon, "reborn", PING), '{"return":{}}')


run()
