# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemons: virtxld, virtxl-channeld that serves its channels, and the stock
libvirtd with its Xen driver."""

import json
import os
import shutil
import signal
import socket
import subprocess

from . import wait_until


class Daemon:
    """A daemon that runs in the foreground, with its output in a log of ours."""

    def __init__(self, program, socket_path, log, needs=()):
        self.program = program
        self.needs = needs
        self.manager = None  # a ServiceManager that starts it
        self.socket = socket_path
        self.log = log
        self.uri = "xen:///system?socket=" + socket_path
        self.process = None

    def start(self, alone=False):
        """Starts it and waits until it takes connections; unless alone, what it needs first."""
        for other in self.needs if not alone else ():
            if not other.is_alive():
                other.start()
        self.launch()
        wait_until(lambda: self.accepts() or not self.is_alive(), "%s takes connections" % self.program)
        assert self.is_alive(), "%s ended while it started: %s" % (self.program, self.last_words())

    def launch(self):
        assert shutil.which(self.program), "%s is not installed in the host" % self.program
        assert not self.is_alive(), "%s runs already" % self.program
        with open(self.log, "ab") as log:
            if self.manager:
                self.process = self.manager.launch([self.program], log)
            else:
                self.process = subprocess.Popen([self.program], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def accepts(self):
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(self.socket)
                return True
            except OSError:
                return False

    def stop(self):
        """Ends it as a service manager does, which must be a clean end."""
        if self.is_alive():
            self.process.terminate()
            status = self.process.wait(60)
            assert status == 0, "%s ended with status %d" % (self.program, status)

    def end(self):
        """Ends it whatever it does and however it likes."""
        if self.is_alive():
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def another(self):
        """A second one of the kind, for what must not work."""
        return Daemon(self.program, self.socket, self.log, self.needs)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)

    def restart(self):
        """After a crash: it is killed, and started at once."""
        self.kill()
        self.start(alone=True)

    def last_words(self, lines=3):
        try:
            with open(self.log, errors="replace") as file:
                return "; ".join(file.read().splitlines()[-lines:])
        except FileNotFoundError:
            return "no log"


channeld = Daemon("virtxl-channeld", "/run/virtxl/channeld.sock", "/var/log/virtxl-channeld-test.log")
virtxld = Daemon("virtxld", "/run/libvirt/virtxend-sock", "/var/log/virtxld-test.log", needs=(channeld,))
libvirtd = Daemon("libvirtd", "/run/libvirt/libvirt-sock", "/var/log/libvirtd-test.log")


def configure_virtxld():
    """The installed settings, but for the group, which the host may not have."""
    os.makedirs("/etc/libvirt", exist_ok=True)
    with open("/etc/libvirt/virtxld.conf", "w") as file:
        file.write('unix_sock_group = "root"\nlog_level = 1\n')


def configure_driver(**settings):
    """libxl.conf. virtxld reads it when it starts."""
    with open("/etc/libvirt/libxl.conf", "w") as file:
        for name, value in settings.items():
            file.write("%s = %s\n" % (name, json.dumps(value)))


def end_daemons():
    """Whatever state the last test left them in."""
    for daemon in (virtxld, libvirtd, channeld):
        daemon.end()
        if daemon.manager:
            daemon.manager.close()
            daemon.manager = None
