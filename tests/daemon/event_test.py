#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events reach those who asked: virsh, and both families on the wire."""

import os
import select
import signal
import uuid

from fixture import expect_equal, expect_in, run, shared, test, wait_for
from wire import (BALLOON_CHANGE, CALLBACK_BALLOON_CHANGE, CALLBACK_DEREGISTER,
                  CALLBACK_LIFECYCLE, CALLBACK_REGISTER, EVENT_DEREGISTER, EVENT_DEREGISTER_ANY,
                  EVENT_LIFECYCLE, EVENT_REGISTER, EVENT_REGISTER_ANY, GET_TYPE, INTERNAL_ERROR,
                  INVALID_ARG, MESSAGE, Reader, Wire, domain, integer, optional)

LIFECYCLE, REBOOT, BALLOON, DEVICE_REMOVED, BLOCK_JOB_2, LAST = 0, 1, 13, 15, 16, 27
DEFINED, UNDEFINED, STARTED, SUSPENDED, RESUMED, STOPPED, SHUTDOWN = range(7)


def lifecycle_of(frame):
    """(domain name, event, detail) of a message of the old family."""
    reader = Reader(frame.payload)
    return reader.domain()[0], reader.integer(), reader.integer()


def callback_lifecycle_of(frame):
    """(callback, domain name, event, detail) of one of the new family."""
    reader = Reader(frame.payload)
    return reader.integer(), reader.domain()[0], reader.integer(), reader.integer()


def next_callback_lifecycle(wire):
    frame = wire.next_event()
    expect_equal((frame.type, frame.procedure), (MESSAGE, CALLBACK_LIFECYCLE))
    return callback_lifecycle_of(frame)


def register(wire, event=LIFECYCLE, only=None):
    return Reader(wire.call(CALLBACK_REGISTER, integer(event) + optional(only))).integer()


def no_more_events(wire):
    """After a further call has been answered, none has come."""
    wire.call(GET_TYPE)
    return not wire.events


@test
def virsh_event_loop_shows_a_domains_life():
    daemon = shared()
    process = daemon.virsh_process("event", "--all", "--loop", "--timestamp")
    seen = []
    identity = uuid.uuid4()
    # virsh prints nothing when it begins to listen: define until it sees it.

    def listens():
        daemon.define("alive", uuid=identity)
        return process.poll() is not None or reads(process, seen)
    wait_for("virsh to listen", listens)
    for command in ("start", "suspend", "resume", "destroy", "undefine"):
        daemon.virsh(command, "alive")

    def has_seen_all():
        reads(process, seen)
        return "Undefined Removed" in "".join(seen)
    wait_for("the last event", has_seen_all)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    text = "".join(seen) + out
    for what in ("Defined", "Started Booted", "Suspended Paused", "Resumed Unpaused",
                 "Stopped Destroyed", "Undefined Removed"):
        expect_in("event 'lifecycle' for domain 'alive': " + what, text)
    expect_equal(err, "")


def reads(process, seen):
    """Is there output? (It ends up in seen.)"""
    if not select.select([process.stdout], [], [], 0.1)[0]:
        return False
    seen.append(os.read(process.stdout.fileno(), 65536).decode())
    return True


@test
def every_known_event_can_be_registered():
    with Wire(shared().socket) as wire:
        callbacks = [register(wire, event) for event in range(LAST + 1)]
        expect_equal(len(set(callbacks)), LAST + 1)


@test
def an_unknown_event_is_an_invalid_argument():
    with Wire(shared().socket) as wire:
        for event in (-1, LAST + 1, 2**31 - 1):
            error = wire.refused(CALLBACK_REGISTER, integer(event) + optional())
            expect_equal(error.code, INVALID_ARG)
        expect_equal(wire.refused(EVENT_REGISTER_ANY, integer(-1)).code, INVALID_ARG)


@test
def the_new_family_carries_the_callback_id():
    daemon = shared()
    with Wire(daemon.socket) as wire:
        first, second = register(wire), register(wire)
        daemon.define("twice")
        got = [next_callback_lifecycle(wire), next_callback_lifecycle(wire)]
        expect_equal(sorted(got), sorted([(first, "twice", DEFINED, 0), (second, "twice", DEFINED, 0)]))
    daemon.remove("twice")


@test
def a_registration_for_one_domain_hears_of_no_other():
    daemon = shared()
    identity = uuid.uuid4()
    daemon.define("mine", uuid=identity)
    with Wire(daemon.socket) as wire:
        callback = register(wire, only=domain("mine", identity))
        daemon.define("others")
        daemon.virsh("start", "mine")
        expect_equal(next_callback_lifecycle(wire)[:3], (callback, "mine", STARTED))
    daemon.remove("mine")
    daemon.remove("others")


@test
def deregistered_means_silent():
    daemon = shared()
    with Wire(daemon.socket) as wire:
        callback = register(wire)
        wire.call(CALLBACK_DEREGISTER, integer(callback))
        daemon.define("unheard")
        assert no_more_events(wire)
    daemon.remove("unheard")


@test
def a_callback_that_is_not_registered_can_not_be_deregistered():
    with Wire(shared().socket) as wire:
        for callback in (0, 5, -1):
            error = wire.refused(CALLBACK_DEREGISTER, integer(callback))
            expect_equal(error.code, INTERNAL_ERROR)


@test
def the_old_family_for_lifecycle():
    daemon = shared()
    with Wire(daemon.socket) as wire:
        wire.call(EVENT_REGISTER)
        daemon.define("ancient")
        frame = wire.next_event()
        expect_equal((frame.type, frame.procedure), (MESSAGE, EVENT_LIFECYCLE))
        expect_equal(lifecycle_of(frame), ("ancient", DEFINED, 0))
        wire.call(EVENT_DEREGISTER)
        daemon.virsh("undefine", "ancient")
        assert no_more_events(wire)


@test
def the_old_family_by_event():
    daemon = shared()
    with Wire(daemon.socket) as wire:
        wire.call(EVENT_REGISTER_ANY, integer(LIFECYCLE))
        daemon.define("old")
        expect_equal(lifecycle_of(wire.next_event()), ("old", DEFINED, 0))
        wire.call(EVENT_DEREGISTER_ANY, integer(LIFECYCLE))
        daemon.virsh("undefine", "old")
        assert no_more_events(wire)


@test
def the_old_family_registers_an_event_once():
    with Wire(shared().socket) as wire:
        for event in range(DEVICE_REMOVED + 1):
            wire.call(EVENT_REGISTER_ANY, integer(event))
        expect_equal(wire.refused(EVENT_REGISTER_ANY, integer(LIFECYCLE)).code, INTERNAL_ERROR)
        expect_equal(wire.refused(EVENT_REGISTER_ANY, integer(BLOCK_JOB_2)).code, INVALID_ARG)


@test
def both_families_at_once():
    daemon = shared()
    with Wire(daemon.socket) as wire:
        wire.call(EVENT_REGISTER)
        register(wire)
        daemon.define("both")
        procedures = {wire.next_event().procedure, wire.next_event().procedure}
        expect_equal(procedures, {EVENT_LIFECYCLE, CALLBACK_LIFECYCLE})
    daemon.remove("both")


@test
def both_families_hear_how_much_memory_a_guest_has():
    daemon = shared()
    daemon.running("balloon")
    with Wire(daemon.socket) as wire:
        wire.call(EVENT_REGISTER_ANY, integer(BALLOON))
        callback = register(wire, BALLOON)
        daemon.virsh("setmem", "balloon", "70000")
        frames = {frame.procedure: Reader(frame.payload) for frame in (wire.next_event(), wire.next_event())}
        expect_equal(frames[CALLBACK_BALLOON_CHANGE].integer(), callback)
        for reader in (frames[BALLOON_CHANGE], frames[CALLBACK_BALLOON_CHANGE]):
            expect_equal((reader.domain()[0], reader.integer(), reader.integer()), ("balloon", 0, 70000))
    daemon.remove("balloon")


@test
def a_readonly_client_hears_events():
    daemon = shared()
    with Wire(daemon.readonly_socket) as wire:
        callback = register(wire)
        daemon.define("public")
        expect_equal(next_callback_lifecycle(wire), (callback, "public", DEFINED, 0))
    daemon.remove("public")


@test
def a_start_and_a_stop_name_the_id():
    daemon = shared()
    daemon.define("numbered")
    with Wire(daemon.socket) as wire:
        register(wire)
        daemon.virsh("start", "numbered")
        number = int(daemon.virsh("domid", "numbered"))
        reader = Reader(wire.next_event().payload)
        reader.integer()
        expect_equal(reader.domain()[2], number)
    daemon.remove("numbered")


@test
def no_more_callbacks_than_the_limit():
    with Wire(shared().socket) as wire:
        for _ in range(1024):
            register(wire)
        wire.refused(CALLBACK_REGISTER, integer(LIFECYCLE) + optional())
        wire.call(GET_TYPE)


run()
