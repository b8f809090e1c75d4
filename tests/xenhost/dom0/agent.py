#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab's hand in dom0: runs the commands that arrive on the control lines.

Each virtio-serial port named virtxl.lab.N is a line of its own and has a
thread of its own, so that several commands run at once. On a line there is one
session at a time: a RUN frame starts a process, its output goes back as it
comes, EXIT ends the session. When the lab's end of the line closes, or a new
session begins, what is left of the old one is killed.

Reading a port without a peer returns at once. The kernel sends SIGIO when a
peer comes, so that an idle host costs nothing.
"""

import fcntl
import glob
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading

import frames

PORT_NAMES = "/sys/class/virtio-ports/*/name"
PORT_PREFIX = "virtxl.lab."


def unblock_signals():
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def take_terminal():
    unblock_signals()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Session:
    """One command: its process and the threads that carry its output."""

    def __init__(self, line, number, request):
        self.line = line
        self.number = number
        self.input = None
        self.terminal = None
        environment = dict(os.environ, **request.get("env", {}))
        start = self._start_on_terminal if request.get("tty") else self._start_on_pipes
        outputs = start(request["argv"], environment)
        self.pumps = [threading.Thread(target=self._pump, args=pair, daemon=True) for pair in outputs]
        for pump in self.pumps:
            pump.start()
        threading.Thread(target=self._finish, daemon=True).start()

    def _start_on_pipes(self, argv, environment):
        self.process = subprocess.Popen(
            argv, env=environment, start_new_session=True, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=unblock_signals)
        self.input = self.process.stdin.fileno()
        return [(frames.OUTPUT, self.process.stdout.fileno()),
                (frames.ERROR_OUTPUT, self.process.stderr.fileno())]

    def _start_on_terminal(self, argv, environment):
        self.terminal, slave = pty.openpty()
        self.process = subprocess.Popen(
            argv, env=environment, start_new_session=True,
            stdin=slave, stdout=slave, stderr=slave,
            preexec_fn=take_terminal)
        os.close(slave)
        self.input = self.terminal
        return [(frames.OUTPUT, self.terminal)]

    def _pump(self, kind, descriptor):
        """Output to the line, until its end or until the command has exited and is quiet.

        A daemon that the command leaves behind may hold the descriptor open for ever.
        """
        while True:
            ready, _, _ = select.select([descriptor], [], [], 0.1)
            if not ready:
                if self.process.poll() is not None:
                    return
                continue
            try:
                data = os.read(descriptor, 32768)
            except OSError:  # a terminal whose last process closed it
                return
            if not data:
                return
            self.line.send(kind, self.number, data)

    def _finish(self):
        status = self.process.wait()
        for pump in self.pumps:
            pump.join()
        self.close_input()
        self.line.send(frames.EXIT, self.number, b"%d" % (status if status >= 0 else 128 - status))

    def write_input(self, data):
        try:
            while data and self.input is not None:
                data = data[os.write(self.input, data):]
        except OSError:  # the command does not want any more
            self.close_input()

    def close_input(self):
        if self.input is None:
            return
        self.input = None
        if self.terminal is None:
            self.process.stdin.close()
        else:
            os.close(self.terminal)

    def set_window(self, rows, columns):
        if self.terminal is not None:
            fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def kill(self):
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Line:
    """One virtio-serial port, served for ever."""

    def __init__(self, device):
        self.descriptor = os.open(device, os.O_RDWR)
        self.write_lock = threading.Lock()
        self.session = None
        self.wake = threading.Event()
        fcntl.fcntl(self.descriptor, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self.descriptor, fcntl.F_SETFL, fcntl.fcntl(self.descriptor, fcntl.F_GETFL) | os.O_ASYNC)

    def send(self, kind, number, payload):
        data = frames.pack(kind, number, payload)
        with self.write_lock:
            try:
                while data:
                    data = data[os.write(self.descriptor, data):]
            except OSError:  # nobody listens: the session is about to be killed
                pass

    def serve(self):
        while True:
            self.wake.clear()
            try:
                self._handle(*frames.read_frame(self._read))
            except frames.LineClosed:
                self._end_session()
                self.wake.wait(5)

    def _read(self, count):
        return os.read(self.descriptor, count)

    def _handle(self, kind, number, payload):
        if kind == frames.RUN:
            self._end_session()
            self._start_session(number, json.loads(payload))
        elif self.session is None or number != self.session.number:
            return
        elif kind == frames.INPUT:
            self.session.write_input(payload)
        elif kind == frames.INPUT_END:
            self.session.close_input()
        elif kind == frames.WINDOW:
            self.session.set_window(*struct.unpack("<HH", payload))

    def _start_session(self, number, request):
        try:
            self.session = Session(self, number, request)
        except OSError as error:
            self.send(frames.ERROR_OUTPUT, number, ("%s\n" % error).encode())
            self.send(frames.EXIT, number, b"127")

    def _end_session(self):
        if self.session is not None:
            self.session.kill()
            self.session = None


def lab_ports():
    for path in glob.glob(PORT_NAMES):
        with open(path) as file:
            if file.read().startswith(PORT_PREFIX):
                yield "/dev/" + path.split("/")[-2]


def main():
    # Waited for, not handled: a handler could interrupt itself, and lock itself out.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
    lines = [Line(port) for port in lab_ports()]
    if not lines:
        sys.exit("no control line: the host was not started by the lab")
    for line in lines:
        threading.Thread(target=line.serve).start()
    while True:
        signal.sigwait([signal.SIGIO])
        for line in lines:
            line.wake.set()


main()
