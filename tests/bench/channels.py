#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in dom0 of the emulated host: what channels cost with virtxl-channeld, and with
QEMU as libxl starts it for each domain. channel-on-xen brings it there.

A PV guest is served by each of them. The last column is how many times better ours is. Many channels are measured on the simulated host, since the
emulated one has no room for so many guests; of QEMU's there would be one a domain.
"""

import contextlib
import os
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import time

import libvirt

from host import backend, clients, daemons, full_rings, guests, wait_until, xen
from host.channel import pattern_checksum

CONTROL = guests.unix_channel("control")
SUM = guests.unix_channel("sum", program="sum")
ECHO = guests.unix_channel("echo", program="echo")
RING = guests.unix_channel("ring", program=None)
CHANNELS = (CONTROL, SUM, ECHO, RING)
MEMORY = "KiB of memory, 1 domain with %d channels" % len(CHANNELS)
SIZE = 1 << 20
RINGS_SIZE = 4 << 20
ROUNDS = 3
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


def measure_bytes(guest):
    with guest.connect(SUM.name) as channel:
        channel.wait_for_sum()
        yield "KiB/s to the guest", rate(SIZE, channel.guest_checksum_of_pattern, SIZE, PATIENCE_S)
        yield "KiB/s from the guest", rate(SIZE, channel.checksum_of_pattern_from_guest, SIZE, PATIENCE_S)
    with guest.connect(ECHO.name) as channel:
        yield "ms round trip of a byte", backend.round_trip_ms(channel, ROUND_TRIPS)


def measure_rings(guest):
    """QEMU serves no second frontend."""
    if xen.qemu_processes(guest.id):
        return
    with guest.shell(CONTROL.name) as shell, guest.connect(RING.name) as channel:
        for verb, direction in (("take", "to"), ("give", "from")):
            took = full_rings.move(shell, channel, CHANNELS.index(RING) + 1, verb, RINGS_SIZE, PATIENCE_S)
            yield "KiB/s %s a guest that moves full rings" % direction, RINGS_SIZE / 1024 / took


def measure_idle(guest):
    pid = server_of(guest)
    yield MEMORY, backend.memory_kib(pid)
    before = backend.wake_ups(pid)
    time.sleep(IDLE_S)
    yield "wake-ups a second, idle", (backend.wake_ups(pid) - before) / IDLE_S


def measure_starts():
    bare = start_seconds(())
    yield "s more to start with 2 channels", max(0.001, start_seconds(CHANNELS[:2]) - bare)
    yield "s to start without channels", bare


def channels_of(name):
    """The same for each backend; the paths differ."""
    return [guests.ChannelSpec(channel.name, path=channel.path + "-" + name, program=channel.program)
            for channel in CHANNELS]


def measure():
    """Rows of ours and of QEMU's. Both guests run at the same time, and take turns, so that a
    machine that is busy for a while is so for both."""
    rows = {"libxl": {}, "virtxl": {}}
    with contextlib.ExitStack() as stack:
        running = {}
        for name in rows:
            daemons.configure_driver(channel_backend=name)
            daemons.virtxld.restart() if running else daemons.virtxld.start()
            guest = running[name] = stack.enter_context(guests.running("measured-" + name, channels_of(name)))
            with guest.shell(CONTROL.name) as shell:
                guest.wait_until_raw(shell, (ECHO.name, SUM.name))
        for function in (measure_bytes, measure_rings) * ROUNDS + (measure_idle,):
            for name, guest in running.items():
                for row, value in function(guest):
                    rows[name].setdefault(row, []).append(value)
    for name in rows:
        daemons.configure_driver(channel_backend=name)
        daemons.virtxld.restart()
        for row, value in measure_starts():
            rows[name][row] = [value]
    daemons.virtxld.stop()
    return [{row: statistics.median(values) for row, values in rows[name].items()} for name in ("virtxl", "libxl")]


def listener_of(path):
    """The process that listens at the socket."""
    wait_until(lambda: os.path.exists(path), "a listener at " + path)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[0]


@contextlib.contextmanager
def simulated(root):
    """Our daemons on a simulated host, where virtxld starts the backend by itself; gives the
    backend's process id and a connection."""
    address = root + daemons.virtxld.socket
    with open(os.path.join(root, "log"), "wb") as log:
        driver = subprocess.Popen(["virtxld", "--host", "sim", "--root", root], stdout=log, stderr=log)
    wait_until(lambda: os.path.exists(address), "virtxld listens")
    server = listener_of(root + daemons.channeld.socket)
    connection = libvirt.open("xen+unix:///system?socket=" + address)
    try:
        yield server, connection
    finally:
        for domain in connection.listAllDomains():
            if domain.ID() > 0:
                domain.destroy()
        os.kill(server, signal.SIGTERM)
        driver.terminate()
        driver.wait()


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
        if name not in qemus:
            print("%-42s %15.3g %10s %7s" % (name, value, "-", "-"))
            continue
        ratio = value / qemus[name] if is_faster_if_larger(name) else qemus[name] / max(value, 0.001)
        print("%-42s %15.3g %10.3g %7.1f" % (name, value, qemus[name], ratio))


def main():
    daemons.configure_virtxld()
    ours, qemus = measure()
    daemons.channeld.stop()
    one_qemu = qemus[MEMORY]
    for count, memory in memory_of_many():
        name = "KiB of memory, %d domains (simulated)" % count
        ours[name], qemus[name] = memory, one_qemu * count
    print_rows(ours, qemus)


main()
