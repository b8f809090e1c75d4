#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs rpcgen on a description of a protocol.

rpcgen writes the path it was given into what it generates, which is wrong in a
build directory; so it reads standard input, and the names are put in here. Its
code for structures in line assumes an aligned buffer, so that is switched off.

usage: generate_protocol.py RPCGEN protocol.x protocol.h protocol.c
"""
import os
import subprocess
import sys


def rpcgen(program, what, source):
    with open(source, "rb") as text:
        run = subprocess.run([program, "-i", "0", what], stdin=text, stdout=subprocess.PIPE, check=True)
    return run.stdout.decode("utf-8")


def main(program, source, header, code):
    name = os.path.basename(header)
    guard = name.upper().replace(".", "_")
    with open(header, "w", encoding="utf-8") as out:
        out.write(rpcgen(program, "-h", source).replace("_STDIN_H_RPCGEN", guard))
    with open(code, "w", encoding="utf-8") as out:
        out.write(f'#include "{name}"\n\n')
        out.write(rpcgen(program, "-c", source))


main(*sys.argv[1:])
