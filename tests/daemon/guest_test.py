#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What guests do by themselves, and what becomes of them and their channels
while the daemon is up, down, and up again."""

import os
import shutil
import time

from fixture import (Daemon, connect, domain_xml, expect_equal, expect_in, read_exactly,
                     receive_exactly, run, test, unix_channel, wait_for)

ON_CRASH = "<on_crash>%s</on_crash>"


def with_channel(daemon, name="talker", elements=""):
    """A running domain with a channel; returns the path of its socket."""
    path = daemon.path("channel.sock")
    daemon.running(name, devices="<console type='pty'/>" + unix_channel(path, "a.channel"),
                   elements=elements)
    return path


def bytes_flow(daemon, path, name="talker"):
    """Both ways, from a new connection to a new terminal."""
    guest = daemon.guest_end(name, "a.channel")
    with connect(path) as host:
        host.sendall(b"to the guest\n")
        expect_equal(read_exactly(guest, 13), b"to the guest\n")
        os.write(guest, b"to the host\n")
        expect_equal(receive_exactly(host, 12), b"to the host\n")
    os.close(guest)


def domid(daemon, name):
    return daemon.virsh("domid", name)


def restarted(daemon, name, before):
    """It runs again, under another id."""
    wait_for("a new id", lambda: domid(daemon, name) not in (before, "-"))
    daemon.wait_for_state(name, "running")


@test
def bytes_flow_both_ways_through_a_channel():
    daemon = Daemon()
    path = with_channel(daemon)
    bytes_flow(daemon, path)


@test
def a_stopped_domain_leaves_no_socket():
    daemon = Daemon()
    path = with_channel(daemon)
    daemon.virsh("destroy", "talker")
    assert not os.path.exists(path)


@test
def kill_and_restart_finds_the_domain_as_it_was():
    daemon = Daemon()
    path = with_channel(daemon)
    wait_for("the guest to connect", lambda: "state='connected'" in daemon.virsh("dumpxml", "talker"))
    before = daemon.virsh("dumpxml", "talker")
    number = domid(daemon, "talker")
    daemon.kill()
    bytes_flow(daemon, path)
    daemon.start()
    expect_equal(daemon.virsh("domstate", "--reason", "talker"), "running (booted)")
    expect_equal(domid(daemon, "talker"), number)
    expect_equal(daemon.virsh("dumpxml", "talker"), before)
    bytes_flow(daemon, path)


@test
def kill_and_restart_leaves_a_connection_undisturbed():
    daemon = Daemon()
    path = with_channel(daemon)
    guest = daemon.guest_end("talker", "a.channel")
    with connect(path) as host:
        host.sendall(b"one\n")
        expect_equal(read_exactly(guest, 4), b"one\n")
        daemon.kill()
        host.sendall(b"two\n")
        expect_equal(read_exactly(guest, 4), b"two\n")
        daemon.start()
        os.write(guest, b"three\n")
        expect_equal(receive_exactly(host, 6), b"three\n")
    os.close(guest)


@test
def stop_and_start_leaves_domains_alone():
    daemon = Daemon()
    path = with_channel(daemon)
    number = domid(daemon, "talker")
    expect_equal(daemon.stop(), 0)
    daemon.start()
    expect_equal(domid(daemon, "talker"), number)
    bytes_flow(daemon, path)


@test
def a_transient_domain_survives_a_restart():
    daemon = Daemon()
    daemon.virsh("create", daemon.file("x.xml", domain_xml("passing")))
    daemon.kill()
    daemon.start()
    expect_equal(daemon.state("passing"), "running")
    expect_in("no", daemon.virsh("dominfo", "passing").split("Persistent:")[1].splitlines()[0])


@test
def a_paused_domain_is_paused_after_a_restart():
    daemon = Daemon()
    daemon.running("still")
    daemon.virsh("suspend", "still")
    daemon.kill()
    daemon.start()
    expect_equal(daemon.state("still"), "paused")


@test
def a_guest_that_powers_off_is_shut_off():
    daemon = Daemon()
    path = with_channel(daemon)
    daemon.ctl("guest", "talker", "poweroff")
    daemon.wait_for_state("talker", "shut off")
    expect_equal(daemon.virsh("domstate", "--reason", "talker"), "shut off (shutdown)")
    wait_for("the socket to go", lambda: not os.path.exists(path))


@test
def a_guest_that_reboots_runs_again_with_its_channel():
    daemon = Daemon()
    path = with_channel(daemon)
    before = domid(daemon, "talker")
    daemon.ctl("guest", "talker", "reboot")
    restarted(daemon, "talker", before)
    bytes_flow(daemon, path)


@test
def a_guest_that_crashes_is_destroyed():
    daemon = Daemon()
    daemon.running("shaky", elements=ON_CRASH % "destroy")
    daemon.ctl("guest", "shaky", "crash")
    daemon.wait_for_state("shaky", "shut off")
    expect_equal(daemon.virsh("domstate", "--reason", "shaky"), "shut off (crashed)")


@test
def a_guest_that_crashes_restarts_if_told_so():
    daemon = Daemon()
    daemon.running("shaky", elements=ON_CRASH % "restart")
    before = domid(daemon, "shaky")
    daemon.ctl("guest", "shaky", "crash")
    restarted(daemon, "shaky", before)


@test
def a_guest_that_crashes_is_preserved_if_told_so():
    daemon = Daemon()
    daemon.running("shaky", elements=ON_CRASH % "preserve")
    daemon.ctl("guest", "shaky", "crash")
    daemon.wait_for_state("shaky", "crashed")
    daemon.virsh("destroy", "shaky")
    expect_equal(daemon.state("shaky"), "shut off")


@test
def on_poweroff_restart_is_obeyed():
    daemon = Daemon()
    daemon.running("stubborn", elements="<on_poweroff>restart</on_poweroff>")
    before = domid(daemon, "stubborn")
    daemon.ctl("guest", "stubborn", "poweroff")
    restarted(daemon, "stubborn", before)


@test
def on_reboot_destroy_is_obeyed():
    daemon = Daemon()
    daemon.running("fragile", elements="<on_reboot>destroy</on_reboot>")
    daemon.ctl("guest", "fragile", "reboot")
    daemon.wait_for_state("fragile", "shut off")


@test
def a_guest_that_powered_off_meanwhile_is_shut_off():
    daemon = Daemon()
    path = with_channel(daemon)
    daemon.kill()
    daemon.ctl("guest", "talker", "poweroff")
    daemon.start()
    daemon.wait_for_state("talker", "shut off")
    wait_for("the socket to go", lambda: not os.path.exists(path))


@test
def a_guest_that_rebooted_meanwhile_runs_again():
    daemon = Daemon()
    path = with_channel(daemon)
    before = domid(daemon, "talker")
    daemon.kill()
    daemon.ctl("guest", "talker", "reboot")
    daemon.start()
    restarted(daemon, "talker", before)
    bytes_flow(daemon, path)


@test
def a_guest_that_crashed_meanwhile_is_treated_as_told():
    daemon = Daemon()
    daemon.running("ends", elements=ON_CRASH % "destroy")
    daemon.running("returns", elements=ON_CRASH % "restart")
    before = domid(daemon, "returns")
    daemon.kill()
    daemon.ctl("guest", "ends", "crash")
    daemon.ctl("guest", "returns", "crash")
    daemon.start()
    daemon.wait_for_state("ends", "shut off")
    restarted(daemon, "returns", before)


@test
def a_domain_destroyed_behind_the_daemons_back_is_noticed():
    daemon = Daemon()
    daemon.running("gone")
    daemon.ctl("destroy", "gone")
    daemon.wait_for_state("gone", "shut off")


@test
def a_domain_whose_start_fails_is_not_left_running():
    daemon = Daemon()
    daemon.define("unlucky")
    daemon.ctl("fail", "create", "1", "no more memory, says the test")
    expect_in("no more memory, says the test", daemon.virsh_fails("start", "unlucky"))
    expect_equal(daemon.state("unlucky"), "shut off")
    assert "unlucky" not in daemon.ctl("list")
    daemon.virsh("start", "unlucky")


@test
def a_slow_start_delays_no_getter_and_no_other_start():
    daemon = Daemon()
    for name in ("slow", "other"):
        daemon.define(name)
    daemon.ctl("delay", "create", "4000")
    process = daemon.virsh_process("start", "slow")
    time.sleep(0.5)
    start = time.monotonic()
    daemon.virsh("dominfo", "slow")
    daemon.virsh("list", "--all")
    assert time.monotonic() - start < 3
    daemon.ctl("delay", "create", "0")
    daemon.virsh("start", "other")
    assert process.poll() is None
    process.communicate(timeout=30)
    expect_equal(process.returncode, 0)


def boot(daemon):
    """The host goes down and comes up: no domain, nothing in /run."""
    daemon.stop()
    daemon.ctl("quit")
    shutil.rmtree(daemon.path("run"))
    daemon.start()


@test
def autostarted_domains_start_when_the_host_has_booted():
    daemon = Daemon()
    daemon.define("early")
    daemon.define("late")
    daemon.virsh("autostart", "early")
    boot(daemon)
    daemon.wait_for_state("early", "running")
    expect_equal(daemon.state("late"), "shut off")


@test
def autostarted_domains_stay_off_when_only_the_daemon_starts_again():
    daemon = Daemon()
    daemon.define("early")
    daemon.virsh("autostart", "early")
    boot(daemon)
    daemon.wait_for_state("early", "running")
    daemon.virsh("destroy", "early")
    daemon.kill()
    daemon.start()
    expect_equal(daemon.state("early"), "shut off")


@test
def a_saved_domain_is_not_booted_over_its_image():
    daemon = Daemon()
    daemon.define("saved")
    daemon.virsh("autostart", "saved")
    image = daemon.file("var/lib/libvirt/libxl/save/saved.save", "what stock left")
    boot(daemon)
    xml = daemon.file("saved.xml", daemon.virsh("dumpxml", "saved"))
    for command in (("start", "saved"), ("create", xml)):
        expect_in("has a managed save image", daemon.virsh_fails(*command))
    expect_equal(daemon.state("saved"), "shut off")
    daemon.virsh("start", "--force-boot", "saved")
    assert not os.path.exists(image)


def killed_during(daemon, call, action, arrived):
    """Kills the daemon while it waits for the host's answer to that call, which
    then is never carried out; arrived() is true when it has come to that."""
    daemon.ctl("delay", call, "3600000")
    process = action()
    wait_for("that call", arrived)
    time.sleep(0.3)
    daemon.kill()
    if process:
        process.communicate()
    daemon.ctl("reset")
    daemon.start()


def start(daemon, *options):
    return lambda: daemon.virsh_process("start", "guest", *options)


def reboot(daemon):
    return lambda: daemon.ctl("guest", "guest", "reboot") and None


def on_host(daemon, but=None):
    """Whether the host has the domain, under another id than that."""
    return lambda: any(line.split("\t")[1] == "guest" and line.split("\t")[0] != but
                       for line in daemon.ctl("list").splitlines() if line[0] != "\t")


def not_on_host(daemon):
    return lambda: not on_host(daemon)()


def runs_once(daemon):
    daemon.wait_for_state("guest", "running")
    expect_equal(daemon.ctl("list").count("\tguest\t"), 1)


@test
def a_domain_that_was_half_built_is_removed():
    daemon = Daemon()
    daemon.define("guest", devices=unix_channel(daemon.path("channel.sock"), "a.channel"))
    killed_during(daemon, "store_userdata", start(daemon), on_host(daemon))
    expect_equal(daemon.state("guest"), "shut off")
    assert "guest" not in daemon.ctl("list")
    assert not os.path.exists(daemon.path("channel.sock"))
    daemon.virsh("start", "guest")


@test
def a_start_that_was_all_but_done_is_finished():
    daemon = Daemon()
    daemon.define("guest")
    killed_during(daemon, "unpause", start(daemon), on_host(daemon))
    runs_once(daemon)
    expect_equal(daemon.virsh("domstate", "--reason", "guest"), "running (booted)")


@test
def a_reboot_that_had_lost_its_domain_is_finished():
    daemon = Daemon()
    daemon.virsh("create", daemon.file("guest.xml", domain_xml("guest")))
    killed_during(daemon, "create", reboot(daemon), not_on_host(daemon))
    runs_once(daemon)


@test
def a_reboot_that_was_half_built_is_finished():
    daemon = Daemon()
    daemon.running("guest")
    before = domid(daemon, "guest")
    killed_during(daemon, "store_userdata", reboot(daemon), on_host(daemon, but=before))
    runs_once(daemon)
    assert domid(daemon, "guest") != before


run()
