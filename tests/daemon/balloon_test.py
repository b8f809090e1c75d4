#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory for domains that start: Domain-0 gives back what is missing, if it may."""

import os

from fixture import Daemon, domain_xml, expect_equal, expect_in, run, test, wait_for

# The simulated host has 16 GiB, Domain-0 2 of them, of which it keeps half a GiB.
GIB = 1024 * 1024


def used(daemon, name):
    for line in daemon.virsh("dominfo", name).splitlines():
        if line.startswith("Used memory:"):
            return int(line.split()[2])
    raise AssertionError("virsh tells no memory")


@test
def domain_zero_gives_back_what_is_missing():
    daemon = Daemon()
    daemon.running("large", memory=13 * GIB)
    expect_equal(used(daemon, "Domain-0"), 2 * GIB)
    daemon.running("tc", memory=2 * GIB)
    expect_equal(used(daemon, "Domain-0"), GIB)


@test
def what_it_can_not_spare_is_missing():
    daemon = Daemon()
    daemon.running("large", memory=13 * GIB)
    error = daemon.virsh_fails("create", daemon.file("tc.xml", domain_xml("tc", memory=3 * GIB)))
    expect_in("Domain-0 can't give back enough", error)
    expect_equal(used(daemon, "Domain-0"), 2 * GIB)


@test
def it_keeps_what_it_has_if_it_is_told_to():
    daemon = Daemon(driver_config="autoballoon = 0\n")
    daemon.running("large", memory=13 * GIB)
    expect_in("not enough free memory",
              daemon.virsh_fails("create", daemon.file("tc.xml", domain_xml("tc", memory=2 * GIB))))
    expect_equal(used(daemon, "Domain-0"), 2 * GIB)


@test
def a_restore_gets_memory_too():
    daemon = Daemon()
    image = daemon.path("image")
    daemon.running("tc", memory=2 * GIB)
    daemon.virsh("save", "tc", image)
    daemon.running("large", memory=13 * GIB)
    daemon.virsh("restore", image)
    expect_equal(used(daemon, "Domain-0"), GIB)


@test
def domains_that_start_at_once_do_not_count_the_same_memory():
    daemon = Daemon()
    daemon.running("large", memory=11 * GIB)
    starts = []
    for name in ("one", "two"):
        daemon.define(name, memory=2 * GIB)
    # What is free, 3 GiB, is enough for each of them, and not for both.
    daemon.ctl("delay", "create", "2000")
    for name in ("one", "two"):
        starts.append(daemon.virsh_process("start", name))
        wait_for("it to be under way", lambda: os.path.exists(daemon.path("run/libvirt/libxl/%s.xml" % name)))
    for start in starts:
        expect_equal((start.communicate()[1].strip(), start.returncode), ("", 0))
    expect_equal(used(daemon, "Domain-0"), GIB)


@test
def what_a_start_that_failed_was_promised_is_free_again():
    daemon = Daemon()
    daemon.running("large", memory=13 * GIB)
    daemon.ctl("fail", "create", "1")
    daemon.define("tc", memory=GIB)
    daemon.virsh_fails("start", "tc")
    daemon.virsh("start", "tc")
    expect_equal(used(daemon, "Domain-0"), 2 * GIB)


run()
