#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Translators see every message: po/POTFILES lists each file that has one,
xgettext can read each (it can't look into G_GUINT64_FORMAT: a catalogue would
have half of the message), and the catalogues fit."""

import os
import re

from lint import Tap, c_files, read_text, run

MESSAGE = re.compile(r'(?<!\w)(_|N_|C_|Q_|ngettext|g_dngettext)\s*\(')
BROKEN = re.compile(r'_\(\s*(?:"(?:[^"\\]|\\.)*"\s*)*"(?:[^"\\]|\\.)*"\s*G_G?U?[A-Z0-9]*_FORMAT')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def names(path):
    return [line.strip() for line in read_text(path).splitlines() if line.strip() and line[0] != "#"]


def has_message(path):
    text = COMMENT.sub("", read_text(path))
    return any(MESSAGE.search(line) for line in text.splitlines() if not line.startswith("#"))


tap = Tap()
listed = names("po/POTFILES")
with_messages = [path for path in c_files() if path.startswith("src/") and has_message(path)]
for path in sorted(set(with_messages) | set(listed)):
    complaint = ""
    if path not in listed:
        complaint = "has messages and is not in po/POTFILES"
    elif path not in with_messages:
        complaint = "is in po/POTFILES and has no message"
    elif BROKEN.search(read_text(path)):
        complaint = "has a message with a G_..._FORMAT in it: xgettext cuts it there"
    tap.point(path, complaint)
tap.point("po/POTFILES is sorted", "" if listed == sorted(listed) else "it is not")
for language in names("po/LINGUAS"):
    tap.point("po/%s.po" % language, run("msgfmt", "--check", "-o", os.devnull, "po/%s.po" % language))
tap.end()
