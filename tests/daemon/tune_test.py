#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a domain has of the host, changed by stock virsh and libvirt-python on the simulated host:
vCPUs, pins, memory, scheduler."""

import xml.etree.ElementTree as ElementTree

import libvirt

from fixture import Daemon, expect_equal, expect_in, run, shared, test, wait_for
from guests import Domain, connection, fails

LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE
CONFIG = libvirt.VIR_DOMAIN_AFFECT_CONFIG
MAXIMUM = libvirt.VIR_DOMAIN_VCPU_MAXIMUM
MEM_MAXIMUM = libvirt.VIR_DOMAIN_MEM_MAXIMUM
UNKNOWN = 1 << 20
KIB = 131072
CPUS = 8


def four_vcpus(name, daemon=None, **settings):
    return Domain(daemon or shared(), name, vcpu="4", **settings)


def pins(domain, flags=0):
    return ["".join("y" if may else "-" for may in pin) for pin in domain.vcpuPinInfo(flags)]


# vCPUs


@test
def vcpus_come_and_go_live():
    with four_vcpus("vcpus-live") as one:
        for number in (2, 4, 1):
            one.daemon.virsh("setvcpus", one.name, number, "--live")
            expect_equal(one.domain.vcpusFlags(LIVE), number)
            expect_equal([vcpu[1] for vcpu in one.domain.vcpus()[0]].count(1), number)
        expect_equal(one.domain.vcpusFlags(CONFIG), 4)
        expect_equal(one.texts("vcpu")[0][1]["current"], "1")


@test
def vcpus_for_the_next_start_are_on_disk():
    with four_vcpus("vcpus-config") as one:
        one.domain.setVcpusFlags(3, CONFIG)
        expect_equal(one.file().find("vcpu").get("current"), "3")
        expect_equal(one.domain.vcpusFlags(LIVE), 4)
        one.domain.setVcpusFlags(2, LIVE | CONFIG)
        expect_equal((one.domain.vcpusFlags(LIVE), one.domain.vcpusFlags(CONFIG)), (2, 2))


@test
def the_maximum_of_vcpus_is_for_the_next_start():
    with four_vcpus("vcpus-maximum") as one:
        one.domain.setVcpusFlags(2, CONFIG | MAXIMUM)
        expect_equal(one.domain.vcpusFlags(CONFIG | MAXIMUM), 2)
        expect_equal(one.domain.vcpusFlags(CONFIG), 2)
        expect_equal(one.domain.vcpusFlags(LIVE | MAXIMUM), 4)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setVcpusFlags, 5000, CONFIG | MAXIMUM)


@test
def numbers_of_vcpus_that_can_not_be_are_refused():
    with four_vcpus("vcpus-bad") as one:
        for number in (5, 2 ** 31 - 1):
            for flags in (LIVE, CONFIG, LIVE | CONFIG):
                expect_in("4 vCPUs", fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setVcpusFlags, number, flags))
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setVcpusFlags, 1, UNKNOWN)
        expect_equal(one.domain.vcpusFlags(LIVE), 4)


@test
def what_only_runs_or_only_stays_is_said():
    with four_vcpus("vcpus-inactive", start=False) as one:
        for change in ((one.domain.setVcpus, 1), (one.domain.setMemory, 1024), (one.domain.vcpus,),
                       (one.domain.pinVcpu, 0, (True,)), (one.domain.setVcpusFlags, 1, LIVE),
                       (one.domain.setSchedulerParametersFlags, {"weight": 5}, LIVE)):
            fails(libvirt.VIR_ERR_OPERATION_INVALID, *change)
        one.domain.setVcpusFlags(1, 0)
        expect_equal(one.domain.vcpusFlags(CONFIG), 1)
    shared().virsh("create", shared().file("transient.xml", DOMAIN))
    domain = connection(shared()).lookupByName("transient")
    for change in ((domain.setVcpusFlags, 1, CONFIG), (domain.setMemoryFlags, 1024, CONFIG),
                   (domain.pinVcpuFlags, 0, (True,), LIVE | CONFIG)):
        fails(libvirt.VIR_ERR_OPERATION_INVALID, *change)
    domain.destroy()


DOMAIN = """<domain type='xen'><name>transient</name><memory>131072</memory><vcpu>2</vcpu>
<os><type>linux</type><kernel>/boot/guest-kernel</kernel></os></domain>"""


# Pins


@test
def a_vcpu_is_pinned_live_and_for_the_next_start():
    with four_vcpus("pin") as one:
        one.daemon.virsh("vcpupin", one.name, 1, "0-2,5", "--live")
        expect_equal(pins(one.domain), ["yyyyyyyy", "yyy--y--", "yyyyyyyy", "yyyyyyyy"])
        expect_equal(pins(one.domain, CONFIG), ["yyyyyyyy"] * 4)
        expect_equal(["".join("y" if may else "-" for may in map) for map in one.domain.vcpus()[1]][1], "yyy--y--")
        one.daemon.virsh("vcpupin", one.name, 0, 3, "--live", "--config")
        expect_equal(pins(one.domain, CONFIG)[0], "---y----")
        expect_equal(one.file().find("cputune/vcpupin").attrib, {"vcpu": "0", "cpuset": "3"})
        one.daemon.virsh("vcpupin", one.name, 1, "0-7")
        expect_equal([pin.get("vcpu") for pin in one.xml().findall("cputune/vcpupin")], ["0"])


@test
def a_start_pins_as_the_definition_says():
    tune = "<cputune><shares>700</shares><vcpupin vcpu='2' cpuset='6-7'/></cputune>"
    with four_vcpus("pin-start", elements=tune) as one:
        maps = ["".join("y" if may else "-" for may in map) for map in one.domain.vcpus()[1]]
        expect_equal(maps, ["yyyyyyyy", "yyyyyyyy", "------yy", "yyyyyyyy"])
        expect_equal(one.domain.schedulerParameters(), {"weight": 700, "cap": 0})


@test
def pins_that_can_not_be_are_refused():
    with four_vcpus("pin-bad") as one:
        none = tuple([False] * CPUS)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.pinVcpu, 0, none)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.pinVcpu, 4, (True,))
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.pinVcpuFlags, 0, (True,), UNKNOWN)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.vcpuPinInfo, UNKNOWN)
        expect_equal(pins(one.domain), ["yyyyyyyy"] * 4)


# Memory


@test
def memory_changes_live_and_for_the_next_start():
    with four_vcpus("memory") as one:
        one.daemon.virsh("setmem", one.name, 100000)
        expect_equal(one.domain.info()[2], 100000)
        expect_equal(one.texts("currentMemory")[0][0], "100000")
        one.domain.setMemoryFlags(90000, CONFIG)
        expect_equal(one.file().find("currentMemory").text, "90000")
        expect_equal(one.domain.memoryStats()["actual"], 100000)
        one.domain.setMemoryFlags(80000, LIVE | CONFIG)
        expect_equal((one.domain.memoryStats()["actual"], one.file().find("currentMemory").text), (80000, "80000"))


@test
def maximum_memory_changes_live_and_for_the_next_start():
    with four_vcpus("memory-maximum") as one:
        one.domain.setMemoryFlags(65536, CONFIG | MEM_MAXIMUM)
        expect_equal((one.file().find("memory").text, one.file().find("currentMemory").text), ("65536", "65536"))
        expect_equal(one.domain.maxMemory(), KIB)
        one.domain.setMemoryFlags(262144, LIVE | MEM_MAXIMUM)
        one.domain.setMemory(200000)
        expect_equal((one.domain.maxMemory(), one.domain.info()[2]), (262144, 200000))


@test
def memory_that_can_not_be_is_refused():
    with four_vcpus("memory-bad") as one:
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setMemory, KIB + 1)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setMemoryFlags, KIB + 1, CONFIG)
        fails(libvirt.VIR_ERR_OVERFLOW, one.domain.setMemoryFlags, 2 ** 62, CONFIG | MEM_MAXIMUM)
        fails(libvirt.VIR_ERR_OVERFLOW, one.domain.setMemoryFlags, 2 ** 63 - 1, LIVE | MEM_MAXIMUM)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setMemoryFlags, 1024, UNKNOWN)
        expect_equal((one.domain.maxMemory(), one.texts("currentMemory")[0][0]), (KIB, str(KIB)))


@test
def a_change_of_memory_is_an_event():
    heard = []
    with four_vcpus("memory-event") as one:
        number = one.connection.domainEventRegisterAny(
            one.domain, libvirt.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE,
            lambda connection, domain, kib, opaque: heard.append((domain.name(), kib)), None)
        one.domain.setMemory(70000)
        wait_for("the event", lambda: heard == [("memory-event", 70000)])
        one.connection.domainEventDeregisterAny(number)


# The scheduler


@test
def weight_and_cap_change_live():
    with four_vcpus("scheduler") as one:
        expect_equal(one.domain.schedulerType(), ("credit2", 2))
        one.daemon.virsh("schedinfo", one.name, "--set", "weight=512", "cap=50", "--live")
        expect_equal(one.domain.schedulerParameters(), {"weight": 512, "cap": 50})
        one.domain.setSchedulerParameters({"weight": 300})
        expect_equal(one.domain.schedulerParametersFlags(LIVE), {"weight": 300, "cap": 50})
        expect_equal(one.xml().find("cputune/shares").text, "300")


@test
def the_weight_is_kept_for_the_next_start():
    with four_vcpus("scheduler-config") as one:
        one.domain.setSchedulerParametersFlags({"weight": 400}, CONFIG)
        expect_equal(one.file().find("cputune/shares").text, "400")
        expect_equal(one.domain.schedulerParametersFlags(CONFIG), {"weight": 400})
        expect_equal(one.domain.schedulerParameters()["weight"], 256)
        expect_in("cap", one.daemon.virsh_fails("schedinfo", one.name, "--config", "--cap", 5))
        one.daemon.virsh("destroy", one.name)
        one.daemon.virsh("start", one.name)
        expect_equal(one.domain.schedulerParameters()["weight"], 400)


@test
def scheduler_parameters_that_can_not_be_are_refused():
    with four_vcpus("scheduler-bad") as one:
        for bad in ({"weight": 0}, {"weight": 65536}, {"cap": 65536}, {"weight": 2 ** 32 - 1}):
            fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setSchedulerParametersFlags, bad, LIVE)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setSchedulerParametersFlags, {"weight": 5}, UNKNOWN)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.schedulerParametersFlags, UNKNOWN)
        expect_equal(one.domain.schedulerParameters(), {"weight": 256, "cap": 0})


@test
def shares_that_are_no_weight_do_not_start():
    shared().define("scheduler-shares", elements="<cputune><shares>100000</shares></cputune>")
    expect_in("<shares>", shared().virsh_fails("start", "scheduler-shares"))
    shared().remove("scheduler-shares")


@test
def a_change_of_pins_or_weight_is_an_event_for_who_asked():
    heard = []
    with four_vcpus("tuned") as one, four_vcpus("not-asked") as other:
        number = one.connection.domainEventRegisterAny(
            one.domain, libvirt.VIR_DOMAIN_EVENT_ID_TUNABLE,
            lambda connection, domain, params, opaque: heard.append((domain.name(), params)), None)
        other.domain.pinVcpu(0, (True,))
        one.domain.pinVcpuFlags(0, (True,), CONFIG)
        one.domain.pinVcpu(1, (True, False, True))
        one.domain.setSchedulerParameters({"weight": 300, "cap": 10})
        wait_for("both events", lambda: len(heard) >= 2)
        expect_equal(heard, [("tuned", {"cputune.vcpupin1": "0,2"}), ("tuned", {"cputune.cpu_shares": 300})])
        one.connection.domainEventDeregisterAny(number)


# What is done when it stops


@test
def the_maximum_of_memory_changes():
    with four_vcpus("maximum", start=False) as one:
        one.domain.setMaxMemory(KIB * 2)
        expect_equal((one.domain.maxMemory(), one.file().findtext("memory")), (KIB * 2, str(KIB * 2)))
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setMaxMemory, 0)


@test
def what_is_done_when_it_stops_changes():
    with four_vcpus("stops") as one:
        virsh = one.daemon.virsh
        virsh("set-lifecycle-action", "stops", "poweroff", "preserve", "--live")
        virsh("set-lifecycle-action", "stops", "crash", "coredump-destroy", "--config")
        expect_equal((one.xml().findtext("on_poweroff"), one.xml("--inactive").findtext("on_poweroff")), ("preserve", "destroy"))
        expect_equal(one.file().findtext("on_crash"), "coredump-destroy")
        one.daemon.ctl("guest", "stops", "poweroff")
        wait_for("the end", lambda: one.domain.state()[0] == libvirt.VIR_DOMAIN_SHUTDOWN)
        for event, action, flags in ((0, 4, 0), (1, 5, 0), (2, 6, 0), (3, 0, 0), (0, 0, UNKNOWN)):
            fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.setLifecycleAction, event, action, flags)
    fails(libvirt.VIR_ERR_OPERATION_INVALID, connection(shared()).lookupByID(0).setLifecycleAction, 0, 0, CONFIG)


# Failures, restarts


@test
def what_the_host_refuses_changes_nothing():
    changes = (("set_online_vcpus", lambda domain: domain.setVcpusFlags(1, LIVE | CONFIG)),
               ("pin_vcpu", lambda domain: domain.pinVcpuFlags(0, (True,) + (False,) * 7, LIVE | CONFIG)),
               ("set_memory", lambda domain: domain.setMemoryFlags(50000, LIVE | CONFIG)),
               ("set_max_memory", lambda domain: domain.setMemoryFlags(KIB * 2, LIVE | CONFIG | MEM_MAXIMUM)),
               ("set_scheduler", lambda domain: domain.setSchedulerParametersFlags({"weight": 9}, LIVE)))
    with four_vcpus("refused") as one:
        live, config = one.domain.XMLDesc(), one.domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        file = one.file()
        for call, change in changes:
            one.daemon.ctl("fail", call, "1")
            fails(libvirt.VIR_ERR_INTERNAL_ERROR, change, one.domain)
            expect_equal(one.domain.XMLDesc(), live)
            expect_equal(one.domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE), config)
            expect_equal(ElementTree.tostring(one.file()), ElementTree.tostring(file))


@test
def a_restart_of_the_daemon_forgets_nothing():
    daemon = Daemon()
    with four_vcpus("restart", daemon=daemon) as one:
        one.domain.setVcpus(2)
        one.domain.setMemory(90000)
        one.domain.pinVcpu(1, (True,) + (False,) * 7)
        one.domain.setSchedulerParameters({"weight": 512})
        one.domain.setVcpusFlags(3, CONFIG)
        before = one.xml(), one.xml("--inactive")
        one.connection.close()
        daemon.kill()
        daemon.start()
        after = one.xml(), one.xml("--inactive")
        expect_equal([ElementTree.tostring(xml) for xml in after], [ElementTree.tostring(xml) for xml in before])
        one.connection = connection(daemon)
        one.domain = one.connection.lookupByName("restart")
        expect_equal((one.domain.vcpusFlags(LIVE), one.domain.vcpusFlags(CONFIG)), (2, 3))
        expect_equal(pins(one.domain)[1], "y-------")


@test
def domain_zero_is_tuned_but_has_no_definition():
    domain = connection(shared()).lookupByID(0)
    domain.setVcpus(6)
    expect_equal(domain.vcpusFlags(LIVE), 6)
    domain.setVcpus(8)
    fails(libvirt.VIR_ERR_OPERATION_INVALID, domain.setVcpusFlags, 6, CONFIG)


# The host


@test
def free_memory_of_host_and_nodes():
    host = connection(shared())
    expect_equal(host.getCellsFreeMemory(0, 1), [host.getFreeMemory()])
    for first, number in ((1, 1), (-1, 1), (0, 0)):
        fails(libvirt.VIR_ERR_INVALID_ARG, host.getCellsFreeMemory, first, number)
    with four_vcpus("numa") as one:
        expect_equal(one.domain.numaParameters(), {"numa_mode": libvirt.VIR_DOMAIN_NUMATUNE_MEM_PREFERRED,
                                                   "numa_nodeset": "0"})
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.numaParameters, UNKNOWN)


run()
