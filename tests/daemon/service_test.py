#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon as a service: start, stop, reload, one instance, sockets from a
service manager, telling it how we are."""

import os
import signal
import socket
import stat
import subprocess
import sys
import uuid

from fixture import (PATIENCE, VIRTXLD, Daemon, can_connect, domain_xml, expect_equal, expect_in,
                     run, test, wait_for)
from wire import CREATE_WITH_FLAGS, GET_TYPE, Wire, integer, type_of
from wire import domain as wire_domain

# Starts a program with descriptors from 3 on, as a service manager does.
ACTIVATOR = """
import os, sys
count, names, program = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = str(count)
if names:
    os.environ["LISTEN_FDNAMES"] = names
os.execv(program[0], program)
"""


def run_program(*arguments, **options):
    return subprocess.run([VIRTXLD, *arguments], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE,
                          env={**os.environ, "LC_ALL": "C"}, **options)


class Manager:
    """Reads what the daemon tells its service manager."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(PATIENCE)
        self.states = []

    def wait_for(self, state):
        while state not in self.states:
            self.states += self.socket.recv(4096).decode().splitlines()
        self.states = self.states[self.states.index(state) + 1:]


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@test
def help_and_version():
    done = run_program("--version")
    expect_equal((done.returncode, done.stdout.split()[0], done.stderr), (0, "virtxld", ""))
    done = run_program("--help")
    expect_equal(done.returncode, 0)
    for option in ("--root", "--host", "--config", "--socket-dir", "--verbose", "--version"):
        expect_in(option, done.stdout)


@test
def wrong_arguments_are_named_in_one_line():
    for arguments, word in ((["--nonsense"], "--nonsense"), (["surplus"], "surplus"),
                            (["--host", "vmware"], "vmware")):
        done = run_program(*arguments)
        assert done.returncode != 0
        expect_in(word, done.stderr)
        expect_equal(len(done.stderr.splitlines()), 1)


@test
def without_xen_one_line_says_how_to_go_on():
    if os.path.exists("/dev/xen"):
        return
    done = run_program("--root", "/nonexistent")
    assert done.returncode != 0
    expect_in("--host sim", done.stderr)
    expect_equal(len(done.stderr.splitlines()), 1)


@test
def sigterm_stops_it_and_removes_its_sockets():
    daemon = Daemon()
    expect_equal(daemon.stop(), 0)
    assert not os.path.exists(daemon.socket)
    assert not os.path.exists(daemon.readonly_socket)


@test
def sigint_stops_it_too():
    daemon = Daemon()
    daemon.process.send_signal(signal.SIGINT)
    expect_equal(daemon.process.wait(PATIENCE), 0)


@test
def sigterm_closes_idle_clients_at_once():
    daemon = Daemon()
    with Wire(daemon.socket) as wire:
        expect_equal(daemon.stop(), 0)
        assert wire.is_closed_by_peer()


@test
def sigterm_lets_a_call_under_way_end():
    daemon = Daemon()
    daemon.define("slow")
    daemon.ctl("delay", "create", "1500")
    with Wire(daemon.socket) as wire:
        _, identity, _ = wire.lookup("slow")
        serial = wire.send_call(CREATE_WITH_FLAGS, wire_domain("slow", identity) + integer(0))
        wait_for("the start to be under way", lambda: True)
        wire.call(GET_TYPE)
        daemon.process.send_signal(signal.SIGTERM)
        wire.read_reply(serial)
        assert wire.is_closed_by_peer()
    expect_equal(daemon.process.wait(PATIENCE), 0)
    daemon.ctl("delay", "create", "0")
    daemon.start()
    expect_equal(daemon.state("slow"), "running")


@test
def sigterm_does_not_make_a_start_under_way_look_failed():
    daemon = Daemon()
    daemon.define("slow")
    daemon.ctl("delay", "create", "2000")
    start = daemon.virsh_process("start", "slow", quiet=False)
    wait_for("the start to be under way",
             lambda: os.path.exists(daemon.path("run/libvirt/libxl/slow.xml")))
    daemon.process.send_signal(signal.SIGTERM)
    out, err = start.communicate(timeout=PATIENCE)
    expect_equal((start.returncode, err.strip()), (0, ""))
    expect_in("'slow' started", out)
    expect_equal(daemon.process.wait(PATIENCE), 0)


@test
def a_client_that_leaves_during_its_call_does_no_harm():
    daemon = Daemon()
    daemon.define("left")
    daemon.ctl("delay", "create", "500")
    with Wire(daemon.socket) as wire:
        _, identity, _ = wire.lookup("left")
        wire.send_call(CREATE_WITH_FLAGS, wire_domain("left", identity) + integer(0))
        wire.call(GET_TYPE)
    daemon.wait_for_state("left", "running")


@test
def a_second_instance_is_refused_and_takes_no_sockets():
    daemon = Daemon()
    done = run_program("--host", "sim", "--root", daemon.root)
    assert done.returncode != 0
    expect_in(str(daemon.process.pid), done.stderr)
    expect_equal(type_of(daemon.socket), "Xen")


@test
def a_killed_daemons_sockets_are_taken_over():
    daemon = Daemon()
    daemon.kill()
    assert os.path.exists(daemon.socket)
    daemon.start()
    expect_equal(type_of(daemon.socket), "Xen")


@test
def sighup_finds_new_definitions():
    daemon = Daemon()
    with open(daemon.path("etc/libvirt/libxl/added.xml"), "w") as file:
        file.write(domain_xml("added", uuid=uuid.uuid4()))
    assert "added" not in daemon.virsh("list", "--all", "--name")
    daemon.process.send_signal(signal.SIGHUP)
    wait_for("the definition", lambda: "added" in daemon.virsh("list", "--all", "--name"))


@test
def a_sighup_during_the_reload_of_another_is_not_lost():
    daemon = Daemon()
    for i in range(10):
        name = "added%d" % i
        daemon.process.send_signal(signal.SIGHUP)
        with open(daemon.path("etc/libvirt/libxl/%s.xml" % name), "w") as file:
            file.write(domain_xml(name, uuid=uuid.uuid4()))
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(name, lambda: name in daemon.virsh("list", "--all", "--name"))


@test
def a_sighup_while_it_starts_is_answered_later():
    daemon = Daemon(start=False)
    daemon.spawn()
    wait_for("the lock", lambda: os.path.exists(daemon.path("run/libvirt/libxl/driver.pid")))
    daemon.process.send_signal(signal.SIGHUP)
    wait_for("the reload", lambda: "info: reloaded" in daemon.log())
    expect_equal(type_of(daemon.socket), "Xen")


@test
def sighup_changes_the_log_level():
    daemon = Daemon(config="log_level = 4\n")
    assert "info: " not in daemon.log()
    daemon.configure("log_level = 1\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_for("a line of lesser importance", lambda: "info: reloaded" in daemon.log())


@test
def sighup_with_a_bad_configuration_changes_nothing():
    daemon = Daemon()
    daemon.configure("log_level = 99\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_for("the warning", lambda: "the configuration stays as it was" in daemon.log())
    expect_equal(type_of(daemon.socket), "Xen")


@test
def log_lines_have_time_and_level():
    daemon = Daemon()
    line = next(line for line in daemon.log().splitlines() if line.endswith("info: ready"))
    assert line[:4].isdigit() and "+0000: %d: " % daemon.process.pid in line, line


@test
def it_tells_the_service_manager_how_it_is():
    daemon = Daemon(start=False)
    manager = Manager(daemon.path("notify"))
    daemon.environment["NOTIFY_SOCKET"] = daemon.path("notify")
    daemon.spawn()
    manager.wait_for("READY=1")
    assert can_connect(daemon.socket)
    daemon.process.send_signal(signal.SIGHUP)
    manager.wait_for("RELOADING=1")
    manager.wait_for("READY=1")
    daemon.process.send_signal(signal.SIGTERM)
    manager.wait_for("STOPPING=1")
    expect_equal(daemon.process.wait(PATIENCE), 0)


@test
def it_tells_a_service_manager_at_an_abstract_address_too():
    daemon = Daemon(start=False)
    name = "virtxl-test-%d" % os.getpid()
    manager = Manager("\0" + name)
    daemon.environment["NOTIFY_SOCKET"] = "@" + name
    daemon.spawn()
    manager.wait_for("READY=1")


def activated(daemon, paths, names=""):
    """Starts the daemon with listening sockets at these paths."""
    listeners = []
    for path in paths:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen()
        listeners.append(listener)

    def place():
        # Out of the way first, for a target may be another's source.
        copies = [os.dup(listener.fileno()) for listener in listeners]
        copies = [os.dup2(copy, 100 + index) for index, copy in enumerate(copies)]
        for index, copy in enumerate(copies):
            os.dup2(copy, 3 + index, inheritable=True)
    with open(daemon.log_path, "ab") as log:
        daemon.process = subprocess.Popen(
            [sys.executable, "-c", ACTIVATOR, str(len(paths)), names, VIRTXLD, "--host", "sim",
             "--root", daemon.root],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=place, close_fds=False)
    for listener in listeners:
        listener.close()
    for path in paths:
        expect_equal(type_of(path), "Xen")


@test
def sockets_of_a_service_manager_are_used():
    daemon = Daemon(start=False)
    paths = [daemon.path("sock"), daemon.path("sock-ro")]
    activated(daemon, paths)
    assert not os.path.exists(daemon.socket)
    daemon.socket, daemon.readonly_socket = paths
    daemon.define("activated")
    expect_in("read only", daemon.virsh_fails("undefine", "activated", readonly=True))
    expect_equal(daemon.stop(), 0)
    assert all(os.path.exists(path) for path in paths), "they belong to the service manager"


@test
def the_name_of_a_socket_tells_that_it_is_readonly():
    daemon = Daemon(start=False)
    paths = [daemon.path("first"), daemon.path("second")]
    activated(daemon, paths, "virtxld-ro.socket:virtxld.socket")
    daemon.readonly_socket, daemon.socket = paths
    daemon.define("activated")
    with Wire(daemon.readonly_socket) as wire:
        expect_equal(wire.refused(11).code, 29)


@test
def descriptors_meant_for_another_process_are_left_alone():
    daemon = Daemon(start=False)
    daemon.environment.update(LISTEN_PID="1", LISTEN_FDS="1")
    daemon.start()
    expect_equal(type_of(daemon.socket), "Xen")


@test
def what_it_starts_inherits_no_descriptors():
    daemon = Daemon()
    simhost = [pid for pid in os.listdir("/proc") if pid.isdigit() and is_simhost(pid, daemon.root)]
    expect_equal(len(simhost), 1)
    targets = [os.readlink("/proc/%s/fd/%s" % (simhost[0], number))
               for number in os.listdir("/proc/%s/fd" % simhost[0])]
    assert not any("driver.pid" in target for target in targets), targets


def is_simhost(pid, root):
    try:
        with open("/proc/%s/cmdline" % pid, "rb") as file:
            words = file.read().decode(errors="replace").split("\0")
    except OSError:
        return False
    return "virtxl-simhost" in words[0] and root in words


@test
def sockets_have_the_permissions_of_stock():
    daemon = Daemon()
    expect_equal(mode_of(daemon.socket), 0o700)
    expect_equal(mode_of(daemon.readonly_socket), 0o777)


run()
