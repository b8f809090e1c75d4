#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every procedure of the table, by who may not call it and with numbers at their limits.

Generated from procedures.tsv and remote_protocol.x (xdr.py): a procedure that is added there
is walked here.
"""

import os
import uuid

from fixture import domain_xml, expect_equal, run, shared, test
from wire import (CREATE_XML, ERROR, INTERNAL_ERROR, NO_SUPPORT, OPERATION_DENIED, REMOTE, REPLY, RPC_ERROR, Wire,
                  WireError, integer, procedures, string, type_of)
from xdr import Protocol, variants

IDENTITY = uuid.UUID("5eed5eed-5eed-5eed-5eed-5eed5eed5eed")
NAME = "walked"
# They end the connection, or begin it.
BEFORE_OPEN = {"connect_open", "connect_close", "connect_supports_feature", "auth_list", "auth_polkit"}
PROTOCOL = Protocol()
# Nothing that can be decoded, nor may be tried to.
GARBAGE = b"\xff" * 16


def calls():
    return [row for row in procedures() if row["kind"] != "event"]


@test
def who_has_not_opened_is_refused_before_anything_is_parsed():
    with Wire(shared().socket, opened=False) as wire:
        for row in calls():
            if row["name"] not in BEFORE_OPEN:
                error = wire.refused(row["number"], GARBAGE, program=row["program"])
                expect_equal((row["name"], error.code), (row["name"], INTERNAL_ERROR))


@test
def who_may_read_only_is_refused_before_anything_is_parsed():
    for path, flag in ((shared().readonly_socket, False), (shared().socket, True)):
        with Wire(path, readonly=flag) as wire:
            for row in calls():
                if row["access"] == "rw":
                    error = wire.refused(row["number"], GARBAGE, program=row["program"])
                    expect_equal((row["name"], error.code), (row["name"], OPERATION_DENIED))


def row_name(row):
    """As the structures are called."""
    return ("remote_" if row["program"] == REMOTE else "qemu_") + row["name"]


def values():
    """What is valid, where a member's name tells: the domain is one that runs."""
    return {"name": NAME.encode(), "uuid": IDENTITY.bytes, "id": 1, "xml": b"<domain type='xen'/>"}


def make_domain(wire):
    """It may have been destroyed, or saved, by the call before."""
    xml = domain_xml(NAME, uuid=IDENTITY)
    try:
        wire.call(CREATE_XML, string(xml) + integer(0))
    except WireError:  # it runs
        pass


def answer(wire, row, payload):
    """The error's code, or None. What else comes meanwhile, events and streams, is passed over."""
    serial = wire.send_call(row["number"], payload, program=row["program"])
    while True:
        frame = wire.read_frame()
        if frame.type == REPLY and frame.serial == serial:
            return WireError(frame.payload).code if frame.status == ERROR else None


@test
def who_may_read_only_is_not_refused_what_is_for_all():
    with Wire(shared().readonly_socket) as wire:
        for row in calls():
            if row["access"] == "ro" and row["name"] not in BEFORE_OPEN:
                assert answer(wire, row, GARBAGE) != OPERATION_DENIED, row["name"]


def walk(row):
    parts = PROTOCOL.arguments(row_name(row), values())
    with Wire(shared().socket) as maker, Wire(shared().socket) as wire:
        for what, payload, refused in variants(parts):
            make_domain(maker)
            code = answer(wire, row, payload)
            if refused:
                expect_equal((row["name"], what, code), (row["name"], what, RPC_ERROR))
            assert code != NO_SUPPORT, (row["name"], what)


@test
def numbers_and_lengths_at_their_limits_are_answered():
    pid = shared().process.pid
    walked = 0
    for row in calls():
        if row["name"] in BEFORE_OPEN or not PROTOCOL.takes_arguments(row_name(row)):
            continue
        walk(row)
        walked += 1
        expect_equal(type_of(shared().socket), "Xen")
    assert walked > 50, walked
    expect_equal(shared().process.pid, pid)
    assert os.path.exists("/proc/%d" % pid)


run()
