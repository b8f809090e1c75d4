#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every source file states its license; none has what only one machine knows."""

import re

from lint import Tap, all_files, read_text

# Data (fixtures are in folders called so), and files in which a comment has no place.
WITHOUT_HEADER = re.compile(r"data/|\.(xml|json|md|svg|pot?)$|^COPYING$|^\.gitignore$|^po/LINGUAS$"
                            r"|^tests/fuzz/.*-seeds/")
HEADER = "SPDX-License-Identifier: LGPL-2.1-or-later"

# A path of one machine means nothing elsewhere.
FORBIDDEN = re.compile(r"(?<![\w.-])/work\b|/home/\w+/")

# Where a link may lead. (XML fixtures name whom they like.)
LINK = re.compile(r"\b(?:https?|ftp)://([\w.-]+)")
HOSTS = re.compile(r"(^|\.)(libvirt|xenproject|xen|debian|gnu|ovirt|apache|freedesktop|gnome|kernel|w3|"
                   r"reproducible-builds|spdx|systemd|example)\.(org|com|io)$")

tap = Tap()
for path in all_files():
    text = read_text(path)
    complaints = []
    if not WITHOUT_HEADER.search(path) and HEADER not in text[:4000]:
        complaints.append("has no line with " + HEADER)
    if path != "tests/lint/words.py":
        complaints += ["has " + match.group() for match in FORBIDDEN.finditer(text)]
    if not path.endswith(".xml"):
        complaints += ["links to " + host for host in LINK.findall(text) if host != "127.0.0.1" and not HOSTS.search(host)]
    tap.point(path, "\n".join(complaints))
tap.end()
