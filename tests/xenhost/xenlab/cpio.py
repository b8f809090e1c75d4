# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes an initramfs: a gzipped cpio archive in the "newc" format.

The format is described in the kernel's driver-api/early-userspace/buffer-format.
Writing it here spares a cpio package and needs no root and no device nodes.
"""

import gzip
import stat


class Archive:
    def __init__(self):
        self.archive = bytearray()
        self.inode = 0

    def directory(self, path):
        self._entry(path, stat.S_IFDIR | 0o755, b"")

    def file(self, path, content, mode=0o644):
        self._entry(path, stat.S_IFREG | mode, content)

    def link(self, path, target):
        self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def _entry(self, path, mode, content):
        name = path.strip("/").encode() + b"\0"
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
        self.archive += b"070701" + b"".join(b"%08x" % field for field in fields) + name
        self._pad()
        self.archive += content
        self._pad()

    def _pad(self):
        self.archive += b"\0" * (-len(self.archive) % 4)

    def compressed(self):
        """The finished archive. Equal input gives equal bytes."""
        self._entry("TRAILER!!!", 0, b"")
        return gzip.compress(bytes(self.archive), compresslevel=1, mtime=0)
