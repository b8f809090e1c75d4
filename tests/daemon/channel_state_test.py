#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether channels are connected: the live XML's state, and the agent-lifecycle event."""

import time

import libvirt

import backend
from agent import RealAgent
from fixture import Daemon, expect_equal, run, shared, test, unix_channel, wait_for
from guests import NAME, Guest, channel, connection

AGENT = "org.qemu.guest_agent.0"
PING = '{"execute":"guest-ping"}'
CONNECTED = libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
DISCONNECTED = libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED
BY_CHANNEL = libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL
AGENT_EVENT = libvirt.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE
OTHER = "org.example.two"
BY_QEMU = 'channel_backend = "libxl"\n'


def state(guest, name=NAME, *flags):
    return guest.channels(*flags)[name].find("target").get("state")


def becomes(guest, expected, name=NAME):
    wait_for("%s %s" % (name, expected), lambda: state(guest, name) == expected)


@test
def a_channel_is_connected_once_the_guest_runs():
    with Guest(shared(), "runs", channel(), start=("start", "--paused")) as guest:
        expect_equal(state(guest), "disconnected")
        shared().virsh("resume", "runs")
        becomes(guest, "connected")
        shared().virsh("suspend", "runs")
        becomes(guest, "connected")


@test
def the_inactive_xml_has_no_state():
    with Guest(shared(), "inactive", channel()) as guest:
        becomes(guest, "connected")
        expect_equal(state(guest, NAME, "--inactive"), None)
        shared().virsh("destroy", "inactive")
        expect_equal(state(guest), None)


@test
def each_channel_has_its_own():
    with Guest(shared(), "each", channel() + channel(OTHER, kind="pty")) as guest:
        for name in (NAME, OTHER):
            becomes(guest, "connected", name)
        shared().ctl("channel", "each", OTHER, "state", "6")
        becomes(guest, "disconnected", OTHER)
        expect_equal(state(guest), "connected")


@test
def it_follows_the_guests_driver():
    with Guest(shared(), "follows", channel()) as guest:
        for _ in range(3):
            becomes(guest, "connected")
            shared().ctl("channel", "follows", NAME, "state", "6")
            becomes(guest, "disconnected")
            shared().ctl("channel", "follows", NAME, "state", "3")


@test
def a_channel_that_is_attached_gets_connected():
    with Guest(shared(), "attached") as guest:
        guest.attach(channel())
        becomes(guest, "connected")


@test
def a_channel_of_qemus_has_a_state_as_well():
    daemon = Daemon(driver_config=BY_QEMU)
    with Guest(daemon, "qemus", unix_channel(daemon.path("qemu.sock"), NAME)) as guest:
        becomes(guest, "connected")
        daemon.ctl("channel", "qemus", NAME, "close")
        becomes(guest, "disconnected")
        daemon.ctl("channel", "qemus", NAME, "connect")
        becomes(guest, "connected")


@test
def a_new_daemon_knows_it_at_once():
    daemon = Daemon()
    with Guest(daemon, "kept", channel() + channel(OTHER)) as guest:
        for name in (NAME, OTHER):
            becomes(guest, "connected", name)
        daemon.kill()
        daemon.ctl("channel", "kept", OTHER, "state", "6")
        daemon.start()
        expect_equal(state(guest), "connected")
        becomes(guest, "disconnected", OTHER)


@test
def a_reboot_connects_it_again():
    with Guest(shared(), "reboots", channel()) as guest:
        becomes(guest, "connected")
        before = guest.domain().ID()
        shared().ctl("guest", "reboots", "reboot")
        wait_for("another id", lambda: guest.domain().ID() not in (before, -1))
        becomes(guest, "connected")


@test
def only_the_agents_channel_raises_the_event():
    host = connection(shared())
    seen = agents_of(host)
    with Guest(shared(), "plain", channel()) as guest:
        becomes(guest, "connected")
        shared().ctl("channel", "plain", NAME, "state", "6")
        becomes(guest, "disconnected")
    expect_equal(seen, [])
    host.close()


def agents_of(host):
    """A list that gets (domain, state, reason) of each agent-lifecycle event."""
    seen = []
    host.domainEventRegisterAny(None, AGENT_EVENT, lambda _, domain, state, reason, __: seen.append(
        (domain.name(), state, reason)), None)
    return seen


@test
def an_agents_channel_is_connected_when_the_agent_has_answered():
    host = connection(shared())
    seen = agents_of(host)
    with Guest(shared(), "answers", channel(AGENT) + channel()) as guest:
        becomes(guest, "connected")
        expect_equal((state(guest, AGENT), seen), ("disconnected", []))
        with RealAgent(shared(), "answers"):
            becomes(guest, "connected", AGENT)
            wait_for("the event", lambda: seen == [("answers", CONNECTED, BY_CHANNEL)])
            shared().ctl("channel", "answers", AGENT, "state", "6")
            becomes(guest, "disconnected", AGENT)
            wait_for("the event", lambda: seen[1:] == [("answers", DISCONNECTED, BY_CHANNEL)])
    host.close()


@test
def a_call_tells_of_the_agent_as_well():
    """However late it comes: after a while nobody asks for it any more. One that ceases to answer is
    asked for anew."""
    with Guest(shared(), "late", channel(AGENT)) as guest:
        with RealAgent(shared(), "late"):
            shared().virsh("qemu-agent-command", "late", PING)
            becomes(guest, "connected", AGENT)
        shared().virsh_fails("qemu-agent-command", "late", PING, "--timeout", "1")
        becomes(guest, "disconnected", AGENT)
        with RealAgent(shared(), "late"):
            becomes(guest, "connected", AGENT)


@test
def an_agent_that_comes_after_the_last_question_is_seen():
    daemon = Daemon(driver_config="agent_probes = 1\n")
    with Guest(daemon, "slow", channel(AGENT)) as guest:
        def question_is_over():
            row = backend.channels(daemon)[("slow", AGENT)]
            return row["clients"] == 1 and not row["connected"]
        wait_for("the end of the only question", question_is_over)
        for _ in range(3):
            expect_equal(state(guest, AGENT), "disconnected")
            expect_equal(backend.channels(daemon)[("slow", AGENT)]["clients"], 1)
            time.sleep(1)
        with RealAgent(daemon, "slow"):
            becomes(guest, "connected", AGENT)


@test
def after_a_reboot_the_agent_has_to_answer_again():
    host = connection(shared())
    seen = agents_of(host)
    with Guest(shared(), "again", channel(AGENT)) as guest:
        with RealAgent(shared(), "again"):
            becomes(guest, "connected", AGENT)
        before = guest.domain().ID()
        shared().ctl("guest", "again", "reboot")
        wait_for("another id", lambda: guest.domain().ID() not in (before, -1))
        wait_for("the event", lambda: seen[1:] == [("again", DISCONNECTED, BY_CHANNEL)])
        expect_equal(state(guest, AGENT), "disconnected")
        with RealAgent(shared(), "again"):
            becomes(guest, "connected", AGENT)
    host.close()


@test
def a_new_daemon_asks_the_agent():
    daemon = Daemon()
    with Guest(daemon, "asked", channel(AGENT)) as guest, RealAgent(daemon, "asked"):
        becomes(guest, "connected", AGENT)
        daemon.kill()
        daemon.start()
        becomes(guest, "connected", AGENT)


@test
def an_agent_that_never_answers_is_in_nobodys_way():
    with Guest(shared(), "silent", channel(AGENT)) as guest:
        for command in ("suspend", "resume", "reboot"):
            shared().virsh(command, "silent")
        expect_equal(state(guest, AGENT), "disconnected")


@test
def a_guest_whose_channels_come_and_go_all_the_time_disturbs_nobody():
    with Guest(shared(), "busy", channel()) as busy, Guest(shared(), "calm", channel()) as calm:
        becomes(busy, "connected")
        becomes(calm, "connected")
        for _ in range(300):
            shared().ctl("channel", "busy", NAME, "reconnect")
        calm.both_ways()
        shared().virsh("domstate", "busy")
        becomes(busy, "connected")
        busy.both_ways()


run()
