#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether channels are connected: the live XML's state, and the agent-lifecycle event."""

import libvirt

from fixture import Daemon, expect_equal, run, shared, test, unix_channel, wait_for
from guests import NAME, Guest, channel, connection

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
            shared().ctl("channel", "follows", NAME, "reconnect")


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
    seen = []
    host.domainEventRegisterAny(None, AGENT_EVENT, lambda _, domain, state, reason, __: seen.append(domain.name()), None)
    with Guest(shared(), "silent", channel()) as guest:
        becomes(guest, "connected")
        shared().ctl("channel", "silent", NAME, "state", "6")
        becomes(guest, "disconnected")
    expect_equal(seen, [])
    host.close()


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
