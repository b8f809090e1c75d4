# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bus of our own, on it a polkit that does as it is told (polkit_authority.py), and a daemon
that asks it about a user who is not root."""

import contextlib
import json
import os
import pwd
import subprocess
import sys
import tempfile

from fixture import PATIENCE, Daemon, expect_equal, wait_for
from wire import Wire

AUTH_POLKIT = 70
AUTHORITY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "polkit_authority.py")
CONFIG = 'auth_unix_rw = "polkit"\nauth_unix_ro = "polkit"\nunix_sock_rw_perms = "0777"\n'
# Who is not root: polkit is asked about nobody else.
USER = pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else os.getuid()


class Bus:
    """A bus, polkit on it, and a daemon that asks it."""

    def __init__(self, decision="yes", authority=True, config=CONFIG):
        self.folder = tempfile.mkdtemp(prefix="virtxl-bus-")
        self.bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": self.bus.stdout.readline().strip()}
        self.decide(decision)
        self.authority = self.start_authority() if authority else None
        self.daemon = Daemon(config=config, environment=self.environment)
        os.chmod(self.daemon.root, 0o755)

    def start_authority(self):
        process = subprocess.Popen([sys.executable, AUTHORITY, self.folder], stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, **self.environment})
        expect_equal(process.stdout.readline(), "ready\n")
        return process

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for process in (self.authority, self.bus):
            if process:
                process.terminate()
                process.wait(PATIENCE)
                process.stdout.close()
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))
        os.rmdir(self.folder)

    def permit(self, *patterns):
        """These and no others: an action, or action@domain, with wildcards."""
        self.decide(json.dumps(patterns))

    def decide(self, word):
        path = os.path.join(self.folder, "decision")
        with open(path + ".new", "w") as file:
            file.write(word)
        os.rename(path + ".new", path)

    def questions(self):
        path = os.path.join(self.folder, "questions")
        if not os.path.exists(path):
            return []
        with open(path) as file:
            return [json.loads(line) for line in file.read().split("\n") if line]

    def forget_questions(self):
        path = os.path.join(self.folder, "questions")
        if os.path.exists(path):
            os.unlink(path)

    def wait_for_questions(self, number=1):
        return wait_for("questions to polkit", lambda: len(self.questions()) >= number and self.questions())

    def user(self, readonly=False, opened=False):
        """A connection of a user who is not root."""
        with as_user():
            return Wire(self.daemon.readonly_socket if readonly else self.daemon.socket, opened)

    def error(self, decision):
        """What the user gets who asks for authentication."""
        self.decide(decision)
        with self.user() as wire:
            return wire.refused(AUTH_POLKIT)

    def virsh(self, *arguments, readonly=False):
        options = {"user": USER} if os.getuid() == 0 else {}
        process = self.daemon.virsh_process(*arguments, readonly=readonly, **options)
        out, err = process.communicate(timeout=PATIENCE)
        return process.pid, out.strip(), err


@contextlib.contextmanager
def as_user():
    """The kernel takes down who connects."""
    own = os.geteuid()
    os.seteuid(USER)
    try:
        yield
    finally:
        os.seteuid(own)
