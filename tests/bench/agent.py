#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How many pings of the guest's agent a client gets answered in a second, beside how many
a program does that has the channel's socket to itself. On the simulated host, with
Debian's qemu-ga.

usage: agent.py      (in the environment, what tests/daemon/fixture.py needs)

A ping through the daemon is a connection, a sync and the command. As in bench.py
nothing is judged; the lines that start with "# bench:" are the result.
"""

import os
import sys
import time

import libvirt
import libvirt_qemu

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../daemon"))
from agent import RealAgent, with_agent_channel  # noqa: E402
from fixture import Daemon, connect  # noqa: E402

PING = '{"execute":"guest-ping"}'
PINGS = 2000


def rate(ping):
    ping()
    begin = time.monotonic()
    for _ in range(PINGS):
        ping()
    return PINGS / (time.monotonic() - begin)


def raw_rate(path):
    with connect(path) as channel:
        def ping():
            channel.sendall(PING.encode() + b"\n")
            reply = b""
            while not reply.endswith(b"\n"):
                reply += channel.recv(4096)
            assert reply == b'{"return": {}}\n', reply
        return rate(ping)


def client_rate(uri):
    connection = libvirt.open(uri)
    domain = connection.lookupByName("pinged")
    result = rate(lambda: libvirt_qemu.qemuAgentCommand(domain, PING, -1, 0))
    connection.close()
    return result


def main():
    daemon = Daemon()
    with_agent_channel(daemon, "pinged")
    with RealAgent(daemon, "pinged"):
        ours, raw = client_rate(daemon.uri()), raw_rate(daemon.path("pinged.agent"))
    daemon.end()
    print("1..1")
    print("# bench: pings of the guest agent a second: %.0f by a client, %.0f by the socket" % (ours, raw))
    print("ok 1 - pings of the guest agent")


main()
