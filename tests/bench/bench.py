#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares virtxld (on the simulated host) with stock libvirtd (its test driver).

usage: bench.py [--cpu] VIRTXLD HEADING PROGRAM ARGUMENT...

Both daemons run in a temporary folder and get the same calls from libvirt's own client
library: PROGRAM ARGUMENT... (calls.c, or with --cpu crowd.c) makes them. Read "define" with
this in mind: virtxld syncs each definition to the disk, libvirt's test driver keeps it in
memory.
"""

import subprocess
import sys

from daemons import Table, both


def main():
    arguments = sys.argv[1:]
    with_cpu = arguments[0] == "--cpu"
    virtxld, heading, *command = arguments[with_cpu:]
    with both(virtxld) as daemons:
        command.append("/boot/guest-kernel")
        for daemon, kind in zip(daemons, ("xen", "test")):
            command += [str(daemon.process.pid)] * with_cpu + [daemon.uri, kind]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    table = Table()
    table.heading("calls a second, " + heading)
    for line in result.stdout.splitlines():
        name, *rates = line.split()
        table.row(name, *map(float, rates[:2]))
        if with_cpu:
            table.row(name + ", in a second of its CPU", *map(float, rates[2:]))
    table.end()


main()
