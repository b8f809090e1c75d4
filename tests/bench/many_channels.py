#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A thousand channels in one virtxl-channeld, on the simulated host.

usage: many_channels.py VIRTXLD CHANNELD

What one channel costs is compared with what it costs as one of a thousand: memory,
wake-ups while nothing happens, the way of one byte to the guest and back. As in
bench.py nothing is judged; the lines that start with "# bench:" are the result.
"""

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import termios
import time
import tty

import libvirt

DOMAINS = 143
CHANNELS = 7  # that a Linux guest can open
ROUND_TRIPS = 500
IDLE_SECONDS = 5
START_SECONDS = 30

XML = """<domain type='xen'><name>%s</name><memory unit='KiB'>4096</memory>
<os><type machine='xenpv'>linux</type><kernel>/boot/guest-kernel</kernel></os><devices>%s</devices></domain>"""
CHANNEL = """<channel type='unix'><source mode='bind' path='%s'/><target type='xen' name='%s'/></channel>"""


def wait_for(path):
    deadline = time.monotonic() + START_SECONDS
    while not os.path.exists(path):
        assert time.monotonic() < deadline, "no " + path
        time.sleep(0.02)


class Host:
    """Both daemons on a simulated host under a temporary root."""

    def __init__(self, root, virtxld, channeld):
        self.root = root
        environment = dict(os.environ, VIRTXL_CHANNELD=channeld)
        with open(root + "/log", "wb") as log:
            self.driver = subprocess.Popen([virtxld, "--host", "sim", "--root", root], stdin=subprocess.DEVNULL,
                                           stdout=log, stderr=log, env=environment)
        wait_for(root + "/run/libvirt/virtxend-sock")
        self.connection = libvirt.open("xen+unix:///system?socket=%s/run/libvirt/virtxend-sock" % root)
        self.pid = next(int(pid) for pid in os.listdir("/proc") if pid.isdigit() and self.is_backend(pid))

    def is_backend(self, pid):
        with contextlib.suppress(OSError), open("/proc/%s/cmdline" % pid, "rb") as file:
            words = file.read().split(b"\0")
            return os.path.basename(words[0]) == b"virtxl-channeld" and self.root.encode() in words
        return False

    def socket_path(self, domain, channel):
        return "%s/%s-%d" % (self.root, domain, channel)

    def start(self, domain, channels):
        devices = "".join(CHANNEL % (self.socket_path(domain, number), "c%d" % number) for number in range(channels))
        self.connection.createXML(XML % (domain, devices))

    def end(self):
        for domain in self.connection.listAllDomains():
            if domain.ID() > 0:
                domain.destroy()
        self.connection.close()
        self.driver.terminate()
        self.driver.wait()

    # What the backend costs

    def memory_kib(self):
        """Its share, files of its own included."""
        with open("/proc/%d/smaps_rollup" % self.pid) as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))

    def wake_ups(self):
        with open("/proc/%d/status" % self.pid) as file:
            return next(int(line.split()[1]) for line in file if line.startswith("voluntary"))

    def wake_ups_a_second(self):
        before = self.wake_ups()
        time.sleep(IDLE_SECONDS)
        return (self.wake_ups() - before) / IDLE_SECONDS

    def round_trip_us(self, domain, channel):
        guest = os.open("%s/run/virtxl-sim/%s/c%d" % (self.root, domain, channel), os.O_RDWR | os.O_NOCTTY)
        tty.setraw(guest, termios.TCSANOW)
        times = []
        with socket.socket(socket.AF_UNIX) as host:
            host.connect(self.socket_path(domain, channel))
            for _ in range(ROUND_TRIPS):
                begin = time.monotonic()
                host.sendall(b"x")
                assert os.read(guest, 1) == b"x"
                os.write(guest, b"y")
                assert host.recv(1) == b"y"
                times.append(time.monotonic() - begin)
        os.close(guest)
        return statistics.median(times) * 1e6


def measure(host):
    return {"us, a byte there and one back": host.round_trip_us("first", 0),
            "wake-ups a second, idle": host.wake_ups_a_second(),
            "KiB of memory, the process": host.memory_kib()}


def main():
    virtxld, channeld = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="virtxl-bench-") as root:
        host = Host(root, virtxld, channeld)
        try:
            empty = host.memory_kib()
            host.start("first", 1)
            one = measure(host)
            for number in range(DOMAINS):
                host.start("domain-%d" % number, CHANNELS)
            many = measure(host)
        finally:
            host.end()
    total = DOMAINS * CHANNELS + 1
    print("# bench: channels in one process (simulated)     1 channel  %5d channels   ratio" % total)
    for number, (name, value) in enumerate(one.items(), 1):
        print("# bench: %-36s %17.1f  %14.1f   %5.1f" % (name, value, many[name], many[name] / max(value, 0.01)))
        print("ok %d - %s" % (number, name))
    name = "KiB of memory for each channel"
    print("# bench: %-36s %17.1f  %14.1f" % (name, one["KiB of memory, the process"] - empty,
                                             (many["KiB of memory, the process"] - empty) / total))
    print("ok %d - %s" % (len(one) + 1, name))
    print("1..%d" % (len(one) + 1))


main()
