# SPDX-License-Identifier: LGPL-2.1-or-later
"""What systemd does for a service, as far as virtxl-channeld can tell the difference.

The lab has no service manager. This one has systemd's protocol for descriptors that
outlive a process (sd_notify(3), sd_listen_fds(3)): it keeps what comes with FDSTORE=1 in
datagrams to NOTIFY_SOCKET, drops what FDSTOREREMOVE=1 names, and passes all to
the next process from descriptor 3 on, with their names. As in systemd, a kept
descriptor whose other end has hung up is dropped, unless it came with FDPOLL=0.

It restarts nothing by itself: a test says when.
"""

import array
import fcntl
import os
import select
import socket
import subprocess
import threading

FIRST = 3
# Where kept descriptors are here: above those that they become in a new process.
BASE = 400
PASSED_MAX = 64


class ServiceManager:
    def __init__(self, path="/run/xenhost-notify"):
        self.path = path
        self.kept = []  # (name, descriptor, may hang up)
        self.messages = []
        self.lock = threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if os.path.exists(path):
            os.unlink(path)
        self.socket.bind(path)
        threading.Thread(target=self._receive, daemon=True).start()

    def close(self):
        self.socket.close()
        os.unlink(self.path)
        with self.lock:
            for _, descriptor, _ in self.kept:
                os.close(descriptor)
            self.kept = []

    def names(self):
        with self.lock:
            return sorted(name for name, _, _ in self.kept)

    def launch(self, command, log):
        """Starts the service with all that is kept. Returns its process."""
        with self.lock:
            self._drop_hung_up()
            kept = list(self.kept)
            moves = " ".join("%d<&%d" % (FIRST + number, descriptor)
                             for number, (_, descriptor, _) in enumerate(kept))
            names = ":".join(name for name, _, _ in kept)
            closes = " ".join("%d<&-" % descriptor for _, descriptor, _ in kept)
            script = ("export LISTEN_PID=$$ LISTEN_FDS=%d LISTEN_FDNAMES='%s'; exec \"$@\" %s %s"
                      % (len(kept), names, moves, closes))
            environment = dict(os.environ, NOTIFY_SOCKET=self.path)
            return subprocess.Popen(["bash", "-c", script, "service"] + command, stdin=subprocess.DEVNULL,
                                    stdout=log, stderr=log, env=environment,
                                    pass_fds=[descriptor for _, descriptor, _ in kept])

    def _drop_hung_up(self):
        poll = select.poll()
        for _, descriptor, _ in self.kept:
            poll.register(descriptor, 0)
        gone = {descriptor for descriptor, _ in poll.poll(0)}
        self._drop(lambda entry: entry[1] in gone and not entry[2])

    def _drop(self, condition):
        for entry in [entry for entry in self.kept if condition(entry)]:
            self.kept.remove(entry)
            os.close(entry[1])

    def _receive(self):
        space = socket.CMSG_SPACE(PASSED_MAX * 4)
        while True:
            try:
                data, ancillary, _, _ = self.socket.recvmsg(65536, space)
            except OSError:  # closed
                return
            descriptors = array.array("i")
            for _, kind, content in ancillary:
                if kind == socket.SCM_RIGHTS:
                    descriptors.frombytes(content[:len(content) // 4 * 4])
            self._handle(data.decode(), list(descriptors))

    def _handle(self, text, descriptors):
        fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        name = fields.get("FDNAME", "stored")
        with self.lock:
            self.messages.append(text)
            if fields.get("FDSTOREREMOVE") == "1":
                self._drop(lambda entry: entry[0] == name)
            if fields.get("FDSTORE") == "1":
                for descriptor in descriptors:
                    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, BASE)
                    self.kept.append((name, copy, fields.get("FDPOLL") == "0"))
            for descriptor in descriptors:  # with BARRIER=1, closing it is the answer
                os.close(descriptor)
