#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stock virsh: each command that a person begins with."""

import os
import re
import socket
import subprocess
import uuid

from fixture import (Daemon, domain_xml, expect_equal, expect_in, run, shared, test,
                     wait_for)


def fields(text):
    """The lines "Name: value" of virsh as a dictionary."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


@test
def connect_and_quit_in_one_session():
    script = "connect '%s'\nuri\nquit\n" % shared().uri()
    done = subprocess.run(["virsh", "-q"], input=script, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
    expect_equal(done.returncode, 0)
    expect_in("xen:///system", done.stdout)
    expect_equal(done.stderr, "")


@test
def version_tells_xen_and_the_api():
    text = shared().virsh("version")
    expect_in("Using API: Xen 9.0.0", text)
    assert re.search(r"Running hypervisor: Xen 4\.\d+\.\d+", text), text


@test
def hostname_is_the_hosts():
    expect_equal(shared().virsh("hostname").split(".")[0], socket.gethostname().split(".")[0])


@test
def uri_is_xen_system():
    assert shared().virsh("uri").startswith("xen:///system")


@test
def nodeinfo_tells_the_host():
    info = fields(shared().virsh("nodeinfo"))
    expect_equal(info["CPU model"], os.uname().machine)
    assert int(info["CPU(s)"]) >= 1
    assert int(info["Memory size"].split()[0]) > 0


@test
def capabilities_are_xml_with_a_xen_guest():
    text = shared().virsh("capabilities")
    expect_in("<capabilities>", text)
    expect_in("<domain type='xen'", text)


@test
def list_shows_domain_0():
    expect_in("Domain-0", shared().virsh("list"))


@test
def maxvcpus_is_positive():
    assert int(shared().virsh("maxvcpus")) > 0


@test
def define_then_undefine():
    daemon = shared()
    text = daemon.virsh_says("define", daemon.file("x.xml", domain_xml("defined")))
    expect_in("Domain 'defined' defined from", text)
    expect_in("defined", daemon.virsh("list", "--all", "--name"))
    expect_in("has been undefined", daemon.virsh_says("undefine", "defined"))
    assert "defined" not in daemon.virsh("list", "--all", "--name")


@test
def create_starts_a_domain_that_is_gone_when_it_stops():
    daemon = shared()
    text = daemon.virsh_says("create", daemon.file("x.xml", domain_xml("transient")))
    expect_in("Domain 'transient' created from", text)
    expect_equal(daemon.state("transient"), "running")
    expect_in("destroyed", daemon.virsh_says("destroy", "transient"))
    expect_in("failed to get domain", daemon.virsh_fails("domstate", "transient"))


@test
def create_paused_starts_paused():
    daemon = shared()
    daemon.virsh("create", "--paused", daemon.file("x.xml", domain_xml("paused-one")))
    expect_equal(daemon.state("paused-one"), "paused")
    daemon.remove("paused-one")


@test
def start_and_destroy():
    daemon = shared()
    daemon.define("started")
    expect_equal(daemon.state("started"), "shut off")
    expect_in("Domain 'started' started", daemon.virsh_says("start", "started"))
    expect_equal(daemon.state("started"), "running")
    daemon.virsh("destroy", "started")
    expect_equal(daemon.state("started"), "shut off")
    daemon.remove("started")


@test
def start_paused_then_resume():
    daemon = shared()
    daemon.define("cold")
    daemon.virsh("start", "--paused", "cold")
    expect_equal(daemon.state("cold"), "paused")
    daemon.virsh("resume", "cold")
    expect_equal(daemon.state("cold"), "running")
    daemon.remove("cold")


@test
def suspend_and_resume():
    daemon = shared()
    daemon.running("sleeper")
    daemon.virsh("suspend", "sleeper")
    expect_equal(daemon.virsh("domstate", "--reason", "sleeper"), "paused (user)")
    daemon.virsh("resume", "sleeper")
    expect_equal(daemon.state("sleeper"), "running")
    daemon.remove("sleeper")


@test
def shutdown_ends_the_guest():
    daemon = shared()
    daemon.running("tired")
    expect_in("is being shutdown", daemon.virsh_says("shutdown", "tired"))
    daemon.wait_for_state("tired", "shut off")
    expect_equal(daemon.virsh("domstate", "--reason", "tired"), "shut off (shutdown)")
    daemon.remove("tired")


@test
def reboot_gives_a_new_id():
    daemon = shared()
    daemon.running("again")
    before = int(daemon.virsh("domid", "again"))
    expect_in("is being rebooted", daemon.virsh_says("reboot", "again"))

    def has_new_id():
        text = daemon.virsh("domid", "again")
        return text.isdigit() and int(text) > before
    wait_for("a new id", has_new_id)
    daemon.wait_for_state("again", "running")
    daemon.remove("again")


@test
def dominfo_of_a_running_domain():
    daemon = shared()
    daemon.running("informed", vcpu="2", memory=262144)
    info = fields(daemon.virsh("dominfo", "informed"))
    expect_equal(info["Name"], "informed")
    expect_equal(info["State"], "running")
    expect_equal(info["CPU(s)"], "2")
    expect_equal(info["Max memory"], "262144 KiB")
    expect_equal(info["OS Type"], "xen")
    expect_equal(info["Persistent"], "yes")
    expect_equal(info["Autostart"], "disable")
    expect_equal(info["Managed save"], "no")
    daemon.remove("informed")


@test
def dominfo_of_a_defined_domain():
    daemon = shared()
    daemon.define("idle")
    info = fields(daemon.virsh("dominfo", "idle"))
    expect_equal(info["State"], "shut off")
    expect_equal(info["Id"], "-")
    daemon.remove("idle")


@test
def domstate_with_reason():
    daemon = shared()
    daemon.define("reasoned")
    expect_in("shut off", daemon.virsh("domstate", "--reason", "reasoned"))
    daemon.virsh("start", "reasoned")
    expect_equal(daemon.virsh("domstate", "--reason", "reasoned"), "running (booted)")
    daemon.virsh("destroy", "reasoned")
    expect_equal(daemon.virsh("domstate", "--reason", "reasoned"), "shut off (destroyed)")
    daemon.remove("reasoned")


@test
def domid_domname_and_domuuid_name_each_other():
    daemon = shared()
    identity = str(uuid.uuid4())
    daemon.running("named", uuid=identity)
    number = daemon.virsh("domid", "named")
    expect_equal(daemon.virsh("domname", number), "named")
    expect_equal(daemon.virsh("domname", identity), "named")
    expect_equal(daemon.virsh("domuuid", "named"), identity)
    expect_equal(daemon.virsh("domid", identity), number)
    daemon.remove("named")


@test
def dumpxml_live_and_inactive():
    daemon = shared()
    daemon.running("dumped", devices="<console type='pty'/>")
    live = daemon.virsh("dumpxml", "dumped")
    expect_in("<domain type='xen' id='%s'>" % daemon.virsh("domid", "dumped"), live)
    expect_in("tty='/dev/pts/", live)
    inactive = daemon.virsh("dumpxml", "--inactive", "dumped")
    expect_in("<domain type='xen'>", inactive)
    assert "tty=" not in inactive
    daemon.remove("dumped")


@test
def dumpxml_shows_a_password_only_with_security_info():
    daemon = shared()
    daemon.define("secret", devices="<graphics type='vnc' port='-1' passwd='sesame'/>")
    assert "sesame" not in daemon.virsh("dumpxml", "secret")
    expect_in("passwd='sesame'", daemon.virsh("dumpxml", "--security-info", "secret"))
    daemon.remove("secret")


@test
def dumpxml_migratable_has_no_runtime_detail():
    daemon = shared()
    daemon.running("mover", devices="<console type='pty'/>")
    expect_in("<name>mover</name>", daemon.virsh("dumpxml", "--migratable", "mover"))
    daemon.remove("mover")


@test
def dumpxml_is_a_definition_again():
    daemon = shared()
    daemon.define("circle", devices="<console type='pty'/>")
    text = daemon.virsh("dumpxml", "circle")
    daemon.virsh("define", daemon.file("again.xml", text))
    expect_equal(daemon.virsh("dumpxml", "circle"), text)
    daemon.remove("circle")


@test
def autostart_and_disable():
    daemon = shared()
    daemon.define("early")
    expect_in("marked as autostarted", daemon.virsh_says("autostart", "early"))
    expect_in("early", daemon.virsh("list", "--all", "--autostart", "--name"))
    link = daemon.path("etc/libvirt/libxl/autostart/early.xml")
    assert os.path.islink(link)
    daemon.virsh("autostart", "--disable", "early")
    assert not os.path.lexists(link)
    daemon.remove("early")


@test
def vcpucount_in_every_way():
    daemon = shared()
    daemon.running("counted", vcpu="3")
    expect_equal(daemon.virsh("vcpucount", "counted", "--maximum", "--config"), "3")
    expect_equal(daemon.virsh("vcpucount", "counted", "--maximum", "--live"), "3")
    expect_equal(daemon.virsh("vcpucount", "counted", "--maximum", "--current"), "3")
    expect_equal(daemon.virsh("vcpucount", "counted", "--active", "--config"), "3")
    expect_equal(daemon.virsh("vcpucount", "counted", "--active", "--live"), "3")
    expect_equal(len(daemon.virsh("vcpucount", "counted").splitlines()), 4)
    daemon.remove("counted")


@test
def list_by_state_and_kind():
    daemon = shared()
    daemon.running("up")
    daemon.running("halted")
    daemon.virsh("suspend", "halted")
    daemon.define("down")
    daemon.virsh("create", daemon.file("x.xml", domain_xml("guest-of-a-day")))

    mine = {"up", "halted", "down", "guest-of-a-day"}

    def names(*flags):
        return set(daemon.virsh("list", "--name", *flags).split()) & mine
    expect_equal(names(), {"up", "halted", "guest-of-a-day"})
    expect_equal(names("--all"), mine)
    expect_equal(names("--inactive"), {"down"})
    expect_equal(names("--state-running"), {"up", "guest-of-a-day"})
    expect_equal(names("--state-paused"), {"halted"})
    expect_equal(names("--all", "--state-shutoff"), {"down"})
    expect_equal(names("--all", "--persistent"), {"up", "halted", "down"})
    expect_equal(names("--transient"), {"guest-of-a-day"})
    expect_equal(names("--all", "--no-autostart"), mine)
    expect_equal(names("--all", "--with-managed-save"), set())
    expect_equal(names("--all", "--without-managed-save"), mine)
    for name in mine:
        daemon.remove(name)


@test
def list_as_table_with_title_and_managed_save():
    daemon = shared()
    daemon.define("titled", elements="<title>Of the rings</title>")
    table = daemon.virsh("list", "--all", "--table", "--title", "--managed-save")
    assert re.search(r"titled\s+shut off\s+Of the rings", table), table
    daemon.remove("titled")


@test
def list_uuids():
    daemon = shared()
    identity = str(uuid.uuid4())
    daemon.define("known", uuid=identity)
    expect_in(identity, daemon.virsh("list", "--all", "--uuid"))
    daemon.remove("known")


@test
def desc_shows_title_and_description():
    daemon = shared()
    daemon.define("told", elements="<title>Short</title><description>Long</description>")
    expect_equal(daemon.virsh("desc", "told", "--title"), "Short")
    expect_equal(daemon.virsh("desc", "told"), "Long")
    daemon.remove("told")


@test
def lists_of_what_there_is_none_of_are_empty():
    for command in (["net-list", "--all"], ["pool-list", "--all"], ["iface-list", "--all"],
                    ["secret-list"], ["nodedev-list"]):
        expect_equal(shared().virsh(*command), "")


@test
def what_is_not_served_is_not_supported():
    text = shared().virsh_fails("nwfilter-list")
    expect_in("this function is not supported by the connection driver", text)


@test
def an_unknown_domain_is_not_found():
    text = shared().virsh_fails("dominfo", "nobody")
    expect_in("failed to get domain 'nobody'", text)


@test
def domain_0_can_not_be_destroyed_or_stopped():
    daemon = shared()
    for command in ("destroy", "shutdown", "reboot", "suspend", "resume", "undefine", "autostart"):
        expect_in("Requested operation is not valid", daemon.virsh_fails(command, "Domain-0"))
    expect_equal(daemon.state("Domain-0"), "running")


@test
def definitions_with_odd_names_survive_a_restart():
    daemon = Daemon()
    names = ["a---b", ".hidden", "--", "two words", "x;y", "\u00fcml\u00e4ut"]
    for name in names:
        daemon.define(name)
    daemon.kill()
    daemon.start()
    expect_equal(sorted(daemon.virsh("list", "--all", "--name").splitlines()),
                 sorted(names + ["Domain-0"]))


@test
def a_definition_survives_a_restart():
    daemon = Daemon()
    daemon.define("kept", elements="<title>still here</title>")
    before = daemon.virsh("dumpxml", "kept")
    expect_equal(daemon.stop(), 0)
    daemon.start()
    expect_equal(daemon.virsh("dumpxml", "kept"), before)


run()
