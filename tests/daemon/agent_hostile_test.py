#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Agents that hang, die, lie and flood: each costs who asked it an error, and nobody else
anything."""

import threading
import time

import libvirt
import libvirt_qemu

from agent import FakeAgent, with_agent_channel
from fixture import Daemon, PATIENCE, expect_equal, expect_in, run, shared, test, wait_for

libvirt.registerErrorHandler(lambda context, error: None, None)

PING = '{"execute":"guest-ping"}'


def domain(name):
    daemon = shared()
    daemon.remove(name)
    with_agent_channel(daemon, name)
    return daemon


def ping_fails(daemon, name, *options):
    """How a ping that takes no longer than it may fails."""
    error = daemon.virsh_fails("qemu-agent-command", *options, name, PING)
    expect_in("Guest agent is not responding: domain '%s'" % name, error)
    return error


def no_answer(agent, arguments):
    return None


def blocked_ping(daemon, name, agent):
    """A virsh that waits for ever for the answer to a ping, which the agent has heard."""
    process = daemon.virsh_process("qemu-agent-command", "--block", name, PING)
    wait_for("the ping", lambda: "guest-ping" in agent.heard)
    return process


def ends(process):
    """What it says when it ends, as it must."""
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    return error


# --- hanging --------------------------------------------------------------------------


@test
def a_guest_without_an_agent_is_not_connected():
    daemon = domain("empty")
    expect_in("QEMU guest agent is not connected", ping_fails(daemon, "empty"))


@test
def an_agent_that_hangs_in_a_command_has_a_timeout():
    daemon = domain("hung")
    with FakeAgent(daemon, "hung", {"guest-ping": no_answer}):
        expect_in("has not answered 'guest-ping' in time", ping_fails(daemon, "hung"))
        expect_in("has not answered", ping_fails(daemon, "hung", "--timeout", "1"))


@test
def a_command_may_be_said_without_waiting():
    daemon = domain("async")
    with FakeAgent(daemon, "async", {"guest-ping": no_answer}) as agent:
        expect_equal(daemon.virsh("qemu-agent-command", "--async", "async", PING), "")
        wait_for("the ping", lambda: agent.heard == ["guest-ping"])


@test
def the_domains_own_timeout_is_for_all_other_calls():
    daemon = domain("patient")
    with FakeAgent(daemon, "patient", {"guest-get-time": no_answer}):
        daemon.virsh("guest-agent-timeout", "patient", "--timeout", "1")
        expect_in("has not answered 'guest-get-time'", daemon.virsh_fails("domtime", "patient"))
        daemon.virsh("guest-agent-timeout", "patient", "--timeout", "0")
        expect_in("has not answered 'guest-get-time'", daemon.virsh_fails("domtime", "patient"))


@test
def the_domains_own_timeout_outlives_the_daemon():
    daemon = Daemon()
    with_agent_channel(daemon, "kept")
    daemon.virsh("guest-agent-timeout", "kept", "--timeout", "1")
    daemon.kill()
    daemon.start()
    with FakeAgent(daemon, "kept", {"guest-get-time": no_answer}):
        expect_in("has not answered 'guest-get-time'", daemon.virsh_fails("domtime", "kept"))
    with open(daemon.path("run/libvirt/libxl/kept.xml")) as file:
        expect_in("<agentTimeout>1</agentTimeout>", file.read())
    daemon.virsh("guest-agent-timeout", "kept", "--timeout", "-2")
    with open(daemon.path("run/libvirt/libxl/kept.xml")) as file:
        assert "agentTimeout" not in file.read()


@test
def getters_and_operations_go_on_while_an_agent_hangs():
    daemon = domain("busy")
    with FakeAgent(daemon, "busy", {"guest-ping": no_answer}) as agent:
        process = blocked_ping(daemon, "busy", agent)
        expect_equal(daemon.state("busy"), "running")
        expect_in("org.qemu.guest_agent.0", daemon.virsh("dumpxml", "busy"))
        daemon.virsh("suspend", "busy")
        daemon.virsh("resume", "busy")
        assert process.poll() is None
        daemon.virsh("destroy", "busy")
        expect_in("disappeared", ends(process))


@test
def hung_agents_take_no_workers_from_others():
    daemon = Daemon(config="max_workers = 1\nprio_workers = 1\n")
    with_agent_channel(daemon, "hung")
    with FakeAgent(daemon, "hung", {"guest-ping": no_answer}) as agent:
        process = blocked_ping(daemon, "hung", agent)
        daemon.running("other")
        daemon.virsh("suspend", "other")
        daemon.virsh("destroy", "hung")
        expect_in("disappeared", ends(process))


@test
def calls_to_one_agent_take_turns():
    daemon = domain("turns")
    lock = threading.Lock()
    overlaps = []

    def slow(agent, arguments):
        if not lock.acquire(blocking=False):
            overlaps.append(arguments)
        time.sleep(0.2)
        lock.release()
        return {}
    with FakeAgent(daemon, "turns", {"guest-ping": slow}) as agent:
        processes = [daemon.virsh_process("qemu-agent-command", "turns", PING) for _ in range(5)]
        for process in processes:
            out, err = process.communicate(timeout=PATIENCE)
            expect_equal((out.strip(), err.strip()), ('{"return":{}}', ""))
        expect_equal(len(agent.heard), 5)
        expect_equal(overlaps, [])


@test
def destroy_ends_all_calls_that_wait():
    daemon = domain("many")
    with FakeAgent(daemon, "many", {"guest-ping": no_answer}) as agent:
        processes = [blocked_ping(daemon, "many", agent) for _ in range(4)]
        daemon.virsh("destroy", "many")
        for process in processes:
            ends(process)


@test
def a_guest_that_stops_by_itself_ends_the_call():
    daemon = domain("stops")
    with FakeAgent(daemon, "stops", {"guest-ping": no_answer}) as agent:
        process = blocked_ping(daemon, "stops", agent)
        daemon.ctl("guest", "stops", "poweroff")
        expect_in("disappeared", ends(process))


@test
def a_daemon_that_stops_does_not_wait_for_an_agent():
    daemon = Daemon()
    with_agent_channel(daemon, "endless")
    with FakeAgent(daemon, "endless", {"guest-ping": no_answer}) as agent:
        process = blocked_ping(daemon, "endless", agent)
        expect_equal(daemon.stop(), 0)
        ends(process)


# --- dying, lying, flooding ---------------------------------------------------------------


@test
def half_a_reply_is_no_answer():
    daemon = domain("half")
    with FakeAgent(daemon, "half", {"guest-ping": lambda agent, _: agent.say(b'{"return": {')}):
        expect_in("has not answered", ping_fails(daemon, "half", "--timeout", "1"))
        # and the other half is not the next one's
        expect_in("has not answered", ping_fails(daemon, "half", "--timeout", "1"))


@test
def a_late_answer_is_not_the_next_ones():
    daemon = domain("late")
    late = []

    def first_late(agent, arguments):
        if late:
            return {"mine": True}
        late.append(threading.Timer(2, lambda: agent.answer({"late": True})))
        late[0].start()
        return None
    with FakeAgent(daemon, "late", {"guest-ping": first_late}):
        ping_fails(daemon, "late", "--timeout", "1")
        late[0].join()
        expect_equal(daemon.virsh("qemu-agent-command", "late", PING), '{"return":{"mine":true}}')


class Liar(FakeAgent):
    def answer_sync(self, name, number):
        for wrong in range(1, 20):
            super().answer_sync(name, number + wrong)


@test
def wrong_numbers_are_no_sync():
    daemon = domain("liar")
    with Liar(daemon, "liar") as agent:
        ping_fails(daemon, "liar")
        expect_equal(agent.heard, [])


@test
def replies_to_nothing_are_skipped():
    daemon = domain("chatty")
    with FakeAgent(daemon, "chatty") as agent:
        agent.say(b'login: \n{"return": {"old": true}}\n{"error": {}}\n[1]\n\xff\xff\n' * 100)
        expect_equal(daemon.virsh("qemu-agent-command", "chatty", PING), '{"return":{}}')


@test
def a_flood_without_a_newline_is_cut_off():
    daemon = domain("flood")

    def flood(agent, arguments):
        agent.say(b"x" * (100 * 1024 * 1024))
    with FakeAgent(daemon, "flood", {"guest-ping": flood}):
        expect_in("said more than", ping_fails(daemon, "flood", "--timeout", "60"))
        expect_equal(daemon.state("flood"), "running")


@test
def a_reply_that_is_longer_than_a_message_is_an_error():
    daemon = domain("long")
    with FakeAgent(daemon, "long", {"guest-ping": "x" * (5 * 1024 * 1024)}):
        expect_in("more than 4194304", daemon.virsh_fails("qemu-agent-command", "--timeout", "60",
                                                          "long", PING))


# What a command returns that it must not.
MALFORMED = (
    (("guestinfo", "odd", "--user"), "guest-get-users", {}),
    (("guestinfo", "odd", "--hostname"), "guest-get-host-name", {"host-name": 7}),
    (("domifaddr", "odd", "--source", "agent"), "guest-network-get-interfaces", [{"name": []}]),
    (("domfsinfo", "odd"), "guest-get-fsinfo", [{}]),
    (("guestvcpus", "odd"), "guest-get-vcpus", [{"logical-id": 1 << 40}]),
    (("domtime", "odd"), "guest-get-time", -1),
    (("domfsfreeze", "odd"), "guest-fsfreeze-freeze", "many"),
    (("get-user-sshkeys", "odd", "me"), "guest-ssh-get-authorized-keys", {"keys": [7]}),
)


@test
def malformed_answers_are_errors():
    daemon = domain("odd")
    for words, name, value in MALFORMED:
        with FakeAgent(daemon, "odd", {name: value}):
            expect_in("reply to '%s' is malformed" % name, daemon.virsh_fails(*words))


@test
def more_than_a_client_can_get_is_an_error():
    daemon = domain("more")
    interfaces = [{"name": "eth%d" % number} for number in range(3000)]
    with FakeAgent(daemon, "more", {"guest-network-get-interfaces": interfaces}):
        expect_in("3000 interfaces", daemon.virsh_fails("domifaddr", "more", "--source", "agent"))
        expect_in("parameters", daemon.virsh_fails("guestinfo", "more", "--interface"))


# --- by python3-libvirt ----------------------------------------------------------------------


@test
def timeouts_of_every_kind():
    daemon = domain("times")
    host = libvirt.open(daemon.uri())
    guest = host.lookupByName("times")
    with FakeAgent(daemon, "times"):
        for timeout in (-2, -1, 1, 60, 86400, 2**31 - 1):
            expect_equal(libvirt_qemu.qemuAgentCommand(guest, PING, timeout, 0), '{"return":{}}')
        expect_equal(libvirt_qemu.qemuAgentCommand(guest, PING, 0, 0), "")
        for bad in (-3, -1000):
            for call in (lambda: libvirt_qemu.qemuAgentCommand(guest, PING, bad, 0),
                         lambda: guest.agentSetResponseTimeout(bad, 0)):
                expect_equal(error_code(call), libvirt.VIR_ERR_INVALID_ARG)
        expect_equal(guest.agentSetResponseTimeout(-1, 0), 0)
        expect_equal(guest.agentSetResponseTimeout(-2, 0), 0)
    host.close()


def error_code(function, *arguments):
    try:
        function(*arguments)
    except libvirt.libvirtError as error:
        return error.get_error_code()
    raise AssertionError("it succeeds")


@test
def every_case_has_libvirts_code():
    daemon = domain("codes")
    host = libvirt.open(daemon.uri())
    guest = host.lookupByName("codes")
    guest.agentSetResponseTimeout(1, 0)
    expect_equal(error_code(guest.getTime), libvirt.VIR_ERR_AGENT_UNRESPONSIVE)
    with FakeAgent(daemon, "codes", {"guest-get-time": lambda agent, _: agent.refuse("X", "no")}):
        expect_equal(error_code(guest.getTime), libvirt.VIR_ERR_INTERNAL_ERROR)
        expect_equal(error_code(guest.fsThaw, ["/"]), libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED)
        expect_equal(error_code(guest.fSTrim, "/", 0), libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED)
        expect_equal(error_code(libvirt_qemu.qemuAgentCommand, guest, "not json", -1, 0),
                     libvirt.VIR_ERR_INVALID_ARG)
        expect_equal(error_code(guest.guestInfo, 1 << 20), libvirt.VIR_ERR_INVALID_ARG)
        expect_equal(error_code(guest.interfaceAddresses, 0), libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED)
    guest.destroy()
    expect_equal(error_code(guest.getTime), libvirt.VIR_ERR_OPERATION_INVALID)
    host.close()


run()
