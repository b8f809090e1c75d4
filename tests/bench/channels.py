#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in dom0 of the emulated host: what channels cost with virtxl-channeld, and with
QEMU as libxl starts it for each domain. channel-on-xen brings it there.

One PV guest is served by each of them, one after the other. The last column is how
many times better ours is. Many channels are measured on the simulated host, since the
emulated one has no room for so many guests; of QEMU's there would be one a domain.
"""

import contextlib
import os
import statistics
import subprocess
import tempfile
import time

import libvirt

from host import backend, clients, daemons, guests, wait_until, xen
from host.channel import pattern_checksum

CONTROL = guests.unix_channel("control")
SUM = guests.unix_channel("sum", program="sum")
ECHO = guests.unix_channel("echo", program="echo")
CHANNELS = (CONTROL, SUM, ECHO)
SIZE = 4 << 20
PATIENCE_S = 600
ROUND_TRIPS = 300
STARTS = 3
IDLE_S = 20
MANY = (1, 10, 100)


def rate(size, function, *arguments):
    """KiB a second; what arrives must be right."""
    begin = time.monotonic()
    checksum = function(*arguments)
    seconds = time.monotonic() - begin
    assert checksum == pattern_checksum(size), "other bytes have arrived"
    return size / 1024 / seconds


def start_seconds(channels):
    """The median time of a start, until the domain runs."""
    times = []
    with guests.defined("started", channels) as guest:
        with clients.lookup(guest.name) as domain:
            for _ in range(STARTS):
                begin = time.monotonic()
                domain.create()
                times.append(time.monotonic() - begin)
                domain.destroy()
    return statistics.median(times)


def server_of(guest):
    """The process that serves the guest's channels."""
    qemus = xen.qemu_processes(guest.id)
    return qemus[0] if qemus else daemons.channeld.process.pid


def measure_guest(guest):
    pid = server_of(guest)
    with guest.shell(CONTROL.name) as shell:
        guest.wait_until_raw(shell, (ECHO.name, SUM.name))
    with guest.connect(SUM.name) as channel:
        channel.wait_for_sum()
        yield "KiB/s to the guest", rate(SIZE, channel.guest_checksum_of_pattern, SIZE, PATIENCE_S)
        yield "KiB/s from the guest", rate(SIZE, channel.checksum_of_pattern_from_guest, SIZE, PATIENCE_S)
    with guest.connect(ECHO.name) as channel:
        yield "ms round trip of a byte", backend.round_trip_ms(channel, ROUND_TRIPS)
    yield "KiB of memory, 1 domain with 3 channels", backend.memory_kib(pid)
    before = backend.wake_ups(pid)
    time.sleep(IDLE_S)
    yield "wake-ups a second, idle", (backend.wake_ups(pid) - before) / IDLE_S


def measure(name):
    """row -> value with this backend."""
    daemons.configure_driver(channel_backend=name)
    daemons.virtxld.start()
    try:
        with guests.running("measured-" + name, CHANNELS) as guest:
            rows = dict(measure_guest(guest))
        bare = start_seconds(())
        rows["s more to start with 2 channels"] = max(0.001, start_seconds(CHANNELS[:2]) - bare)
        rows["s to start without channels"] = bare
        return rows
    finally:
        daemons.virtxld.stop()


@contextlib.contextmanager
def simulated(root):
    """Our daemons on a simulated host; gives the backend's process id and a connection."""
    arguments = ("--host", "sim", "--root", root)
    log = open(os.path.join(root, "log"), "wb")
    socket = root + daemons.virtxld.socket
    driver = subprocess.Popen(["virtxld", *arguments], stdout=log, stderr=log)
    wait_until(lambda: os.path.exists(socket), "virtxld listens")
    server = subprocess.Popen(["virtxl-channeld", *arguments], stdout=log, stderr=log)
    wait_until(lambda: os.path.exists(root + daemons.channeld.socket), "virtxl-channeld listens")
    connection = libvirt.open("xen+unix:///system?socket=" + socket)
    try:
        yield server.pid, connection
    finally:
        for domain in connection.listAllDomains():
            if domain.ID() > 0:
                domain.destroy()
        for process in (server, driver):
            process.terminate()
            process.wait()


def memory_of_many():
    """(domains, KiB) with a channel each."""
    with tempfile.TemporaryDirectory(prefix="many-") as root, simulated(root) as (pid, connection):
        running = 0
        for count in MANY:
            for number in range(running, count):
                channel = guests.ChannelSpec("many", path="%s/socket-%d" % (root, number))
                connection.createXML(guests.definition("many-%d" % number, (channel,), memory=4))
            running = count
            yield count, backend.memory_kib(pid)


def is_faster_if_larger(name):
    return "KiB/s" in name


def print_rows(ours, qemus):
    print("%-42s %15s %10s %7s" % ("channels on Xen", "virtxl-channeld", "QEMU", "ratio"))
    for name, value in ours.items():
        ratio = value / qemus[name] if is_faster_if_larger(name) else qemus[name] / max(value, 0.001)
        print("%-42s %15.3g %10.3g %7.1f" % (name, value, qemus[name], ratio))


def main():
    daemons.configure_virtxld()
    qemus = measure("libxl")
    ours = measure("virtxl")
    daemons.channeld.stop()
    one_qemu = qemus["KiB of memory, 1 domain with 3 channels"]
    for count, memory in memory_of_many():
        name = "KiB of memory, %d domains (simulated)" % count
        ours[name], qemus[name] = memory, one_qemu * count
    print_rows(ours, qemus)


main()
