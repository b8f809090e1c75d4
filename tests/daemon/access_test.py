#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""access_drivers = ["polkit"]: polkit is asked about each call, by libvirt's actions, and lists
and events tell of no more than the client may know of (polkit.py)."""

import functools
import operator
import os
import uuid

import libvirt

from fixture import domain_xml, expect_equal, expect_in, run, test, wait_for
from polkit import CONFIG, Bus
from wire import (CREATE_XML, EVENT_LIFECYCLE, EVENT_REGISTER, LIST_ALL_DOMAINS, LOOKUP_BY_NAME, NO_DOMAIN, NO_SUPPORT,
                  REMOTE, RPC_ERROR, Reader, integer, procedures, string)
from xdr import Protocol, join

ACCESS_DENIED = 88
API = "org.libvirt.api."
IDENTITY = uuid.UUID("acce55ed-acce-55ed-acce-55edacce55ed")
MINE, OTHER = "mine", "other"
PROTOCOL = Protocol()
# Their flags are no words of this version of libvirt's.
BEYOND = {"domain_set_throttle_group", "domain_del_throttle_group"}
# What they are about is in a file.
WITH_IMAGE = {"domain_restore", "domain_restore_params", "domain_save_image_get_xml_desc"}
NUM_OF_DEFINED = 25
ACCESS_CONFIG = 'access_drivers = [ "polkit" ]\nunix_sock_rw_perms = "0777"\n'


def access_bus(decision="yes"):
    return Bus(decision, config=ACCESS_CONFIG)


def denied(bus, *arguments):
    expect_in("access denied", bus.virsh(*arguments)[2])


def says(bus, *arguments):
    _, out, err = bus.virsh(*arguments)
    expect_equal(err.strip(), "")
    return out


def define(bus, name, identity=None):
    says(bus, "define", bus.daemon.file(name + ".xml", domain_xml(name, uuid=identity)))


def actions(bus):
    return [question["action"][len(API):] for question in bus.questions()]


# --- calls -----------------------------------------------------------------------------------


def mask(condition):
    return functools.reduce(operator.or_, (getattr(libvirt, name) for name in condition[-1].lstrip("!").split("|")))


def holds(condition, flags):
    if not condition:
        return True
    if len(condition) == 3:
        return flags == mask(condition)
    return bool(flags & mask(condition)) != condition[-1].startswith("!")


def conditions(row):
    return [text.split(":")[2:] for text in row["acl"].split(",") if text.count(":") > 1]


def wanted(row, flags):
    """The permissions of a call with these flags, as polkit knows them."""
    for text in row["acl"].split(","):
        kind, permission, *condition = text.split(":")
        if holds(condition, flags):
            yield "%s.%s" % (kind.replace("_", "-"), permission.replace("_", "-"))


def payload(row, flags):
    name = ("remote_" if row["program"] == REMOTE else "qemu_") + row["name"]
    xml = domain_xml(MINE, uuid=IDENTITY).encode()
    values = {"name": MINE.encode(), "uuid": IDENTITY.bytes, "id": 1, "xml": xml, "xml_desc": xml, "dxml": xml,
              "flags": flags, "source": flags}
    return join(PROTOCOL.arguments(name, values)) if PROTOCOL.takes_arguments(name) else b""


def check_call(bus, row, flags=0):
    """Of all that it takes, the last permission is missing. True: it is served."""
    permissions = list(wanted(row, flags))
    bus.decide("yes")
    with bus.user(opened=row["name"] != "connect_open") as wire:
        missing = permissions[-1]
        permissions = permissions[:permissions.index(missing) + 1]  # one may be in it twice
        bus.permit(*(API + permission for permission in permissions[:-1]))
        bus.forget_questions()
        error = wire.refused(row["number"], payload(row, flags), program=row["program"])
        if error.code == NO_SUPPORT:
            return False
        expect_equal((row["name"], flags, error.code, actions(bus)), (row["name"], flags, ACCESS_DENIED, permissions))
        for question in bus.questions():
            check_details(row, question)
    return True


@test
def each_call_takes_the_permissions_that_libvirt_documents():
    with access_bus() as bus:
        define(bus, MINE, IDENTITY)
        says(bus, "start", MINE)
        served = [row for row in procedures() if row["kind"] != "event" and row["name"] not in WITH_IMAGE and
                  row["acl"].startswith(("domain:", "connect:")) and check_call(bus, row)]
        assert len(served) > 100, len(served)


def check_details(row, question):
    details = {"connect_driver": "Xen"}
    if question["action"].startswith(API + "domain."):
        details.update(domain_name=MINE, domain_uuid=str(IDENTITY))
    expect_equal((row["name"], question["details"]), (row["name"], details))
    expect_equal(question["flags"], 0)


@test
def flags_may_take_more():
    with access_bus() as bus:
        define(bus, MINE, IDENTITY)
        says(bus, "start", MINE)
        checked = 0
        for row in procedures():
            if row["acl"].startswith("domain:") and conditions(row) and row["name"] not in BEYOND:
                checked += sum(check_call(bus, row, mask(condition)) for condition in conditions(row))
        assert checked > 20, checked


@test
def passwords_are_not_for_who_may_only_read():
    with access_bus() as bus:
        define(bus, MINE)
        bus.permit(API + "connect.*", API + "domain.getattr", API + "domain.read")
        expect_in("<domain", says(bus, "dumpxml", MINE))
        denied(bus, "dumpxml", MINE, "--security-info")
        expect_equal([action for action in actions(bus) if "read" in action],
                     ["domain.read", "domain.read", "domain.read-secure"])


@test
def who_may_do_it_does_it_to_his_own():
    with access_bus() as bus:
        for name in (MINE, OTHER):
            define(bus, name)
        bus.permit(API + "connect.*", API + "domain.getattr", API + "domain.start@" + MINE)
        says(bus, "start", MINE)
        denied(bus, "start", OTHER)
        denied(bus, "destroy", MINE)


@test
def a_definition_is_judged_by_the_name_in_it():
    with access_bus("no") as bus:
        bus.permit(API + "connect.*", API + "domain.*@" + MINE)
        define(bus, MINE)
        denied(bus, "define", bus.daemon.file("other.xml", domain_xml(OTHER)))
        denied(bus, "create", bus.daemon.file("other.xml", domain_xml(OTHER)))


@test
def an_image_is_judged_by_the_domain_in_it():
    with access_bus() as bus:
        image = bus.daemon.path("image")
        says(bus, "create", bus.daemon.file("other.xml", domain_xml(OTHER)))
        says(bus, "save", OTHER, image)
        bus.permit(API + "connect.*", API + "domain.*@" + MINE)
        denied(bus, "restore", image)
        denied(bus, "save-image-dumpxml", image)
        expect_equal([question["details"]["domain_name"] for question in bus.questions()
                      if question["action"].startswith(API + "domain.")][-1], OTHER)
        bus.permit(API + "connect.*", API + "domain.*@" + OTHER)
        expect_in(OTHER, says(bus, "save-image-dumpxml", image))
        says(bus, "restore", image)
        expect_equal(says(bus, "list", "--name"), OTHER)


@test
def whoever_names_no_domain_hears_so():
    with access_bus("no") as bus:
        bus.permit(API + "connect.*")
        with bus.user(opened=True) as wire:
            expect_equal(wire.refused(LOOKUP_BY_NAME, string("nobody")).code, NO_DOMAIN)


# --- lists and events ---------------------------------------------------------------------------


@test
def lists_have_what_the_client_may_know_of():
    with access_bus() as bus:
        for name in (MINE, OTHER, "third"):
            define(bus, name)
        bus.permit(API + "connect.*", API + "domain.*@" + MINE, API + "domain.*@third")
        expect_equal(sorted(says(bus, "list", "--all", "--name").split()), [MINE, "third"])
        stats = says(bus, "domstats", "--state")
        expect_in("Domain: '%s'" % MINE, stats)
        assert OTHER not in stats, stats
        with bus.user(opened=True) as wire:
            expect_equal(wire.refused(LOOKUP_BY_NAME, string(OTHER)).code, ACCESS_DENIED)
            expect_equal(Reader(wire.call(NUM_OF_DEFINED)).integer(), 2)
            bus.permit(API + "connect.getattr")
            expect_equal(wire.refused(LIST_ALL_DOMAINS, integer(1) + integer(0)).code, ACCESS_DENIED)


def asked_about(bus):
    return [question["details"]["domain_name"] for question in bus.questions()
            if question.get("action") == API + "domain.getattr"]


def listed(payload):
    reader = Reader(payload)
    return {reader.domain()[0] for _ in range(reader.integer())}


@test
def polkit_is_asked_about_some_of_a_list_at_a_time():
    """Not one after the other, and not about all at once: others get their answers, too."""
    names = ["many-%d" % number for number in range(100)]
    with access_bus() as bus, bus.user(opened=True) as wire, bus.user(opened=True) as other:
        for name in names + [MINE]:
            bus.daemon.define(name)
        bus.forget_questions()
        bus.permit(API + "connect.*", API + "domain.getattr@" + MINE, "[?]" + API + "domain.getattr")
        serial = wire.send_call(LIST_ALL_DOMAINS, integer(1) + integer(0))
        wait_for("several questions", lambda: len(asked_about(bus)) >= 8)
        expect_equal(Reader(other.call(LOOKUP_BY_NAME, string(MINE))).domain()[0], MINE)
        assert len(asked_about(bus)) < 50, asked_about(bus)
        bus.permit(API + "connect.*", API + "domain.getattr@" + MINE, API + "domain.getattr@many-?")
        expect_equal(listed(wire.read_reply(serial)), {MINE, *names[:10]})


@test
def a_client_that_leaves_amid_the_questions_about_its_list_does_no_harm():
    with access_bus() as bus:
        for number in range(30):
            bus.daemon.define("many-%d" % number)
        bus.forget_questions()
        bus.permit(API + "connect.*", "[?]" + API + "domain.getattr")
        with bus.user(opened=True) as wire:
            wire.send_call(LIST_ALL_DOMAINS, integer(1) + integer(0))
            wait_for("several questions", lambda: len(asked_about(bus)) >= 8)
        bus.decide("yes")
        expect_equal(len(says(bus, "list", "--all", "--name").split()), 31)  # and Domain-0


@test
def events_tell_of_what_the_client_may_know_of():
    with access_bus() as bus:
        bus.permit(API + "connect.*", API + "domain.write", API + "domain.start", API + "domain.*@" + MINE)
        with bus.user(opened=True) as watcher, bus.user(opened=True) as maker:
            watcher.call(EVENT_REGISTER)
            for name in (OTHER, MINE):
                maker.call(CREATE_XML, string(domain_xml(name)) + integer(0))
            event = watcher.next_event()
            expect_equal(event.procedure, EVENT_LIFECYCLE)
            expect_equal(Reader(event.payload).domain()[0], MINE)


# --- polkit itself ------------------------------------------------------------------------------


@test
def root_is_not_asked_about():
    if os.getuid() != 0:
        return
    with access_bus("no") as bus:
        bus.daemon.define("tc")
        bus.daemon.virsh("start", "tc")
        expect_equal(bus.questions(), [])


@test
def nobody_else_waits_for_an_answer():
    with access_bus() as bus, bus.user(opened=True) as wire:
        define(bus, MINE)
        bus.decide("wait")
        serials = [wire.send_call(LOOKUP_BY_NAME, string(MINE)) for _ in range(3)]
        expect_equal(wire.refused(9999).code, RPC_ERROR)
        bus.decide("yes")
        frames = [wire.read_frame() for _ in serials]
        expect_equal(sorted(frame.serial for frame in frames), serials)


@test
def without_polkit_nothing_is_permitted():
    with Bus(authority=False, config=ACCESS_CONFIG) as bus:
        denied(bus, "list")
        assert bus.daemon.is_alive()


@test
def polkit_can_be_asked_about_both():
    with Bus("no", config=CONFIG + 'access_drivers = [ "polkit" ]\n') as bus:
        bus.permit("org.libvirt.unix.manage")
        denied(bus, "list")
        bus.permit("org.libvirt.unix.manage", API + "connect.*")
        says(bus, "list")


run()
