#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The log of each domain, where libvirt's Xen driver has it."""

import os

from fixture import Daemon, domain_xml, expect_equal, expect_in, run, test


def log(daemon, name):
    with open(daemon.path("var/log/libvirt/libxl/%s.log" % name)) as file:
        return file.read()


@test
def a_domain_has_its_start_and_its_end_with_the_cause():
    daemon = Daemon()
    daemon.running("tc")
    daemon.running("other")
    daemon.virsh("destroy", "tc")
    text = log(daemon, "tc")
    expect_in("domain 'tc' is built, id 1", text)
    expect_in("domain 'tc', id 1, has stopped: it was destroyed", text)
    assert "other" not in text, text
    assert "tc" not in log(daemon, "other")
    expect_equal(os.stat(daemon.path("var/log/libvirt/libxl/tc.log")).st_mode & 0o777, 0o600)


@test
def what_its_guest_does_is_a_cause():
    daemon = Daemon()
    daemon.running("tc", elements="<on_crash>destroy</on_crash>")
    daemon.ctl("guest", "tc", "crash")
    daemon.wait_for_state("tc", "shut off")
    expect_in("has stopped: its guest has crashed", log(daemon, "tc"))
    daemon.virsh("start", "tc")
    daemon.ctl("guest", "tc", "poweroff")
    daemon.wait_for_state("tc", "shut off")
    expect_in("has stopped: its guest has shut down", log(daemon, "tc"))


@test
def a_start_that_fails_has_its_reason():
    daemon = Daemon()
    daemon.ctl("fail", "create", "1", "no room on this host")
    daemon.virsh_fails("create", daemon.file("tc.xml", domain_xml("tc")))
    expect_in("did not start", log(daemon, "tc"))
    expect_in("no room on this host", log(daemon, "tc"))


@test
def it_is_there_whatever_the_daemon_itself_logs():
    daemon = Daemon(config="log_level = 4\n")
    daemon.running("tc")
    expect_in("is built", log(daemon, "tc"))
    assert "is built" not in daemon.log()


run()
