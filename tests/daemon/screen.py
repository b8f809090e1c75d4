# SPDX-License-Identifier: LGPL-2.1-or-later
"""A screen that nobody looks at (Xvfb), with what a program on a desktop needs beside it."""

import os
import struct
import subprocess
import tempfile
import zlib

WIDTH, HEIGHT = 1000, 600
# What every file of this tree has in it.
LICENSE = b"Copyright\0SPDX-License-Identifier: LGPL-2.1-or-later"


class Screen:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="virtxl-screen-")
        self.bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.server = subprocess.Popen(["Xvfb", "-displayfd", "1", "-screen", "0", "%dx%dx24" % (WIDTH, HEIGHT),
                                        "-fbdir", self.folder.name, "-nolisten", "tcp"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.environment = {"DBUS_SESSION_BUS_ADDRESS": self.bus.stdout.readline().strip(),
                            "DISPLAY": ":" + self.server.stdout.readline().strip(),
                            "HOME": self.folder.name, "GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1",
                            "LC_ALL": "C.UTF-8"}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for process in (self.server, self.bus):
            process.terminate()
            process.wait()
            process.stdout.close()
        self.folder.cleanup()

    def rows(self):
        """What is on it, three bytes a pixel. The file is in the format of xwd(1)."""
        with open(os.path.join(self.folder.name, "Xvfb_screen0"), "rb") as file:
            data = file.read()
        header = struct.unpack(">25I", data[:100])
        start, stride = header[0] + 12 * header[19], header[12]
        for y in range(HEIGHT):
            row = data[start + y * stride:][:4 * WIDTH]
            yield b"".join(bytes((row[x + 2], row[x + 1], row[x])) for x in range(0, 4 * WIDTH, 4))

    def save(self, path):
        """As PNG."""
        pixels = zlib.compress(b"".join(b"\0" + row for row in self.rows()), 9)
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n")
            for kind, body in ((b"IHDR", header), (b"tEXt", LICENSE), (b"IDAT", pixels), (b"IEND", b"")):
                file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
