#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The house's arrows point down only: no file includes one of a room above it.

MAY_INCLUDE is the whole rule. A room always may include its own files and those
of util. Tests may include any room: they are above all of them.
"""

import re

from lint import Tap, c_files, read_text

MAY_INCLUDE = {
    "daemon": {"remote", "libxl", "xen", "rpc"},
    "remote": {"libxl", "rpc"},
    "libxl": {"xen", "conf"},
    "xen": set(),
    "conf": set(),
    "rpc": set(),
    "simhost": {"channel"},
    "channel": set(),
    "guest": set(),
    "util": set(),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def complaints(room, source):
    """What is wrong with the includes of a file of this room."""
    if room not in MAY_INCLUDE:
        return ["src/%s is no room: tests/lint/arrows.py lists them" % room]
    allowed = MAY_INCLUDE[room] | {room, "util"}
    found = []
    for path in INCLUDE.findall(source):
        target = path.split("/")[0] if "/" in path else room
        if target == "..":
            found.append('"%s": name the room, not the way to it' % path)
        elif target not in MAY_INCLUDE and target != room:
            found.append('"%s": not in a room' % path)
        elif target not in allowed:
            found.append('"%s": %s must not know %s' % (path, room, target))
    return found


def self_test(tap):
    planted = (("conf", '#include "xen/xen_host.h"', True), ("rpc", '# include "conf/domain_conf.h"', True),
               ("xen", '#include "libxl/libxl_driver.h"', True), ("util", '#include "../conf/x.h"', True),
               ("simhost", '#include "xen/xen_host.h"', True), ("attic", "", True),
               ("remote", '#include "rpc/rpc_server.h"\n#include "remote_protocol.h"\n#include <libxl.h>', False),
               ("libxl", '#include "conf/domain_conf.h"\n#include "util/file.h"', False))
    for room, source, is_bad in planted:
        if bool(complaints(room, source)) != is_bad:
            return "a planted include in %s was judged wrongly: %s" % (room, source)
    return ""


def main():
    tap = Tap()
    tap.point("planted includes are caught", self_test(tap))
    for path in c_files():
        parts = path.split("/")
        if parts[0] == "src":
            tap.point(path, "\n".join(complaints(parts[1], read_text(path))))
    tap.end()


main()
