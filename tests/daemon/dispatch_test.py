#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may call what: numbers first, then permission, then arguments."""

from fixture import expect_equal, expect_in, run, shared, test
from wire import (AUTH_LIST, BLOCK_PEEK, CAPABILITIES, CLOSE, CREATE_XML, DEFINE_XML, DESTROY,
                  DUMP_XML, GET_TYPE, GET_URI, INTERNAL_ERROR, INVALID_ARG, LIST_ALL_DOMAINS, LIST_DOMAINS,
                  LOOKUP_BY_NAME, NO_CONNECT, NO_DOMAIN, NO_SUPPORT, OPEN, OPERATION_DENIED, QEMU,
                  RPC_ERROR, SUPPORTS_FEATURE, VCPUS_FLAGS, Reader, Wire, domain, integer,
                  optional, procedures, string)

SECURE, INACTIVE, MIGRATABLE, VCPU_GUEST = 1, 2, 8, 8
FROM_RPC, FROM_LIBXL, LEVEL_ERROR = 7, 41, 2


def socket():
    return shared().socket


@test
def auth_list_says_none():
    with Wire(socket(), opened=False) as wire:
        reader = Reader(wire.call(AUTH_LIST))
        expect_equal((reader.integer(), reader.integer()), (1, 0))


@test
def features_may_be_asked_for_before_opening():
    with Wire(socket(), opened=False) as wire:
        answers = {feature: Reader(wire.call(SUPPORTS_FEATURE, integer(feature))).integer()
                   for feature in (-1, 0, 1, 2, 9, 10, 14, 15, 1000)}
        expect_equal(answers, {-1: 0, 0: 0, 1: 0, 2: 0, 9: 1, 10: 1, 14: 1, 15: 1, 1000: 0})


@test
def nothing_else_may_be_called_before_opening():
    with Wire(socket(), opened=False) as wire:
        for procedure in (GET_TYPE, CAPABILITIES, LIST_ALL_DOMAINS, DEFINE_XML):
            error = wire.refused(procedure)
            expect_equal(error.code, INTERNAL_ERROR)
            expect_in("connection not open", error.message)


@test
def nothing_may_be_called_after_closing():
    with Wire(socket()) as wire:
        wire.call(CLOSE)
        assert wire.is_closed_by_peer()


@test
def opening_twice_is_refused():
    with Wire(socket()) as wire:
        expect_equal(wire.refused(OPEN, optional() + integer(0)).code, INTERNAL_ERROR)
        wire.call(GET_TYPE)


@test
def opening_takes_every_spelling_of_this_driver():
    for name in ("xen:///system", "xen:///", "", "xen:///system?socket=/a/b&mode=direct"):
        with Wire(socket(), opened=False) as wire:
            wire.call(OPEN, optional(string(name)) + integer(0))
            wire.call(GET_TYPE)
    with Wire(socket(), opened=False) as wire:
        wire.call(OPEN, optional() + integer(0))
        wire.call(GET_TYPE)


@test
def opening_refuses_other_drivers():
    for name in ("qemu:///system", "test:///default", "xen:///session", "xen://host/system",
                 "nonsense", "xen", ":", "xen:///system/../x", "xen:///%zz"):
        with Wire(socket(), opened=False) as wire:
            expect_equal(wire.refused(OPEN, optional(string(name)) + integer(0)).code, NO_CONNECT)
            expect_equal(wire.refused(GET_TYPE).code, INTERNAL_ERROR)


@test
def opening_refuses_unknown_flags():
    with Wire(socket(), opened=False) as wire:
        error = wire.refused(OPEN, optional(string("xen:///system")) + integer(0x80))
        expect_equal(error.code, INVALID_ARG)


@test
def an_unknown_procedure_is_an_rpc_error():
    with Wire(socket()) as wire:
        for number in (0, 454, 1000, 2**31, 2**32 - 1, 107, 318):
            error = wire.refused(number)
            expect_equal((error.code, error.domain), (RPC_ERROR, FROM_RPC))
            expect_in(str(number), error.message)
        wire.call(GET_TYPE)


@test
def an_unknown_program_or_version_is_an_rpc_error():
    with Wire(socket()) as wire:
        expect_equal(wire.refused(1, program=0xDEADBEEF).code, RPC_ERROR)
        expect_equal(wire.refused(1, program=0x20008088).code, RPC_ERROR)
        expect_equal(wire.refused(GET_TYPE, version=2).code, RPC_ERROR)
        expect_equal(wire.refused(GET_TYPE, version=0).code, RPC_ERROR)
        wire.call(GET_TYPE)


@test
def what_is_not_served_is_no_support_before_its_arguments_are_looked_at():
    with Wire(socket()) as wire:
        error = wire.refused(BLOCK_PEEK, b"\xff" * 8)
        expect_equal((error.code, error.domain, error.level), (NO_SUPPORT, FROM_LIBXL, LEVEL_ERROR))
        expect_equal(wire.refused(1, program=QEMU).code, NO_SUPPORT)


@test
def the_readonly_flag_binds_on_the_writable_socket_too():
    with Wire(socket(), readonly=True) as wire:
        for procedure in (CREATE_XML, DEFINE_XML, DESTROY):
            expect_equal(wire.refused(procedure, b"\xff" * 4).code, OPERATION_DENIED)


@test
def a_readonly_connection_sees_no_secrets():
    with Wire(shared().readonly_socket) as wire:
        for flags in (SECURE, MIGRATABLE, SECURE | INACTIVE):
            error = wire.refused(DUMP_XML, domain() + integer(flags))
            expect_equal(error.code, OPERATION_DENIED)
        expect_equal(wire.refused(DUMP_XML, domain() + integer(0)).code, NO_DOMAIN)
        expect_equal(wire.refused(VCPUS_FLAGS, domain() + integer(VCPU_GUEST)).code,
                     OPERATION_DENIED)


@test
def every_procedure_answers_whatever_its_arguments():
    """Garbage, and none: an error or a result, never silence."""
    allowed = {"connect_open", "connect_close"}
    with Wire(socket()) as wire:
        for row in procedures():
            if row["kind"] == "event" or row["name"] in allowed:
                continue
            for payload in (b"", b"\xff" * 64, b"\0" * 64, b"\x7f" * 64):
                serial = wire.send_call(row["number"], payload, program=row["program"])
                try:
                    wire.read_reply(serial)
                except Exception as error:
                    assert hasattr(error, "code"), (row["name"], payload, error)
    expect_in("running", shared().virsh("domstate", "Domain-0"))


@test
def a_string_longer_than_the_payload_is_an_rpc_error():
    with Wire(socket()) as wire:
        for length in (100, 4194304, 4194305, 2**31 - 1, 2**32 - 1):
            error = wire.refused(LOOKUP_BY_NAME, integer(length) + b"name")
            expect_equal(error.code, RPC_ERROR)
        wire.call(GET_TYPE)


@test
def list_maximums_are_checked():
    with Wire(socket()) as wire:
        expect_equal(wire.refused(LIST_DOMAINS, integer(-1)).code, INVALID_ARG)
        expect_equal(wire.refused(LIST_DOMAINS, integer(16385)).code, RPC_ERROR)
        expect_equal(Reader(wire.call(LIST_DOMAINS, integer(0))).integer(), 0)
        wire.call(LIST_DOMAINS, integer(16384))


@test
def the_uri_is_canonical():
    with Wire(socket(), opened=False) as wire:
        wire.call(OPEN, optional(string("xen:///")) + integer(0))
        expect_equal(Reader(wire.call(GET_URI)).string(), "xen:///system")


@test
def replies_may_come_in_any_order_and_repeat_the_serial():
    with Wire(socket()) as wire:
        serials = [wire.send_call(GET_TYPE) for _ in range(20)]
        expect_equal(sorted(wire.read_frame().serial for _ in serials), serials)


run()
