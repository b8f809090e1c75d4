#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counters of channels in the statistics of domains, asked for by stock virsh on the
simulated host: whoever serves the channels, and whether the backend answers or not."""

import os
import signal

import libvirt

import backend
from fixture import (PATIENCE, Daemon, connect, expect_equal, expect_in, read_exactly, receive_exactly, run,
                     shared, test, unix_channel, wait_for)
from guests import connection

NAME = "a.channel"


def channels(daemon, *arguments):
    """What virsh domstats tells of channels: name of the field -> text."""
    lines = daemon.virsh("domstats", *arguments).splitlines()
    fields = dict(line.strip().split("=", 1) for line in lines if "=" in line)
    return {name[8:]: value for name, value in fields.items() if name.startswith("channel.")}


def only_names(daemon, *arguments):
    expect_equal(channels(daemon, *arguments), {"count": "1", "0.name": NAME})


@test
def bytes_each_way_and_the_client_are_counted():
    daemon = shared()
    path = daemon.path("counted.sock")
    daemon.running("counted", devices=unix_channel(path, NAME))
    end = daemon.guest_end("counted", NAME)
    with connect(path) as client:
        client.sendall(b"to the guest\n")
        read_exactly(end, 13)
        os.write(end, b"to the host\n")
        receive_exactly(client, 12)
        expect_equal(channels(daemon, "--vm", "counted"), {
            "count": "1", "0.name": NAME, "0.rx.bytes": "13", "0.rx.held": "0", "0.tx.bytes": "12", "0.tx.held": "0",
            "0.tx.discarded": "0", "0.clients": "1", "0.client.connected": "yes", "0.client.pid": str(os.getpid())})
        expect_equal(channels(daemon, "counted"), channels(daemon, "--vm", "counted"))
    os.close(end)
    daemon.remove("counted")


@test
def bytes_that_wait_for_a_guest_are_counted():
    daemon = shared()
    path = daemon.path("held.sock")
    daemon.define("held", devices=unix_channel(path, NAME))
    daemon.virsh("start", "--paused", "held")
    with connect(path) as client:
        client.sendall(b"x" * 1000)
    wait_for("bytes that wait", lambda: channels(daemon, "--vm", "held").get("0.rx.held") == "1000")
    expect_equal(channels(daemon, "--vm", "held")["0.client.connected"], "no")
    daemon.remove("held")


@test
def who_does_not_run_or_has_another_backend_has_names_only():
    daemon = Daemon(driver_config="channel_backend = 'libxl'\n")
    daemon.define("off", devices=unix_channel(daemon.path("off.sock"), NAME))
    only_names(daemon, "--vm", "off")
    daemon.virsh("start", "off")
    only_names(daemon, "--vm", "off")


@test
def a_domain_without_channels_has_a_count():
    shared().running("none")
    expect_equal(channels(shared(), "--vm", "--enforce", "none"), {"count": "0"})
    shared().remove("none")


@test
def a_backend_that_is_killed_leaves_the_names():
    daemon = Daemon()
    daemon.running("dead", devices=unix_channel(daemon.path("dead.sock"), NAME))
    backend.kill(daemon)
    only_names(daemon, "dead")
    backend.start(daemon)
    expect_in("0.rx.bytes", channels(daemon, "dead"))


@test
def a_backend_that_hangs_delays_a_call_once_and_nobody_else():
    daemon = Daemon(arguments=["--verbose"])
    for number in range(4):
        name = "hangs%d" % number
        daemon.running(name, devices=unix_channel(daemon.path(name), NAME))
    os.kill(backend.pid(daemon), signal.SIGSTOP)
    try:
        asked = daemon.virsh_process("domstats", "--vm")
        one = connection(daemon)
        for _ in range(20):
            one.lookupByName("hangs0").info()
        out, err = asked.communicate(timeout=PATIENCE)
        expect_equal((asked.returncode, out.count("channel.0.name=" + NAME), "rx.bytes" in out), (0, 4, False))
        expect_equal(daemon.log().count("counters of channels: virtxl-channeld does not answer in time"), 1)
        stats = one.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_VM, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT)
        expect_equal(sorted(fields.get("channel.0.name", "") for _, fields in stats), [""] + [NAME] * 4)
        one.close()
    finally:
        os.kill(backend.pid(daemon), signal.SIGCONT)
    expect_in("0.rx.bytes", channels(daemon, "hangs3"))


run()
