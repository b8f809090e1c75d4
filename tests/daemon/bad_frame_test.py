#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bytes that are no calls: they cost the one who sends them, and nobody else."""

import struct
import time

from fixture import PATIENCE, Daemon, connect, expect_equal, expect_in, run, shared, test, wait_for
from wire import (CALL, DUMP_XML, GET_TYPE, KEEPALIVE, LIST_ALL_DOMAINS, MESSAGE, REPLY, STREAM,
                  Wire, domain, frame, integer, open_descriptors, type_of)


def others_are_undisturbed():
    expect_equal(type_of(shared().socket), "Xen")


def closed_after(data):
    """The connection on which @data was sent is closed, and others are not."""
    with Wire(shared().socket) as bystander:
        with Wire(shared().socket) as wire:
            wire.send(data)
            assert wire.is_closed_by_peer()
        bystander.call(GET_TYPE)


def logged_since(position, text):
    return wait_for("'%s' in the log" % text, lambda: text in shared().log()[position:])


@test
def a_frame_of_4_gib_closes_the_connection_and_is_logged():
    before = len(shared().log())
    closed_after(struct.pack(">I", 2**32 - 1) + b"\0" * 24)
    logged_since(before, "closing")


@test
def a_frame_just_over_the_limit_closes_the_connection():
    closed_after(struct.pack(">I", 32 * 1024 * 1024 + 5))


@test
def a_frame_shorter_than_a_header_closes_the_connection():
    for length in (0, 4, 27):
        closed_after(struct.pack(">I", length) + b"\0" * 24)


@test
def a_truncated_frame_is_dropped_with_its_connection():
    with Wire(shared().socket) as wire:
        wire.send(frame(GET_TYPE)[:20])
    others_are_undisturbed()


@test
def a_frame_that_never_ends_delays_nobody():
    with Wire(shared().socket) as wire:
        wire.send(struct.pack(">I", 1024 * 1024) + b"\0" * 5000)
        others_are_undisturbed()


@test
def a_frame_byte_by_byte_is_a_frame():
    with Wire(shared().socket) as wire:
        for byte in frame(GET_TYPE, serial=77):
            wire.send(bytes([byte]))
        expect_equal(wire.read_frame().serial, 77)


@test
def two_frames_in_one_write_are_two_calls():
    with Wire(shared().socket) as wire:
        wire.send(frame(GET_TYPE, serial=1) + frame(GET_TYPE, serial=2))
        expect_equal({wire.read_frame().serial, wire.read_frame().serial}, {1, 2})


@test
def a_truncated_argument_is_an_error_and_the_connection_goes_on():
    with Wire(shared().socket) as wire:
        whole = domain() + integer(0)
        for size in range(0, len(whole)):
            wire.refused(DUMP_XML, whole[:size])
        wire.call(GET_TYPE)


@test
def a_reply_or_stream_frame_from_a_client_does_no_harm():
    for kind in (REPLY, STREAM, 5, 6, 99):
        with Wire(shared().socket) as wire:
            wire.send(frame(GET_TYPE, kind=kind))
    others_are_undisturbed()


@test
def a_call_with_a_status_does_no_harm():
    with Wire(shared().socket) as wire:
        wire.send(frame(GET_TYPE, kind=CALL, status=1))
    others_are_undisturbed()


@test
def a_ping_gets_a_pong():
    with Wire(shared().socket) as wire:
        wire.send(frame(1, program=KEEPALIVE, kind=MESSAGE))
        pong = wire.read_frame()
        expect_equal((pong.program, pong.procedure, pong.type), (KEEPALIVE, 2, MESSAGE))


@test
def noise_closes_the_connection():
    closed_after(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


@test
def a_client_that_reads_no_replies_delays_nobody():
    with Wire(shared().socket) as wire:
        wire.socket.setblocking(False)
        call = frame(LIST_ALL_DOMAINS, integer(1) + integer(0))
        try:
            for _ in range(100000):
                wire.socket.send(call)
        except BlockingIOError:
            pass
        others_are_undisturbed()


@test
def clients_that_come_and_go_leave_nothing_behind():
    pid = shared().process.pid
    others_are_undisturbed()
    before = open_descriptors(pid)
    for _ in range(200):
        connect(shared().socket).close()
    wait_for("descriptors to be closed", lambda: open_descriptors(pid) <= before + 1)


@test
def a_client_that_does_not_answer_pings_is_closed():
    daemon = Daemon(config="keepalive_interval = 1\nkeepalive_count = 2\n")
    with Wire(daemon.socket, opened=False) as wire:
        wire.call(60, integer(10))
        start = time.monotonic()
        assert wire.is_closed_by_peer()
        assert 1 < time.monotonic() - start < PATIENCE
    expect_equal(type_of(daemon.socket), "Xen")
    expect_in("ready", daemon.log())


@test
def a_client_that_was_not_asked_about_keepalive_may_be_silent():
    daemon = Daemon(config="keepalive_interval = 1\nkeepalive_count = 1\n")
    with Wire(daemon.socket) as wire:
        time.sleep(4)
        wire.call(GET_TYPE)


run()
