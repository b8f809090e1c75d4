# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine of an HVM guest, as somebody in front of it has it: screen and keyboard are QEMU's."""

import contextlib
import os

from host import clients, expect_equal, guests
from host.daemons import virtxld

only_long = True

CONTROL = guests.unix_channel("control")
PICTURE = "/tmp/screen.ppm"
VIDEO = "<graphics type='vnc' autoport='yes'/><video><model type='cirrus'/></video>"


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("machine", (CONTROL,), kind="hvm", devices=VIDEO) as guest:
        guest.shell(CONTROL.name).close()
        yield guest


def picture(guest):
    clients.virsh("screenshot", guest.name, PICTURE)
    with open(PICTURE, "rb") as file:
        data = file.read()
    os.unlink(PICTURE)
    magic, width, height, depth, pixels = data.split(maxsplit=4)
    expect_equal((magic, depth), (b"P6", b"255"))
    expect_equal(len(pixels), int(width) * int(height) * 3)
    return data


def test_there_is_a_picture_of_its_screen(guest):
    picture(guest)
    expect_equal([name for name in os.listdir("/run/libvirt/libxl") if name.startswith("screen")], [])


def test_keys_are_pressed(guest):
    clients.virsh("send-key", guest.name, "KEY_A")
    clients.virsh("send-key", guest.name, "--codeset", "qnum", "0x1e")
