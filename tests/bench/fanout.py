#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast one event gets to 1,000 clients: virtxld (on the simulated host) beside stock
libvirtd (its test driver).

usage: fanout.py VIRTXLD

A domain is suspended and resumed, each 1,000 times told. The clients are sockets and no
more (tests/daemon/wire.py), so that it is the daemons that are measured; as the reader is
one program on the same machine, the daemon's own time says more than the clock.
"""

import os
import select
import struct
import sys
import time

import libvirt

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../daemon"))
os.environ.setdefault("VIRTXLD", sys.argv[1])
os.environ.setdefault("VIRTXL_SIMHOST", "")
from daemons import Table, both  # noqa: E402
from fixture import domain_xml  # noqa: E402
from wire import CALLBACK_REGISTER, Wire, integer, optional  # noqa: E402

CLIENTS = 1000
TURNS = 5
CHANGES = 10  # in a turn, of the domain
PATIENCE = 60


class Crowd:
    """The clients of one daemon, and who changes a domain of its."""

    def __init__(self, daemon, kind):
        self.daemon = daemon
        self.connection = libvirt.open(daemon.uri)
        self.domain = self.connection.createXML(domain_xml("told", kind=kind))
        self.clients = [Wire(daemon.socket, uri=daemon.name) for _ in range(CLIENTS)]
        self.poll = select.epoll()
        self.sockets = {}
        for client in self.clients:
            client.call(CALLBACK_REGISTER, integer(libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE) + optional())
            self.sockets[client.socket.fileno()] = client.socket
            self.poll.register(client.socket, select.EPOLLIN)
        self.events = 0
        self.seconds = 0
        self.cpu_seconds = 0

    def read_event_each(self):
        """All are as long as the first: they tell the same."""
        waiting = None
        while waiting != 0:
            ready = self.poll.poll(PATIENCE)
            assert ready, "an event is lost"
            for descriptor, _ in ready:
                data = self.sockets[descriptor].recv(65536)
                if waiting is None:
                    waiting = CLIENTS * struct.unpack(">I", data[:4])[0]
                waiting -= len(data)

    def take_turn(self):
        cpu, begin = self.daemon.cpu_seconds(), time.monotonic()
        for number in range(CHANGES):
            self.domain.resume() if number % 2 else self.domain.suspend()
            self.read_event_each()
        self.seconds += time.monotonic() - begin
        self.cpu_seconds += self.daemon.cpu_seconds() - cpu
        self.events += CHANGES * CLIENTS

    def end(self):
        for client in self.clients:
            client.socket.close()
        self.domain.destroy()
        self.connection.close()


def main():
    with both(sys.argv[1]) as (ours, stock):
        crowds = Crowd(ours, "xen"), Crowd(stock, "test")
        for _ in range(TURNS):
            for crowd in crowds:
                crowd.take_turn()
        for crowd in crowds:
            crowd.end()
    table = Table()
    table.heading("an event to %d clients" % CLIENTS)
    table.row("arrivals a second", *(crowd.events / crowd.seconds for crowd in crowds))
    table.row("arrivals for a second of the daemon's CPU", *(crowd.events / crowd.cpu_seconds for crowd in crowds))
    table.end()


main()
