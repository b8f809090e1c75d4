#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many clients at once: a thousand with a call under way are served, and those that write a
byte at a time, stop in a frame or never read cost themselves alone."""

import contextlib
import resource

from fixture import Daemon, domain_xml, expect_equal, run, shared, test, wait_for
from wire import (CAPABILITIES, CREATE_XML, GET_TYPE, LIST_DOMAINS, Reader, Wire, frame, integer, open_descriptors,
                  string, type_of)

CROWD = 1000
MISFITS = 100
KIB_OF_A_DOMAIN = 4096
# A client that reads nothing can make the daemon keep that much for it, and no more.
KIB_OF_A_CLIENT = 4096

resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


@contextlib.contextmanager
def wires(number):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Wire(shared().socket)) for _ in range(number)]


def memory_kib():
    with open("/proc/%d/status" % shared().process.pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def create(number):
    return string(domain_xml("crowd-%d" % number, memory=KIB_OF_A_DOMAIN)) + integer(0)


def type_from(answer):
    return Reader(answer.payload).string()


@test
def a_thousand_clients_with_a_create_under_way_are_served():
    """Each sends a getter behind its create, in the same write, and has the getter's answer
    first: no create holds it up, neither its own nor the others' that wait for a worker."""
    daemon = Daemon()
    daemon.ctl("delay", "create", "200")
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(Wire(daemon.socket)) for _ in range(CROWD)]
        for number, wire in enumerate(crowd):
            wire.send(frame(CREATE_XML, create(number), serial=100) + frame(GET_TYPE, serial=101))
        for wire in crowd:
            answer = wire.read_frame()
            expect_equal((answer.serial, type_from(answer)), (101, "Xen"))
        for number, wire in enumerate(crowd):
            answer = wire.read_frame()
            expect_equal((answer.serial, answer.status), (100, 0))
            expect_equal(Reader(answer.payload).domain()[0], "crowd-%d" % number)
        expect_equal(Reader(crowd[0].call(LIST_DOMAINS, integer(CROWD + 1))).integer(), CROWD + 1)


@test
def clients_that_write_a_byte_at_a_time_cost_themselves_alone():
    with wires(MISFITS) as slow, wires(1) as (bystander,):
        for byte in frame(GET_TYPE, serial=77):
            for wire in slow:
                wire.send(bytes([byte]))
            bystander.call(GET_TYPE)
        for wire in slow:
            answer = wire.read_frame()
            expect_equal((answer.serial, type_from(answer)), (77, "Xen"))


@test
def clients_that_stop_in_a_frame_cost_themselves_alone():
    before = open_descriptors(shared().process.pid)
    with wires(MISFITS) as stopped, wires(1) as (bystander,):
        for number, wire in enumerate(stopped):
            wire.send(frame(GET_TYPE)[:1 + number % 27])
        expect_equal(Reader(bystander.call(GET_TYPE)).string(), "Xen")
    wait_for("descriptors to be closed", lambda: open_descriptors(shared().process.pid) <= before)


@test
def clients_that_never_read_cost_themselves_alone_and_bounded_memory():
    before = memory_kib()
    with wires(MISFITS) as deaf, wires(1) as (bystander,):
        for wire in deaf:
            wire.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    wire.socket.send(frame(CAPABILITIES))
        expect_equal(Reader(bystander.call(GET_TYPE)).string(), "Xen")
        grown = memory_kib() - before
        assert grown < MISFITS * KIB_OF_A_CLIENT, grown
    expect_equal(type_of(shared().socket), "Xen")


run()
