#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hooks: programs that are told of what happens to a domain, and may refuse its start."""

import os
import time

from fixture import PATIENCE, Daemon, expect_equal, expect_in, run, test, wait_for

START = ["prepare begin", "start begin", "started begin"]
STOP = ["stopped end", "release end"]
HOOK_FAILED = "Hook script execution failed"


def put(daemon, name, body, mode=0o755):
    path = daemon.path("etc/libvirt/hooks/" + name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("#!/bin/sh\n" + body)
    os.chmod(path, mode)
    return path


def recorder(daemon, name="libxl", more=""):
    """A hook that notes how it is called."""
    return put(daemon, name, "echo ${0##*/} \"$*\" >> %s\n%s\n" % (daemon.path("calls"), more))


def calls(daemon, name="libxl"):
    """(domain, "operation sub-operation") of each call, and forgets them."""
    path = daemon.path("calls")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        words = [line.split() for line in file]
    os.unlink(path)
    for call in words:
        expect_equal((call[0], len(call), call[4]), (name, 5, "-"))
    return [(call[1], " ".join(call[2:4])) for call in words]


def of(domain, operations):
    return [(domain, operation) for operation in operations]


@test
def each_step_of_a_life_is_told():
    daemon = Daemon()
    recorder(daemon)
    daemon.running("tc")
    expect_equal(calls(daemon), of("tc", START))
    daemon.virsh("destroy", "tc")
    expect_equal(calls(daemon), of("tc", STOP))


@test
def a_guest_that_stops_by_itself_is_told_and_so_is_its_restart():
    daemon = Daemon()
    recorder(daemon)
    daemon.running("tc")
    calls(daemon)
    daemon.ctl("guest", "tc", "reboot")
    done = wait_for("the restart", lambda: len(open(daemon.path("calls")).readlines()) >= 5 and calls(daemon)
                    if os.path.exists(daemon.path("calls")) else None)
    expect_equal(done, of("tc", STOP + START))
    daemon.ctl("guest", "tc", "poweroff")
    daemon.wait_for_state("tc", "shut off")
    expect_equal(calls(daemon), of("tc", STOP))


@test
def the_definition_is_its_input():
    daemon = Daemon()
    copy = daemon.path("copy")
    put(daemon, "libxl", "cat > %s.$2\n" % copy)
    daemon.running("tc")
    for operation, part in (("prepare", "<domain type='xen'>"), ("started", "<domain type='xen' id='1'>")):
        with open("%s.%s" % (copy, operation)) as file:
            text = file.read()
        expect_in(part, text)
        expect_in("<name>tc</name>", text)


@test
def a_hook_that_fails_refuses_the_start():
    daemon = Daemon()
    daemon.define("tc")
    for operation, after in (("prepare", []), ("start", STOP[1:]), ("started", STOP)):
        recorder(daemon, more="[ $2 = %s ] || exit 0; echo no room here >&2; exit 3" % operation)
        error = daemon.virsh_fails("start", "tc")
        for part in (HOOK_FAILED, "exit status 3", "no room here"):
            expect_in(part, error)
        expect_equal(daemon.state("tc"), "shut off")
        begun = [step for step in START if START.index(step) <= START.index(operation + " begin")]
        expect_equal(calls(daemon), of("tc", begun + after))
    assert "tc" not in daemon.ctl("list")


@test
def its_environment_is_not_the_daemons():
    os.environ["VIRTXL_TEST_SECRET"] = "x"
    daemon = Daemon()
    put(daemon, "libxl", "env > %s\n" % daemon.path("environment"))
    daemon.running("tc")
    with open(daemon.path("environment")) as file:
        names = {line.partition("=")[0] for line in file}
    assert {"PATH", "LC_ALL"} <= names <= {"PATH", "LC_ALL", "HOME", "USER", "LOGNAME", "TMPDIR", "PWD", "_"}, names


@test
def one_that_fails_at_the_end_changes_nothing():
    daemon = Daemon()
    daemon.running("tc")
    put(daemon, "libxl", "exit 1\n")
    daemon.virsh("destroy", "tc")
    expect_equal(daemon.state("tc"), "shut off")
    expect_in("hooks/libxl': exit status 1", daemon.log())


@test
def those_in_the_directory_follow_by_name():
    daemon = Daemon()
    order = daemon.path("order")
    for name in ("libxl.d/20-b", "libxl.d/10-a", "libxl"):
        put(daemon, name, "[ $2 = prepare ] && echo ${0##*/} >> %s || true\n" % order)
    put(daemon, "libxl.d/30-not-executable", "echo bad >> %s\n" % order, mode=0o644)
    daemon.running("tc")
    with open(order) as file:
        expect_equal(file.read().split(), ["libxl", "10-a", "20-b"])


@test
def a_restore_may_be_filtered():
    daemon = Daemon()
    image = daemon.path("image")
    daemon.running("tc")
    daemon.virsh("save", "tc", image)
    recorder(daemon)
    put(daemon, "libxl.d/1", "[ $2 = restore ] && sed 's,<name>tc</name>,&<title>restored</title>,'\nexit 0\n")
    daemon.virsh("restore", image)
    expect_equal([call for call in calls(daemon)], of("tc", ["restore begin"] + START))
    expect_in("<title>restored</title>", daemon.virsh("dumpxml", "tc"))


@test
def a_restore_may_be_refused_and_its_image_stays():
    daemon = Daemon()
    image = daemon.path("image")
    daemon.running("tc")
    daemon.virsh("save", "tc", image)
    put(daemon, "libxl", "[ $2 = restore ] && exit 1\nexit 0\n")
    expect_in(HOOK_FAILED, daemon.virsh_fails("restore", image))
    put(daemon, "libxl", "[ $2 = restore ] && sed 's,<name>tc<,<name>other<,'\nexit 0\n")
    expect_in("can't be changed", daemon.virsh_fails("restore", image))
    os.unlink(daemon.path("etc/libvirt/hooks/libxl"))
    daemon.virsh("restore", image)
    expect_equal(daemon.state("tc"), "running")


@test
def the_next_daemon_tells_what_it_finds():
    daemon = Daemon()
    daemon.running("tc")
    daemon.running("gone")
    recorder(daemon)
    daemon.kill()
    daemon.ctl("destroy", "gone")
    daemon.start()
    told = []

    def all_are_told():
        told.extend(calls(daemon))
        return len(told) >= 3
    wait_for("three calls", all_are_told)
    expect_equal(sorted(told), sorted(of("tc", ["reconnect begin"]) + of("gone", STOP)))


@test
def a_program_that_is_slow_to_reconnect_holds_up_its_domain_and_no_client():
    daemon = Daemon()
    for name in ("tc", "other"):
        daemon.running(name)
    put(daemon, "libxl", "[ \"$1 $2\" = 'tc reconnect' ] || exit 0\nwhile [ ! -e %s ]; do sleep 0.1; done\n"
        % daemon.path("go"))
    daemon.stop()
    daemon.start()
    expect_equal(daemon.state("tc"), "running")
    daemon.virsh("destroy", "other")
    destroy = daemon.virsh_process("destroy", "tc")
    time.sleep(0.5)
    expect_equal((destroy.poll(), daemon.state("tc")), (None, "running"))
    daemon.file("go", "")
    destroy.communicate(timeout=PATIENCE)
    expect_equal((destroy.returncode, daemon.state("tc")), (0, "shut off"))


@test
def nobody_waits_for_a_hook_but_its_domain():
    daemon = Daemon()
    daemon.running("other")
    daemon.define("tc")
    go = daemon.path("go")
    put(daemon, "libxl", "[ $1 = tc ] || exit 0\nwhile [ ! -e %s ]; do sleep 0.05; done\n" % go)
    start = daemon.virsh_process("start", "tc")
    time.sleep(0.2)
    expect_equal(daemon.state("tc"), "shut off")
    daemon.virsh("destroy", "other")
    assert start.poll() is None
    open(go, "w").close()
    start.communicate()
    expect_equal(start.returncode, 0)


@test
def a_process_that_a_hook_leaves_behind_keeps_nobody():
    daemon = Daemon()
    put(daemon, "libxl", "sleep 60 & echo $! >> %s\n" % daemon.path("left"))
    daemon.running("tc")
    with open(daemon.path("left")) as file:
        for pid in file.read().split():
            os.kill(int(pid), 15)
    os.unlink(daemon.path("etc/libvirt/hooks/libxl"))


run()
