# SPDX-License-Identifier: LGPL-2.1-or-later
"""The initial file systems: dom0's, the small test guest's and the Debian guest's.

All are made from the image's busybox and from files of this room whenever a
host boots; the guest's programs in C are compiled then, too. dom0's carries the lab's own files into the host: they are copied to
/usr/lib/virtxl-lab on the disk, which is a snapshot, before the disk's system
starts.
"""

import glob
import hashlib
import os
import subprocess
import tempfile

from . import ROOM, LabError
from .cpio import Archive

# The guest has no C library: they are static.
GUEST_PROGRAMS = {"attack": ("attack.c", "frontend.c"), "bulk": ("bulk.c", "frontend.c"),
                  "channel-stream": ("channel-stream.c",)}
COMPILE = ("gcc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-static", "-pthread")
LAB_FILES = ("dom0/init", "dom0/agent.py", "xenlab/frames.py")

DOM0_INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do
    insmod "$module"
done
for attempt in $(seq 50); do
    mount -t ext4 /dev/vda /root && break
    sleep 0.2
done
cp -r /lab /root/usr/lib/virtxl-lab
ln -s "/boot/$(cd /root/boot && echo vmlinuz-*)" /root/usr/lib/virtxl-lab/guest-kernel
ln -s /boot/vmlinux /root/usr/lib/virtxl-lab/guest-vmlinux
mount --move /dev /root/dev
exec switch_root /root /usr/lib/virtxl-lab/init
"""


def dom0_initramfs(image):
    archive = busybox_archive(image)
    archive.file("init", DOM0_INIT.encode(), 0o755)
    add_modules(archive, image, "modules")
    archive.directory("lab")
    for name in LAB_FILES:
        archive.file("lab/" + os.path.basename(name), content_of(os.path.join(ROOM, name)), 0o755)
    archive.file("lab/guest-initramfs", guest_initramfs(image))
    archive.file("lab/debian-initramfs", debian_initramfs(image))
    return archive.compressed()


def guest_initramfs(image):
    archive = busybox_archive(image)
    for path in sorted(glob.glob(os.path.join(ROOM, "guest", "*"))):
        if path.endswith((".c", ".h")):
            continue
        name = os.path.basename(path)
        place = "sbin/" + name if name in ("poweroff", "reboot") else name
        archive.file(place, content_of(path), 0o755)
    for name, sources in GUEST_PROGRAMS.items():
        archive.file(name, compiled(sources), 0o755)
    add_modules(archive, image, "guest-modules")
    archive.file("pattern", test_pattern())
    return archive.compressed()


def debian_initramfs(image):
    archive = busybox_archive(image)
    archive.file("init", content_of(os.path.join(ROOM, "debian/init")), 0o755)
    add_modules(archive, image, "debian-modules")
    return archive.compressed()


def add_modules(archive, image, folder):
    archive.directory("modules")
    for path in sorted(glob.glob(os.path.join(image, folder, "*"))):
        archive.file("modules/" + os.path.basename(path), content_of(path))


def compiled(sources):
    with tempfile.TemporaryDirectory(prefix="virtxl-guest-") as folder:
        program = os.path.join(folder, "program")
        paths = [os.path.join(ROOM, "guest", source) for source in sources]
        result = subprocess.run([*COMPILE, "-o", program, *paths], capture_output=True, text=True)
        if result.returncode != 0:
            raise LabError("the guest's program %s: %s" % (sources[0], result.stderr.strip()))
        return content_of(program)


def busybox_archive(image):
    archive = Archive()
    for directory in ("bin", "sbin", "dev", "proc", "sys", "root", "tmp"):
        archive.directory(directory)
    archive.file("bin/busybox", content_of(os.path.join(image, "busybox")), 0o755)
    archive.link("bin/sh", "busybox")
    return archive


def test_pattern():
    """64 KiB that hold every byte value and do not repeat: host/channel.py makes the same."""
    blocks = (hashlib.sha256(b"%d" % number).digest() for number in range(2048))
    return b"".join(blocks)


def content_of(path):
    with open(path, "rb") as file:
        return file.read()
