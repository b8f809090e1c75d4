# SPDX-License-Identifier: LGPL-2.1-or-later
"""Domains that are not virtxld's: Domain-0, and what xl has started."""

import contextlib
import os

import libvirt

from host import clients, expect_equal, guests, in_long_runs, stays_true, wait_until, xen
from host.daemons import virtxld

CONFIGURATION = os.path.join(os.path.dirname(__file__), "domains/xl.cfg")
NAME = "of-xl"


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield


@contextlib.contextmanager
def started_by_xl(*settings):
    xen.run("xl", "create", CONFIGURATION, *settings)
    wait_until(lambda: clients.exists(NAME), "virtxld lists it", 20)
    try:
        yield xen.xl_domains()[NAME]
    finally:
        if NAME in xen.xl_domains():
            xen.run("xl", "destroy", NAME)
        wait_until(lambda: not clients.exists(NAME), "virtxld has forgotten it", 20)


def test_domain_0_is_listed_with_id_0():
    expect_equal(clients.virsh("list").split(), ["0", "Domain-0", "running"])
    expect_equal(clients.domain_id("Domain-0"), 0)


def test_domain_0_can_not_be_destroyed():
    domain = clients.connect().lookupByID(0)
    expect_equal(clients.error_code(domain.destroy), libvirt.VIR_ERR_OPERATION_INVALID)
    expect_equal(clients.state("Domain-0"), "running")


def test_domain_0_can_not_be_suspended_shut_down_or_undefined():
    domain = clients.connect().lookupByName("Domain-0")
    for function in (domain.suspend, domain.shutdown, domain.undefine):
        expect_equal(clients.error_code(function), libvirt.VIR_ERR_OPERATION_INVALID)


def test_domain_0_has_a_description():
    root = clients.live_xml("Domain-0")
    expect_equal((root.findtext("name"), root.get("id")), ("Domain-0", "0"))
    assert clients.virsh("dominfo", "Domain-0")


def test_a_domain_of_xl_is_listed_with_its_id_and_name():
    with started_by_xl() as domid:
        expect_equal(clients.domain_id(NAME), domid)
        wait_until(lambda: clients.state(NAME) == "running", "virtxld sees it running", 20)
        root = clients.live_xml(NAME)
        expect_equal(root.get("id"), str(domid))
        expect_equal(root.findtext("uuid"), xen.xl_configuration(domid)["c_info"]["uuid"])


def test_a_domain_of_xl_is_found_by_a_daemon_that_starts_later():
    with started_by_xl() as domid:
        virtxld.stop()
        virtxld.start()
        expect_equal(clients.domain_id(NAME), domid)


@in_long_runs
def test_a_reboot_of_a_domain_of_xl_is_left_to_xl():
    with started_by_xl('cmdline="console=hvc0 quiet reboot_after=8"', 'on_reboot="restart"') as domid:
        wait_until(lambda: xen.xl_domains().get(NAME) not in (domid, None), "xl has restarted it", 90)
        wait_until(lambda: clients.exists(NAME) and clients.domain_id(NAME) == xen.xl_domains()[NAME],
                   "virtxld knows the new id", 20)
        expect_equal(list(xen.xl_domains()), [NAME])


@in_long_runs
def test_a_poweroff_of_a_domain_of_xl_that_xl_preserves_is_left_alone():
    with started_by_xl('cmdline="console=hvc0 quiet poweroff_after=2"', 'on_poweroff="preserve"') as domid:
        wait_until(lambda: xen.is_shut_down(domid), "the guest is off", 60)
        stays_true(lambda: xen.xl_domains().get(NAME) == domid, "it is no longer there")


def test_a_domain_of_xl_is_not_persistent_and_gets_no_file():
    with started_by_xl():
        assert "Persistent: no" in " ".join(clients.virsh("dominfo", NAME).split())
        assert not os.path.exists("/etc/libvirt/libxl/%s.xml" % NAME)


def test_a_domain_of_xl_can_be_destroyed():
    with started_by_xl() as domid:
        clients.virsh("destroy", NAME)
        wait_until(lambda: xen.is_gone(domid), "it is gone", 20)


def test_a_running_name_of_xl_can_not_be_started_twice():
    with started_by_xl() as domid:
        connection = clients.connect()
        clients.error_code(connection.createXML, guests.definition(NAME))
        expect_equal(xen.xl_domains(), {NAME: domid})
