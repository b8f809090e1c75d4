#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's Python binding: the same calls through the client library."""

import threading
import uuid

import libvirt

from fixture import domain_xml, expect_equal, expect_in, run, shared, test, wait_for

libvirt.registerErrorHandler(lambda context, error: None, None)
libvirt.virEventRegisterDefaultImpl()


def run_events():
    while True:
        libvirt.virEventRunDefaultImpl()


threading.Thread(target=run_events, daemon=True).start()


def error_code(function, *arguments):
    try:
        function(*arguments)
    except libvirt.libvirtError as error:
        return error.get_error_code()
    raise AssertionError("it succeeds")


def connection(readonly=False):
    daemon = shared()
    if readonly:
        return libvirt.openReadOnly(daemon.uri(readonly=True))
    return libvirt.open(daemon.uri())


@test
def what_the_connection_is():
    host = connection()
    expect_equal(host.getType(), "Xen")
    expect_in("xen:///system", host.getURI())
    expect_equal(host.getLibVersion(), 9000000)
    assert host.getVersion() >= 4000000
    assert host.isAlive() and host.isSecure()
    assert host.getMaxVcpus(None) > 0
    expect_equal(len(host.getInfo()), 8)
    expect_in("<capabilities>", host.getCapabilities())
    host.close()


@test
def a_domains_whole_life():
    host = connection()
    identity = str(uuid.uuid4())
    domain = host.defineXML(domain_xml("whole", uuid=identity, vcpu="2"))
    expect_equal((domain.name(), domain.UUIDString(), domain.ID()), ("whole", identity, -1))
    assert not domain.isActive() and domain.isPersistent()
    domain.create()
    assert domain.isActive() and domain.ID() > 0
    state, maximum, memory, vcpus, time = domain.info()
    expect_equal((state, maximum, vcpus), (libvirt.VIR_DOMAIN_RUNNING, 131072, 2))
    expect_equal(domain.state(), [libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED])
    expect_equal(domain.OSType(), "xen")
    expect_equal(domain.maxMemory(), 131072)
    expect_equal(domain.maxVcpus(), 2)
    assert not domain.hasManagedSaveImage() and not domain.isUpdated()
    domain.suspend()
    expect_equal(domain.state()[0], libvirt.VIR_DOMAIN_PAUSED)
    domain.resume()
    domain.setAutostart(1)
    expect_equal(domain.autostart(), 1)
    domain.destroyFlags(0)
    domain.undefineFlags(0)
    expect_equal(error_code(host.lookupByName, "whole"), libvirt.VIR_ERR_NO_DOMAIN)
    host.close()


@test
def lists_of_the_old_style():
    host = connection()
    domain = host.defineXML(domain_xml("listed"))
    expect_in("listed", host.listDefinedDomains())
    expect_equal(host.numOfDefinedDomains(), len(host.listDefinedDomains()))
    domain.create()
    expect_in(domain.ID(), host.listDomainsID())
    expect_equal(host.numOfDomains(), len(host.listDomainsID()))
    assert "listed" not in host.listDefinedDomains()
    shared().remove("listed")
    host.close()


@test
def lookups():
    host = connection()
    domain = host.createXML(domain_xml("found"))
    expect_equal(host.lookupByID(domain.ID()).name(), "found")
    expect_equal(host.lookupByUUIDString(domain.UUIDString()).name(), "found")
    expect_equal(host.lookupByName("found").UUID(), domain.UUID())
    domain.destroy()
    expect_equal(error_code(host.lookupByID, 999999), libvirt.VIR_ERR_NO_DOMAIN)
    expect_equal(error_code(host.lookupByUUIDString, str(uuid.uuid4())), libvirt.VIR_ERR_NO_DOMAIN)
    host.close()


@test
def an_error_is_complete():
    host = connection()
    try:
        host.lookupByName("nobody")
        raise AssertionError("nobody is there")
    except libvirt.libvirtError as error:
        expect_equal(error.get_error_code(), libvirt.VIR_ERR_NO_DOMAIN)
        expect_equal(error.get_error_level(), libvirt.VIR_ERR_ERROR)
        expect_in("Domain not found: ", error.get_error_message())
        expect_in("nobody", error.get_str2())
    host.close()


@test
def operations_in_the_wrong_state_are_invalid():
    host = connection()
    domain = host.defineXML(domain_xml("wrong"))
    for operation in (domain.destroy, domain.shutdown, domain.suspend, domain.resume):
        expect_equal(error_code(operation), libvirt.VIR_ERR_OPERATION_INVALID)
    domain.create()
    expect_equal(error_code(domain.create), libvirt.VIR_ERR_OPERATION_INVALID)
    domain.destroy()
    domain.undefine()
    host.close()


@test
def unknown_flags_are_invalid():
    host = connection()
    domain = host.defineXML(domain_xml("flagged"))
    for call in (domain.XMLDesc, domain.createWithFlags, domain.undefineFlags,
                 host.listAllDomains):
        expect_equal(error_code(call, 1 << 30), libvirt.VIR_ERR_INVALID_ARG)
    domain.undefine()
    host.close()


@test
def empty_lists_of_every_style():
    host = connection()
    for call in (host.listNetworks, host.listDefinedNetworks, host.listAllNetworks,
                 host.listStoragePools, host.listDefinedStoragePools, host.listAllStoragePools,
                 host.listInterfaces, host.listDefinedInterfaces, host.listAllInterfaces,
                 host.listSecrets, host.listAllSecrets, host.listAllDevices):
        expect_equal(call(), [])
    for call in (host.numOfNetworks, host.numOfDefinedNetworks, host.numOfStoragePools,
                 host.numOfDefinedStoragePools, host.numOfInterfaces, host.numOfSecrets):
        expect_equal(call(), 0)
    expect_equal(host.listDevices(None, 0), [])
    host.close()


@test
def what_is_not_served_is_no_support():
    host = connection()
    expect_equal(error_code(host.listAllNWFilters), libvirt.VIR_ERR_NO_SUPPORT)
    expect_equal(error_code(host.getCPUStats, -1), libvirt.VIR_ERR_NO_SUPPORT)
    host.close()


@test
def lifecycle_events_come():
    host = connection()
    seen = []
    old = host.domainEventRegister(lambda c, d, event, detail, o: seen.append(("old", event)), None)
    new = host.domainEventRegisterAny(
        None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        lambda c, d, event, detail, o: seen.append((d.name(), event, detail)), None)
    domain = host.defineXML(domain_xml("heard"))
    domain.create()
    domain.destroy()
    domain.undefine()
    wait_for("the last event", lambda: ("heard", libvirt.VIR_DOMAIN_EVENT_UNDEFINED, 0) in seen)
    mine = [event for event in seen if event[0] == "heard"]
    expect_equal([event[1] for event in mine if event[1] in (0, 1, 2, 5)],
                 [libvirt.VIR_DOMAIN_EVENT_DEFINED, libvirt.VIR_DOMAIN_EVENT_STARTED,
                  libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_UNDEFINED])
    assert ("old", libvirt.VIR_DOMAIN_EVENT_DEFINED) in seen, (old, seen)
    host.domainEventDeregisterAny(new)
    host.close()


@test
def the_close_callback_can_be_registered():
    host = connection()
    host.registerCloseCallback(lambda *arguments: None, None)
    host.unregisterCloseCallback()
    host.close()


@test
def keepalive_from_the_client_is_answered():
    host = connection()
    expect_equal(host.setKeepAlive(1, 2), 0)
    import time
    time.sleep(4)
    assert host.isAlive()
    host.getInfo()
    host.close()


@test
def many_calls_of_one_connection_at_once():
    host = connection()
    failures = []

    def work(number):
        name = "parallel-%d" % number
        try:
            domain = host.createXML(domain_xml(name))
            for _ in range(20):
                domain.info()
                domain.XMLDesc()
            domain.destroy()
        except Exception as error:
            failures.append(error)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect_equal(failures, [])
    host.close()


@test
def a_readonly_connection_reads_and_no_more():
    host = connection(readonly=True)
    writable = connection()
    domain = writable.defineXML(domain_xml("guarded"))
    guarded = host.lookupByName("guarded")
    expect_in("guarded", guarded.XMLDesc())
    for operation in (guarded.create, guarded.undefine):
        expect_equal(error_code(operation), libvirt.VIR_ERR_OPERATION_DENIED)
    expect_equal(error_code(guarded.XMLDesc, libvirt.VIR_DOMAIN_XML_SECURE),
                 libvirt.VIR_ERR_OPERATION_DENIED)
    domain.undefine()
    host.close()
    writable.close()


run()
