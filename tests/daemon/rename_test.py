#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a domain is called and what is noted about it, and reset: by stock virsh and
libvirt-python on the simulated host."""

import os
import xml.etree.ElementTree as ElementTree

import libvirt

from fixture import Daemon, expect_equal, expect_in, run, shared, test, wait_for
from guests import Guest, channel, connection, fails

LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE
CONFIG = libvirt.VIR_DOMAIN_AFFECT_CONFIG
DESCRIPTION = libvirt.VIR_DOMAIN_METADATA_DESCRIPTION
TITLE = libvirt.VIR_DOMAIN_METADATA_TITLE
ELEMENT = libvirt.VIR_DOMAIN_METADATA_ELEMENT
URI = "http://example.org/app"
UNKNOWN = 1 << 20


def stored(daemon, name):
    """What the next start uses, from disk."""
    return ElementTree.parse(os.path.join(daemon.path("etc/libvirt/libxl"), name + ".xml")).getroot()


def note(application, tag):
    return application.find("metadata/{%s}%s" % (URI, tag))


# Metadata


@test
def title_and_description_change_live_and_for_the_next_start():
    with Guest(shared(), "noted") as guest:
        domain = guest.domain()
        domain.setMetadata(TITLE, "A title", None, None, LIVE)
        domain.setMetadata(DESCRIPTION, "Some\nlines", None, None, CONFIG)
        expect_equal(domain.metadata(TITLE, None, LIVE), "A title")
        fails(libvirt.VIR_ERR_NO_DOMAIN_METADATA, domain.metadata, TITLE, None, CONFIG)
        expect_equal(stored(shared(), "noted").findtext("description"), "Some\nlines")
        shared().virsh("desc", "noted", "--live", "--config", "--title", "Both")
        expect_equal((domain.metadata(TITLE, None, LIVE), domain.metadata(TITLE, None, CONFIG)), ("Both", "Both"))
        domain.setMetadata(TITLE, "", None, None, LIVE | CONFIG)
        domain.setMetadata(DESCRIPTION, None, None, None, CONFIG)
        for kind in (TITLE, DESCRIPTION):
            fails(libvirt.VIR_ERR_NO_DOMAIN_METADATA, domain.metadata, kind, None, CONFIG)


@test
def an_applications_element_is_set_replaced_and_removed():
    with Guest(shared(), "element") as guest:
        domain = guest.domain()
        domain.setMetadata(ELEMENT, "<vm><owner id='1'/></vm>", "app", URI, LIVE | CONFIG)
        vm = note(ElementTree.fromstring(domain.XMLDesc()), "vm")
        expect_equal(vm.find("{%s}owner" % URI).get("id"), "1")
        shared().virsh("metadata", "element", URI, "--key", "app", "--set", "<other/>", "--config")
        assert note(stored(shared(), "element"), "vm") is None
        assert note(stored(shared(), "element"), "other") is not None
        domain.setMetadata(ELEMENT, "<mine/>", "m", "http://example.org/mine", CONFIG)
        shared().virsh("metadata", "element", URI, "--remove", "--config")
        expect_equal(len(stored(shared(), "element").find("metadata")), 1)
        domain.setMetadata(ELEMENT, None, None, "http://example.org/mine", CONFIG)
        assert stored(shared(), "element").find("metadata") is None
        expect_in("owner", shared().virsh("metadata", "element", URI, "--live"))


def given_back(domain, text):
    """What is given, and given again when that is set, and what is in the definition then."""
    domain.setMetadata(ELEMENT, text, "app", URI, 0)
    first = domain.metadata(ELEMENT, URI)
    domain.setMetadata(ELEMENT, first, "app", URI, 0)
    metadata = ElementTree.fromstring(domain.XMLDesc()).find("metadata")
    return first, domain.metadata(ELEMENT, URI), ElementTree.canonicalize(
        ElementTree.tostring(metadata, encoding="unicode"), strip_text=True)


@test
def an_element_is_given_back_as_libvirts_own_driver_gives_it():
    stock = libvirt.open("test:///default").lookupByName("test")
    with Guest(shared(), "given-back") as guest:
        for text in ("<vm q='1'><owner id='1'/>text</vm>", "<vm xmlns:b='urn:b' b:q='1'><b:owner/><other/></vm>",
                     "<vm><owner xmlns='urn:c'><other/></owner></vm>"):
            expect_equal(given_back(guest.domain(), text), given_back(stock, text))
        # What libvirt refuses, although it means the same.
        guest.domain().setMetadata(ELEMENT, "<app:vm xmlns:app='%s' app:q='1'/>" % URI, "app", URI, 0)
        expect_equal(guest.domain().metadata(ELEMENT, URI), '<vm q="1"/>')


@test
def metadata_of_a_live_domain_survives_the_daemon():
    daemon = Daemon()
    with Guest(daemon, "survivor") as guest:
        guest.domain().setMetadata(ELEMENT, "<vm/>", "app", URI, LIVE)
        daemon.kill()
        daemon.start()
        expect_equal(guest.domain().metadata(ELEMENT, URI, LIVE), "<vm/>")
        fails(libvirt.VIR_ERR_NO_DOMAIN_METADATA, guest.domain().metadata, ELEMENT, URI, CONFIG)


@test
def metadata_that_can_not_be_is_refused():
    with Guest(shared(), "bad-notes") as guest:
        domain = guest.domain()
        before = domain.XMLDesc()
        for arguments in ((7, "x", None, None, 0), (-1, "x", None, None, 0),
                          (TITLE, "x", None, None, UNKNOWN), (TITLE, "two\nlines", None, None, 0),
                          (ELEMENT, "<a/>", "app", "", 0)):
            fails(libvirt.VIR_ERR_INVALID_ARG, domain.setMetadata, *arguments)
        for value, key in (("<a/>", "not a prefix"), ("<a xmlns:app='urn:x'/>", "app")):
            fails(libvirt.VIR_ERR_INTERNAL_ERROR, domain.setMetadata, ELEMENT, value, key, URI, 0)
        fails(libvirt.VIR_ERR_XML_DETAIL, domain.setMetadata, ELEMENT, "<a>", "app", URI, 0)
        fails(libvirt.VIR_ERR_XML_ERROR, domain.setMetadata, ELEMENT,
              "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "app", URI, 0)
        expect_equal(domain.XMLDesc(), before)
    with Guest(shared(), "bad-notes", start=()) as guest:
        fails(libvirt.VIR_ERR_OPERATION_INVALID, guest.domain().setMetadata, TITLE, "x", None, None, LIVE)


@test
def a_change_of_metadata_is_an_event_for_who_asked():
    heard = []
    with Guest(shared(), "heard") as guest, Guest(shared(), "other", start=()) as other:
        host = connection(shared())
        number = host.domainEventRegisterAny(
            host.lookupByName("heard"), libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
            lambda _, domain, kind, uri, opaque: heard.append((domain.name(), kind, uri)), None)
        other.domain().setMetadata(TITLE, "unheard", None, None, 0)
        guest.domain().setMetadata(TITLE, "x", None, None, 0)
        guest.domain().setMetadata(ELEMENT, "<vm/>", "app", URI, CONFIG)
        wait_for("both events", lambda: len(heard) >= 2)
        expect_equal(heard, [("heard", TITLE, None), ("heard", ELEMENT, URI)])
        host.domainEventDeregisterAny(number)


# Another name


@test
def a_renamed_domain_is_the_same_domain():
    daemon = Daemon()
    daemon.define("old")
    daemon.virsh("autostart", "old")
    identity = daemon.virsh("domuuid", "old")
    daemon.virsh("domrename", "old", "new")
    for _ in range(2):
        expect_equal(daemon.virsh("list", "--all", "--name", "--autostart").split(), ["new"])
        expect_equal(daemon.virsh("domuuid", "new"), identity)
        expect_equal(daemon.virsh("dumpxml", "--xpath", "/domain/name/text()", identity).strip(), "new")
        expect_in("old", daemon.virsh_fails("domstate", "old"))
        expect_equal(sorted(os.listdir(daemon.path("etc/libvirt/libxl"))), ["autostart", "new.xml"])
        expect_equal(os.listdir(daemon.path("etc/libvirt/libxl/autostart")), ["new.xml"])
        daemon.kill()
        daemon.start()
    # The name is free.
    daemon.define("old")


@test
def a_renamed_domain_is_told_of_twice():
    heard = []
    host = connection(shared())
    shared().define("before")
    number = host.domainEventRegisterAny(
        None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        lambda _, domain, event, detail, opaque: heard.append((domain.name(), event, detail)), None)
    host.lookupByName("before").rename("after")
    wait_for("both events", lambda: len(heard) >= 2)
    expect_equal(heard, [
        ("before", libvirt.VIR_DOMAIN_EVENT_UNDEFINED, libvirt.VIR_DOMAIN_EVENT_UNDEFINED_RENAMED),
        ("after", libvirt.VIR_DOMAIN_EVENT_DEFINED, libvirt.VIR_DOMAIN_EVENT_DEFINED_RENAMED)])
    host.domainEventDeregisterAny(number)
    shared().remove("after")


@test
def names_that_can_not_be_are_refused():
    with Guest(shared(), "taken", start=()), Guest(shared(), "mine", start=()) as guest:
        domain = guest.domain()
        fails(libvirt.VIR_ERR_OPERATION_FAILED, domain.rename, "taken")
        fails(libvirt.VIR_ERR_INVALID_ARG, domain.rename, "mine")
        fails(libvirt.VIR_ERR_INVALID_ARG, domain.rename, "yours", UNKNOWN)
        for name in ("a/b", ".."):
            fails(libvirt.VIR_ERR_XML_ERROR, domain.rename, name)
        expect_equal(sorted(shared().virsh("list", "--all", "--name").split()), ["Domain-0", "mine", "taken"])
        shared().virsh("start", "mine")
        fails(libvirt.VIR_ERR_OPERATION_INVALID, domain.rename, "yours")
        fails(libvirt.VIR_ERR_OPERATION_INVALID, connection(shared()).lookupByID(0).rename, "yours")


@test
def a_domain_with_a_managed_save_keeps_its_name():
    with Guest(shared(), "saved", start=()) as guest:
        image = shared().path("var/lib/libvirt/libxl/save/saved.save")
        with open(image, "w") as file:
            file.write("an image")
        expect_in("managed save", shared().virsh_fails("domrename", "saved", "other"))
        os.unlink(image)
        guest.domain().rename("other")
    shared().remove("other")


@test
def a_rename_that_can_not_be_written_changes_nothing():
    with Guest(shared(), "stays", start=()) as guest:
        os.mkdir(shared().path("etc/libvirt/libxl/blocked.xml"))
        fails(libvirt.VIR_ERR_SYSTEM_ERROR, guest.domain().rename, "blocked")
        os.rmdir(shared().path("etc/libvirt/libxl/blocked.xml"))
        expect_equal(stored(shared(), "stays").findtext("name"), "stays")
        shared().virsh("start", "stays")
        guest.daemon.define("blocked")
        shared().remove("blocked")


# Reset, wake-up


@test
def a_reset_builds_the_domain_anew_as_it_runs():
    with Guest(shared(), "reset", devices=channel()) as guest:
        heard = []
        host = connection(shared())
        number = host.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_REBOOT,
                                             lambda _, domain, opaque: heard.append(domain.name()), None)
        domain = guest.domain()
        first = domain.ID()
        domain.setMetadata(TITLE, "as it runs", None, None, LIVE)
        domain.suspend()
        shared().virsh("reset", "reset")
        expect_equal(shared().state("reset"), "running")
        assert int(shared().virsh("domid", "reset")) > first
        expect_equal(guest.domain().metadata(TITLE, None, LIVE), "as it runs")
        wait_for("the event", lambda: heard == ["reset"])
        host.domainEventDeregisterAny(number)


@test
def a_reset_that_the_host_refuses_leaves_what_runs():
    with Guest(shared(), "reset-refused") as guest:
        before = guest.domain().XMLDesc()
        shared().ctl("fail", "destroy", "1")
        fails(libvirt.VIR_ERR_INTERNAL_ERROR, guest.domain().reset)
        expect_equal((guest.domain().XMLDesc(), shared().state("reset-refused")), (before, "running"))
        shared().ctl("fail", "create", "1")
        fails(libvirt.VIR_ERR_INTERNAL_ERROR, guest.domain().reset)
        expect_equal(shared().state("reset-refused"), "shut off")
        fails(libvirt.VIR_ERR_OPERATION_INVALID, guest.domain().reset)
        fails(libvirt.VIR_ERR_INVALID_ARG, guest.domain().reset, UNKNOWN)
        fails(libvirt.VIR_ERR_OPERATION_INVALID, connection(shared()).lookupByID(0).reset)


run()
