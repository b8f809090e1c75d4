# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the whole daemon share: a daemon on a simulated host under
a directory of its own, stock virsh beside it, the guest's chair, and TAP.

A test is a function marked with @test, one behaviour each; its name says which.
run() runs those of the file. Most files share one daemon among their tests
(shared()); a test that stops, kills or configures one makes its own (Daemon()).

From the environment: VIRTXLD and VIRTXL_SIMHOST, the programs under test.
"""

import atexit
import errno
import faulthandler
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import traceback
import tty

VIRTXLD = os.environ["VIRTXLD"]
SIMHOST = os.environ["VIRTXL_SIMHOST"]

# On a loaded machine, with sanitizers, things take their time.
PATIENCE = float(os.environ.get("VIRTXL_TEST_PATIENCE", "30"))
# A test that takes longer hangs where nothing of ours can wake it: in a client library.
STUCK = 20 * PATIENCE

tests = []
daemons = []


def test(function):
    tests.append(function)
    return function


def run():
    failed = False
    print("1..%d" % (len(tests) + 1), flush=True)
    for number, function in enumerate(tests, 1):
        failed |= not run_test(number, function)
    failed |= not run_test(len(tests) + 1, the_daemon_ends_in_peace)
    sys.exit(1 if failed else 0)


def run_test(number, function):
    name = function.__name__.replace("_", " ")
    faulthandler.dump_traceback_later(STUCK, exit=True)
    try:
        function()
        end_daemons(except_shared=True)
        print("ok %d - %s" % (number, name), flush=True)
        return True
    except Exception:  # the next test may still tell something
        print("not ok %d - %s" % (number, name))
        for line in traceback.format_exc().splitlines():
            print("# " + line)
        for daemon in daemons:
            daemon.show_log()
        sys.stdout.flush()
        end_quietly(except_shared=True)
        return False


def the_daemon_ends_in_peace():
    """The last test of every file: the shared daemon is stopped."""
    end_daemons()


def end_daemons(except_shared=False):
    for daemon in list(daemons):
        if not (except_shared and daemon is the_shared):
            daemon.end()


def end_quietly(except_shared=False):
    try:
        end_daemons(except_shared)
    except AssertionError as error:
        print("# " + str(error))


atexit.register(end_quietly)


def wait_for(what, condition, patience=PATIENCE):
    """Returns the first true value of condition()."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.02)


def expect_in(part, whole):
    assert part in whole, "%r is not in %r" % (part, whole)


def expect_equal(value, expected):
    assert value == expected, "%r, not %r" % (value, expected)


class Daemon:
    """virtxld --host sim under a temporary root, which goes with it."""

    def __init__(self, start=True, config=None, driver_config=None, arguments=(), environment=None):
        self.root = tempfile.mkdtemp(prefix="virtxl-")
        self.config_path = self.path("etc/libvirt/virtxld.conf")
        self.socket = self.path("run/libvirt/virtxend-sock")
        self.readonly_socket = self.socket + "-ro"
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.process = None
        daemons.append(self)
        if config is not None:
            self.configure(config)
        if driver_config is not None:
            self.configure(driver_config, "libxl.conf")
        if start:
            self.start()

    def path(self, relative):
        return os.path.join(self.root, relative)

    def configure(self, text, name="virtxld.conf"):
        path = os.path.join(os.path.dirname(self.config_path), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    @property
    def log_path(self):
        return self.path("virtxld.log")

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def show_log(self, lines=30):
        if os.path.exists(self.log_path):
            print("# the last lines of the log of %s:" % self.root)
            for line in self.log().splitlines()[-lines:]:
                print("#   " + line)

    def spawn(self, **options):
        """Starts the program and does not wait for it."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [VIRTXLD, "--host", "sim", "--root", self.root] + self.arguments,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "LC_ALL": "C", **self.environment}, **options)
        return self.process

    def start(self):
        self.spawn()
        self.wait_until_it_listens(self.socket)

    def wait_until_it_listens(self, path):
        def listens():
            if self.process.poll() is not None:
                raise AssertionError("virtxld ended with status %d: %s"
                                     % (self.process.returncode, self.log()[-500:]))
            return can_connect(path)
        wait_for("a daemon at " + path, listens)

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """Stops it as a service manager does; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def end(self):
        """Ends everything that belongs to the root, and the root. What a
        sanitizer or GLib has complained of meanwhile is a failure."""
        daemons.remove(self)
        if self.is_alive():
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        subprocess.run([SIMHOST, "--root", self.root, "--ctl", "quit"], stderr=subprocess.DEVNULL,
                       timeout=PATIENCE)
        complaints = self.complaints()
        shutil.rmtree(self.root, ignore_errors=True)
        assert not complaints, complaints

    def complaints(self):
        if not os.path.exists(self.log_path):
            return ""
        lines = self.log().splitlines()
        first = next((number for number, line in enumerate(lines)
                      if "Sanitizer" in line or "runtime error" in line or ": error: " in line), None)
        return "" if first is None else "\n".join(lines[first:first + 40])

    def uri(self, readonly=False):
        return "xen:///system?socket=" + (self.readonly_socket if readonly else self.socket)

    def virsh_process(self, *arguments, readonly=False, quiet=True, **options):
        command = ["virsh", "-c", self.uri(readonly)]
        command += ["-q"] * quiet + ["-r"] * readonly
        return subprocess.Popen(
            command + [str(argument) for argument in arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "LC_ALL": "C", "HOME": self.root}, **options)

    def virsh(self, *arguments, readonly=False):
        """What stock virsh prints; an AssertionError if it fails."""
        process = self.virsh_process(*arguments, readonly=readonly)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, "virsh %s: %s" % (" ".join(map(str, arguments)), err)
        return out.strip()

    def virsh_says(self, *arguments):
        """With the sentences for a person."""
        process = self.virsh_process(*arguments, quiet=False)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, "virsh %s: %s" % (" ".join(map(str, arguments)), err)
        return out.strip()

    def virsh_fails(self, *arguments, readonly=False):
        """What it says when it must fail."""
        process = self.virsh_process(*arguments, readonly=readonly)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode != 0, "virsh %s succeeds: %s" % (" ".join(map(str, arguments)), out)
        return err.strip()

    def ctl(self, *words):
        """Has the simulated host do something."""
        command = " ".join("'%s'" % word for word in words)
        done = subprocess.run([SIMHOST, "--root", self.root, "--ctl", command], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
        assert done.returncode == 0, "ctl %s: %s" % (command, done.stderr)
        return done.stdout

    def file(self, name, text):
        """A file of that content, for virsh to read."""
        path = self.path(name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def define(self, name, **settings):
        self.virsh("define", self.file("define.xml", domain_xml(name, **settings)))

    def running(self, name, **settings):
        """Defines and starts."""
        self.define(name, **settings)
        self.virsh("start", name)

    def remove(self, name):
        """Whatever state it is in."""
        for command in ("destroy", "undefine"):
            self.virsh_process(command, name).communicate(timeout=PATIENCE)

    def state(self, name):
        return self.virsh("domstate", name)

    def wait_for_state(self, name, state):
        wait_for("%s to be %s" % (name, state), lambda: self.state(name) == state)

    def guest_end(self, domain, channel):
        """Opens the guest's end of a channel as a raw terminal."""
        path = self.path(os.path.join("run/virtxl-sim", domain, channel))
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(descriptor, termios.TCSANOW)
        return descriptor


the_shared = None


def shared():
    """The daemon that the tests of this file share, running."""
    global the_shared
    if the_shared is None:
        the_shared = Daemon()
    assert the_shared.is_alive(), "an earlier test has killed the daemon"
    return the_shared


def can_connect(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(path)
            return True
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ECONNREFUSED):
                raise
            return False


def unix_channel(path, name, target="virtio"):
    return ("<channel type='unix'><source mode='bind' path='%s'/>"
            "<target type='%s' name='%s'/></channel>" % (path, target, name))


def domain_xml(name, uuid=None, devices="", elements="", memory=131072, vcpu="1", kind="xen"):
    return """<domain type='%s'>
  <name>%s</name>
  %s
  <memory unit='KiB'>%d</memory>
  <vcpu>%s</vcpu>
  <os>
    <type machine='xenpv'>linux</type>
    <kernel>/boot/guest-kernel</kernel>
  </os>
  %s
  <devices>
    %s
  </devices>
</domain>
""" % (kind, name, "<uuid>%s</uuid>" % uuid if uuid else "", memory, vcpu,
       elements, devices)


def connect(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(PATIENCE)
    client.connect(path)
    return client


def read_exactly(descriptor, size):
    """That many bytes of a terminal."""
    data = b""
    while len(data) < size:
        data += os.read(descriptor, size - len(data))
    return data


def receive_exactly(client, size):
    data = b""
    while len(data) < size:
        part = client.recv(size - len(data))
        assert part, "the other side closed after %d of %d bytes" % (len(data), size)
        data += part
    return data
