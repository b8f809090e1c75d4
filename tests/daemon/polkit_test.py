#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clients that polkit lets in or not (polkit.py)."""

import os

from fixture import PATIENCE, expect_equal, expect_in, run, test
from polkit import AUTH_POLKIT, USER, Bus
from wire import AUTH_LIST, OPEN, REMOTE, RPC_ERROR, Reader, Wire, WireError, optional, procedures, string, integer, type_of

AUTH_FAILED, AUTH_CANCELLED, AUTH_UNAVAILABLE = 45, 79, 94
NONE, POLKIT = 0, 2
FROM_POLKIT = 60  # an error's domain


def types(wire):
    reader = Reader(wire.call(AUTH_LIST))
    return [reader.integer() for _ in range(reader.integer())]


def open_connection(wire):
    return wire.call(OPEN, optional(string("xen:///system")) + integer(0))


def start_time(pid):
    with open("/proc/%d/stat" % pid) as file:
        return int(file.read().rpartition(")")[2].split()[19])


@test
def who_polkit_lets_in_is_served():
    with Bus("yes") as bus:
        pid, out, err = bus.virsh("uri")
        expect_in("xen:///system", out)
        expect_equal(err, "")
        question, = bus.questions()
        expect_equal((question["kind"], question["action"]), ("unix-process", "org.libvirt.unix.manage"))
        expect_equal((question["subject"]["pid"], question["subject"]["uid"]), (pid, USER))
        expect_equal(question["flags"], 1)


@test
def polkit_is_told_when_the_process_began():
    with Bus("yes") as bus, bus.user() as wire:
        wire.call(AUTH_POLKIT)
        subject = bus.questions()[0]["subject"]
        expect_equal((subject["pid"], subject["start-time"]), (os.getpid(), start_time(os.getpid())))


@test
def the_readonly_socket_is_another_action():
    with Bus("yes") as bus:
        expect_in("xen:///system", bus.virsh("uri", readonly=True)[1])
        expect_equal([question["action"] for question in bus.questions()], ["org.libvirt.unix.monitor"])


@test
def who_polkit_refuses_hears_why():
    with Bus("no") as bus:
        expect_in("error: authentication failed: access denied by policy", bus.virsh("uri")[2])
        for word, code, part in (("no", AUTH_FAILED, "access denied by policy"),
                                 ("challenge", AUTH_UNAVAILABLE, "no polkit agent available"),
                                 ("dismissed", AUTH_CANCELLED, "user cancelled"),
                                 ("error", AUTH_FAILED, "it is broken")):
            error = bus.error(word)
            expect_equal((error.code, error.domain), (code, FROM_POLKIT))
            expect_in(part, error.message)


@test
def who_was_refused_may_ask_again():
    with Bus("challenge") as bus, bus.user() as wire:
        expect_equal(wire.refused(AUTH_POLKIT).code, AUTH_UNAVAILABLE)
        bus.decide("yes")
        expect_equal(Reader(wire.call(AUTH_POLKIT)).integer(), 1)
        expect_equal(types(wire), [NONE])
        open_connection(wire)


@test
def nothing_else_is_served_before():
    with Bus("no") as bus, bus.user() as wire:
        expect_equal(types(wire), [POLKIT])
        for again in range(2):
            for row in procedures():
                if row["kind"] != "event" and (row["program"], row["number"]) not in (
                        (REMOTE, AUTH_LIST), (REMOTE, AUTH_POLKIT)):
                    error = wire.refused(row["number"], b"\xff" * 16, program=row["program"])
                    expect_equal((row["name"], error.code), (row["name"], RPC_ERROR))
            expect_equal(wire.refused(AUTH_POLKIT).code, AUTH_FAILED)


@test
def others_are_served_while_a_person_is_asked():
    with Bus("wait") as bus, bus.user() as wire, bus.user() as other:
        serial = wire.send_call(AUTH_POLKIT)
        bus.wait_for_questions()
        if os.getuid() == 0:
            expect_equal(type_of(bus.daemon.socket), "Xen")
        expect_equal(types(other), [POLKIT])
        expect_equal(wire.refused(OPEN, b"").code, RPC_ERROR)
        expect_equal(wire.refused(AUTH_POLKIT).code, AUTH_FAILED)
        bus.decide("yes")
        wire.read_reply(serial)
        open_connection(wire)


@test
def root_is_not_asked_about():
    if os.getuid() != 0:
        return
    with Bus("no") as bus:
        with Wire(bus.daemon.socket) as wire:
            expect_equal(types(wire), [NONE])
            expect_equal(wire.refused(AUTH_POLKIT).code, AUTH_FAILED)
        expect_equal(bus.questions(), [])


@test
def the_question_is_taken_back_when_the_client_leaves():
    with Bus("wait") as bus:
        with bus.user() as wire:
            wire.send_call(AUTH_POLKIT)
            question, = bus.wait_for_questions()
        expect_equal(bus.wait_for_questions(2)[1], {"cancelled": question["id"]})
        bus.decide("no")


@test
def and_when_the_daemon_stops():
    with Bus("wait") as bus, bus.user() as wire:
        serial = wire.send_call(AUTH_POLKIT)
        bus.wait_for_questions()
        expect_equal(bus.daemon.stop(), 0)
        try:
            wire.read_reply(serial)
            raise AssertionError("authenticated by nobody")
        except WireError as error:
            expect_equal(error.code, AUTH_CANCELLED)
        bus.decide("no")


@test
def without_polkit_nobody_is_let_in_and_the_daemon_goes_on():
    with Bus(authority=False) as bus:
        with bus.user() as wire:
            error = wire.refused(AUTH_POLKIT)
            expect_equal(error.code, AUTH_FAILED)
            expect_in("polkit does not answer", error.message)
            bus.authority = bus.start_authority()
            wire.call(AUTH_POLKIT)
        bus.bus.terminate()
        bus.bus.wait(PATIENCE)
        with bus.user() as wire:
            expect_equal(wire.refused(AUTH_POLKIT).code, AUTH_FAILED)
        assert bus.daemon.is_alive()


run()
