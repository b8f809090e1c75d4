#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends a line into a channel through the connection, and prints the line that comes back.

usage: open-channel.py DOMAIN CHANNEL LINE
"""
import sys

import libvirt

name, channel, line = sys.argv[1:]
connection = libvirt.open(None)
stream = connection.newStream()
connection.lookupByName(name).openChannel(channel, stream)
stream.send(line.encode() + b"\n")
answer = b""
while not answer.endswith(b"\n"):
    part = stream.recv(1024)
    if not part:
        break  # the channel has gone
    answer += part
stream.finish()
print(answer.decode().rstrip())
