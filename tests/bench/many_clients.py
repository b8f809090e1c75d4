#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What 1,000 clients cost: how fast one event gets to all of them, and how many calls another
client gets answered while they say nothing. virtxld (on the simulated host) beside stock
libvirtd (its test driver).

usage: many_clients.py VIRTXLD

The clients are sockets and no more (tests/daemon/wire.py), so that it is the daemons that
are measured; as the reader is one program on the same machine, the daemon's own time says
more than the clock.
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
from wire import CALLBACK_REGISTER, GET_TYPE, Wire, integer, optional  # noqa: E402

CLIENTS = 1000
TURNS = 5
CHANGES = 10  # in a turn, of the domain
CALLS = 1000  # in a turn, of one more client
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
        self.other = Wire(daemon.socket, uri=daemon.name)
        self.tallies = {}

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

    def tell_all(self):
        """How many events arrived."""
        for number in range(CHANGES):
            self.domain.resume() if number % 2 else self.domain.suspend()
            self.read_event_each()
        return CHANGES * CLIENTS

    def answer_one(self):
        for _ in range(CALLS):
            self.other.call(GET_TYPE)
        return CALLS

    def take_turn(self, what):
        cpu, begin = self.daemon.cpu_seconds(), time.monotonic()
        number = what(self)
        spent = number, time.monotonic() - begin, self.daemon.cpu_seconds() - cpu
        self.tallies[what] = [sum(pair) for pair in zip(spent, self.tallies.get(what, (0, 0, 0)))]

    def rates(self, what):
        """By the clock, and by the daemon's own CPU time, of which a tick is the least."""
        number, seconds, cpu_seconds = self.tallies[what]
        return number / seconds, number / max(cpu_seconds, 0.01)

    def end(self):
        for client in self.clients + [self.other]:
            client.socket.close()
        self.domain.destroy()
        self.connection.close()


def main():
    measured = {Crowd.tell_all: "events", Crowd.answer_one: "getType of one more client"}
    with both(sys.argv[1]) as (ours, stock):
        crowds = Crowd(ours, "xen"), Crowd(stock, "test")
        for what in measured:
            for _ in range(TURNS):
                for crowd in crowds:
                    crowd.take_turn(what)
        for crowd in crowds:
            crowd.end()
    table = Table()
    table.heading("a second, %d clients connected" % CLIENTS)
    for what, name in measured.items():
        clock, cpu = zip(*(crowd.rates(what) for crowd in crowds))
        table.row(name, *clock)
        table.row(name + ", in a second of its CPU", *cpu)
    table.end()


main()
