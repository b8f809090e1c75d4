#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A polkit that does as it is told, on the bus in DBUS_SYSTEM_BUS_ADDRESS.

usage: polkit_authority.py DIRECTORY

The file DIRECTORY/decision has a word: yes, no, challenge (a person would have to be asked),
dismissed (one was, and declined), error, or wait (one is being asked, until there is another
word); or a list, in JSON, of what is permitted: "action", or "action@domain", with
wildcards; "?" before it: that waits. What was asked is written to DIRECTORY/questions, a line of JSON each; so is what was
taken back.
"""

import fnmatch
import json
import os
import sys

from gi.repository import Gio, GLib

INTERFACE = """<node><interface name='org.freedesktop.PolicyKit1.Authority'>
<method name='CheckAuthorization'>
<arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/><arg type='a{ss}' direction='in'/>
<arg type='u' direction='in'/><arg type='s' direction='in'/><arg type='(bba{ss})' direction='out'/>
</method>
<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>
</interface></node>"""

# is authorized, is a challenge, details
ANSWERS = {"yes": (True, False, {}), "no": (False, False, {}), "challenge": (False, True, {}),
           "dismissed": (False, True, {"polkit.dismissed": "true"})}

directory = sys.argv[1]


def decision():
    with open(os.path.join(directory, "decision")) as file:
        return file.read().strip()


def note(**what):
    with open(os.path.join(directory, "questions"), "a") as file:
        file.write(json.dumps(what) + "\n")


def decide(action, details):
    word = decision()
    if not word.startswith("["):
        return word
    names = (action, "%s@%s" % (action, details.get("domain_name")))

    def matches(mark):
        return any(fnmatch.fnmatchcase(mark + name, pattern) for pattern in json.loads(word) for name in names)
    return "yes" if matches("") else "wait" if matches("?") else "no"


def answer(invocation, action, details):
    """False: not yet."""
    word = decide(action, details)
    if word == "wait":
        return False
    if word == "error":
        invocation.return_dbus_error("org.freedesktop.PolicyKit1.Error.Failed", "it is broken")
    else:
        invocation.return_value(GLib.Variant("((bba{ss}))", (ANSWERS[word],)))
    return True


def handle(connection, sender, path, interface, method, arguments, invocation):
    values = arguments.unpack()
    if method == "CancelCheckAuthorization":
        note(cancelled=values[0])
        invocation.return_value(None)
        return
    (kind, subject), action, details, flags, identifier = values
    note(kind=kind, subject=subject, action=action, details=details, flags=flags, id=identifier)
    if not answer(invocation, action, details):
        GLib.timeout_add(20, lambda: not answer(invocation, action, details))


bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
bus.register_object("/org/freedesktop/PolicyKit1/Authority", Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0],
                    handle, None, None)
Gio.bus_own_name_on_connection(bus, "org.freedesktop.PolicyKit1", Gio.BusNameOwnerFlags.NONE,
                               lambda *_: print("ready", flush=True), None)
GLib.MainLoop().run()
