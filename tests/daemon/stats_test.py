#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What domains have done, asked for by stock virsh and libvirt-python on the simulated host:
statistics of one domain and of all, jobs, sizes of disks."""

import os
import struct
import threading

import libvirt

from fixture import PATIENCE, Daemon, expect_equal, expect_in, run, shared, test, wait_for
from guests import Domain, connection, fails

UNKNOWN = 1 << 20
MAC = "00:16:3e:12:34:56"
ALL = (libvirt.VIR_DOMAIN_STATS_STATE, libvirt.VIR_DOMAIN_STATS_CPU_TOTAL, libvirt.VIR_DOMAIN_STATS_BALLOON,
       libvirt.VIR_DOMAIN_STATS_VCPU, libvirt.VIR_DOMAIN_STATS_INTERFACE, libvirt.VIR_DOMAIN_STATS_BLOCK,
       libvirt.VIR_DOMAIN_STATS_VM)
PREFIXES = ("state.", "cpu.", "balloon.", "vcpu.", "net.", "block.", "channel.")


def devices(daemon):
    raw, qcow2 = daemon.path("raw.img"), daemon.path("qcow2.img")
    with open(raw, "wb") as file:
        file.truncate(1 << 20)
    with open(qcow2, "wb") as file:
        file.write(struct.pack(">IIQIIQ", 0x514649fb, 3, 0, 0, 16, 8 << 30))
    disk = "<disk type='file'><driver name='qemu' type='%s'/><source file='%s'/><target dev='%s' bus='xen'/></disk>"
    return (disk % ("raw", raw, "xvda") + disk % ("qcow2", qcow2, "xvdb") +
            "<interface type='bridge'><mac address='%s'/><source bridge='xenbr0'/></interface>" % MAC)


def with_devices(name, **settings):
    return Domain(shared(), name, vcpu="2", devices=devices(shared()), **settings)


# One domain


@test
def counters_of_a_disk():
    with with_devices("disk") as one:
        expected = {"rd_operations": 100, "rd_bytes": 409600, "wr_operations": 10, "wr_bytes": 40960,
                    "flush_operations": 1}
        expect_equal(one.domain.blockStatsFlags("xvda"), expected)
        expect_equal(one.domain.blockStatsFlags(shared().path("raw.img")), expected)
        expect_equal(one.domain.blockStats("xvda"), (100, 409600, 10, 40960, -1))
        expect_equal(one.domain.blockStatsFlags("")["rd_operations"], 201)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.blockStats, "xvdz")
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.blockStatsFlags, "xvda", UNKNOWN)


@test
def counters_of_an_interface():
    with with_devices("interface") as one:
        name = one.stats()["net.0.name"]
        expect_equal(name, "vif%d.0" % one.domain.ID())
        expect_equal(one.domain.interfaceStats(name), (6000, 60, 0, 0, 4000, 40, 0, 0))
        expect_equal(one.domain.interfaceStats(MAC), one.domain.interfaceStats(name))
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.interfaceStats, "vif99.0")


@test
def memory_and_cpu_time():
    with with_devices("time") as one:
        expect_equal(one.domain.memoryStats(), {"actual": 131072, "available": 131072, "rss": 131072})
        wait_for("some CPU time", lambda: one.domain.getCPUStats(True)[0]["cpu_time"] > 0)
        per_vcpu = one.domain.getCPUStats(False)
        expect_equal([sorted(vcpu) for vcpu in per_vcpu], [["vcpu_time"]] * 2)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.getCPUStats, True, UNKNOWN)


@test
def sizes_of_disks():
    with with_devices("size", start=False) as one:
        for _ in range(2):
            capacity, allocation, physical = one.domain.blockInfo("xvda")
            expect_equal((capacity, physical), (1 << 20, 1 << 20))
            assert allocation < 1 << 20
            expect_equal(one.domain.blockInfo("xvdb")[0], 8 << 30)
            fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.blockInfo, "xvdz")
            fails(libvirt.VIR_ERR_INVALID_ARG, one.domain.blockInfo, "xvda", UNKNOWN)
            if not one.domain.isActive():
                one.domain.create()
        os.unlink(shared().path("raw.img"))
        expect_in("raw.img", fails(libvirt.VIR_ERR_SYSTEM_ERROR, one.domain.blockInfo, "xvda"))


@test
def a_pipe_in_a_disks_place_is_not_waited_for():
    with with_devices("pipe", start=False) as one:
        os.unlink(shared().path("raw.img"))
        os.mkfifo(shared().path("raw.img"))
        expect_equal(one.domain.blockInfo("xvda")[0], 0)
        os.unlink(shared().path("raw.img"))


@test
def what_does_not_run_has_done_nothing():
    with with_devices("inactive", start=False) as one:
        for call in ((one.domain.memoryStats,), (one.domain.blockStats, "xvda"), (one.domain.interfaceStats, MAC),
                     (one.domain.getCPUStats, True), (one.domain.jobInfo,), (one.domain.jobStats,),
                     (one.domain.controlInfo,), (one.domain.abortJob,)):
            fails(libvirt.VIR_ERR_OPERATION_INVALID, *call)


# Many


@test
def groups_of_statistics():
    with with_devices("groups") as one:
        for types, prefix in zip(ALL, PREFIXES):
            names = one.stats(types)
            assert names and all(name.startswith(prefix) for name in names), names
        everything = one.stats()
        for prefix in PREFIXES:
            assert any(name.startswith(prefix) for name in everything), prefix
        expect_equal(everything["state.state"], libvirt.VIR_DOMAIN_RUNNING)
        expect_equal((everything["vcpu.current"], everything["vcpu.maximum"]), (2, 2))
        expect_equal((everything["block.count"], everything["block.1.name"]), (2, "xvdb"))
        expect_equal(everything["block.1.capacity"], 8 << 30)
        expect_equal(everything["balloon.maximum"], 131072)


@test
def statistics_without_waiting_leave_sizes_out():
    with with_devices("nowait") as one:
        stats = one.stats(0, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT)
        expect_equal(stats["block.0.rd.reqs"], 100)
        assert "block.0.capacity" not in stats


@test
def statistics_that_there_are_not_are_an_error_if_enforced():
    with with_devices("enforced") as one:
        expect_equal(one.stats(libvirt.VIR_DOMAIN_STATS_PERF), {})
        fails(libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, one.stats, libvirt.VIR_DOMAIN_STATS_PERF,
              libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.stats, 0, UNKNOWN)


@test
def filters_choose_domains():
    with with_devices("runs") as runs, with_devices("stays", start=False):
        def names(flags):
            return {domain.name() for domain, stats in runs.connection.getAllDomainStats(0, flags)}
        expect_equal(names(0), {"Domain-0", "runs", "stays"})
        expect_equal(names(libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE), {"stays"})
        expect_equal(names(libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING), {"Domain-0", "runs"})
        expect_equal(names(libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT), set())
        expect_in("state.state=5", shared().virsh("domstats", "stays"))


@test
def a_domain_that_is_gone_is_left_out():
    with with_devices("here") as here:
        with with_devices("gone"):
            gone = here.connection.lookupByName("gone")
        records = here.connection.domainListGetStats([here.domain, gone])
        expect_equal([domain.name() for domain, stats in records], ["here"])


@test
def statistics_are_for_readers_too():
    with with_devices("reader"):
        reader = libvirt.openReadOnly(shared().uri(readonly=True))
        assert any(domain.name() == "reader" for domain, stats in reader.getAllDomainStats())
        fails(libvirt.VIR_ERR_OPERATION_DENIED, reader.lookupByName("reader").setVcpus, 1)


@test
def domains_that_come_and_go_do_not_disturb():
    stop = threading.Event()
    errors = []

    def churn():
        while not stop.is_set():
            shared().remove("churn")
            shared().running("churn")

    thread = threading.Thread(target=churn)
    with with_devices("stable") as one:
        thread.start()
        try:
            for _ in range(60):
                names = {domain.name(): stats for domain, stats in one.connection.getAllDomainStats()}
                if names["stable"].get("block.0.rd.reqs") != 100:
                    errors.append(names)
        finally:
            stop.set()
            thread.join()
            shared().remove("churn")
    expect_equal(errors, [])


# Jobs


@test
def a_job_under_way_is_told_of():
    daemon = Daemon()
    daemon.running("job")
    domain = connection(daemon).lookupByName("job")
    wait_for("no job", lambda: domain.jobInfo()[0] == libvirt.VIR_DOMAIN_JOB_NONE)
    expect_equal(domain.jobStats(), {"type": libvirt.VIR_DOMAIN_JOB_NONE})
    expect_equal(domain.controlInfo(), [libvirt.VIR_DOMAIN_CONTROL_OK, 0, 0])
    fails(libvirt.VIR_ERR_OPERATION_INVALID, domain.abortJob)
    daemon.ctl("delay", "set_memory", "1500")
    slow = daemon.virsh_process("setmem", "job", 65536)
    wait_for("the job", lambda: domain.jobInfo()[0] == libvirt.VIR_DOMAIN_JOB_UNBOUNDED)
    assert domain.jobStats()["time_elapsed"] > 0
    expect_equal(domain.controlInfo()[0], libvirt.VIR_DOMAIN_CONTROL_JOB)
    fails(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, domain.abortJob)
    slow.communicate(timeout=PATIENCE)
    expect_equal(slow.returncode, 0)
    wait_for("no job", lambda: domain.jobInfo()[0] == libvirt.VIR_DOMAIN_JOB_NONE)
    for call in (domain.jobStats, domain.controlInfo):
        fails(libvirt.VIR_ERR_INVALID_ARG, call, UNKNOWN)


def ended(operation, success):
    return {"operation": operation, "success": success}


@test
def what_has_been_saved_or_dumped_is_told_of():
    heard = []
    daemon = Daemon()
    daemon.running("busy")
    host = connection(daemon)
    domain = host.lookupByName("busy")
    host.domainEventRegisterAny(domain, libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
                                lambda connection, domain, params, opaque: heard.append((domain.name(), params)), None)
    daemon.virsh("dump", "busy", daemon.path("core"))
    fails(libvirt.VIR_ERR_INTERNAL_ERROR, domain.coreDump, "/nowhere/core")
    image = daemon.path("image")
    daemon.virsh("save", "busy", image)
    expect_in("Completed", daemon.virsh("domjobinfo", "busy", "--completed", "--keep-completed"))
    expect_in("Completed", daemon.virsh("domjobinfo", "busy", "--completed"))
    expect_equal(domain.jobStats(libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED), {"type": libvirt.VIR_DOMAIN_JOB_NONE})
    daemon.virsh("restore", image)
    wait_for("all events", lambda: len(heard) >= 4)
    for name, params in heard:
        expect_equal(name, "busy")
        assert params.pop("time_elapsed") >= 0
    expect_equal([params for _, params in heard],
                 [ended(libvirt.VIR_DOMAIN_JOB_OPERATION_DUMP, True), ended(libvirt.VIR_DOMAIN_JOB_OPERATION_DUMP, False),
                  ended(libvirt.VIR_DOMAIN_JOB_OPERATION_SAVE, True), ended(libvirt.VIR_DOMAIN_JOB_OPERATION_RESTORE, True)])


run()
