#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt-dbus, as a program on the bus uses it, with a domain through its life. It knows no
other address of a daemon than libvirt's own, so it has a /run where that is the one given.

Prints "done", or dies.

usage: session_dbus.py SOCKET-DIRECTORY NAME DOMAIN-XML-FILE DISK-XML-FILE
"""

import os
import subprocess
import sys

from gi.repository import Gio, GLib

TIMEOUT_MS = 60000
STARTED, STOPPED = 2, 5
RUNNING, SHUT_OFF = 1, 5


def expect(what, value, expected):
    assert value == expected, "%s is %r, not %r" % (what, value, expected)


def have_run(directory):
    """In a mount namespace of our own."""
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    os.mkdir("/run/libvirt")
    subprocess.run(["mount", "--bind", directory, "/run/libvirt"], check=True)


def text_of(path):
    with open(path) as file:
        return file.read()


class Object:
    """One on the bus."""

    def __init__(self, bus, path, kind):
        self.bus, self.path, self.interface = bus, path, "org.libvirt." + kind

    def call(self, method, types="()", *arguments, interface=None):
        answer = self.bus.call_sync("org.libvirt", self.path, interface or self.interface, method,
                                    GLib.Variant(types, arguments), None, Gio.DBusCallFlags.NONE, TIMEOUT_MS, None)
        values = answer.unpack()
        return values[0] if len(values) == 1 else values

    def get(self, name):
        return self.call("Get", "(ss)", self.interface, name, interface="org.freedesktop.DBus.Properties")


class Events:
    """Of domains, as they come."""

    def __init__(self, bus):
        self.seen = []
        bus.signal_subscribe("org.libvirt", "org.libvirt.Connect", "DomainEvent", "/org/libvirt/Xen", None,
                             Gio.DBusSignalFlags.NONE, self.note)

    def note(self, bus, sender, path, interface, signal, arguments):
        self.seen.append(arguments.unpack()[:2])

    def wait_for(self, path, event):
        late = []
        GLib.timeout_add(TIMEOUT_MS, lambda: late.append(True))
        while (path, event) not in self.seen:
            GLib.MainContext.default().iteration(True)
            assert not late, "no event %d, but %r" % (event, self.seen)


def session(bus, name, domain_xml, disk_xml):
    connect = Object(bus, "/org/libvirt/Xen", "Connect")
    events = Events(bus)
    others = connect.call("ListDomains", "(u)", 0)
    path = connect.call("DomainDefineXML", "(s)", domain_xml)
    domain = Object(bus, path, "Domain")
    expect("name", domain.get("Name"), name)
    expect("active", domain.get("Active"), False)
    domain.call("Create", "(u)", 0)
    events.wait_for(path, STARTED)
    expect("state", domain.call("GetState", "(u)", 0)[0], RUNNING)
    expect("list", set(connect.call("ListDomains", "(u)", 0)), {path, *others})
    domain.call("AttachDevice", "(su)", disk_xml, 1)
    assert "dev='xvdb'" in domain.call("GetXMLDesc", "(u)", 0)
    assert "state.state" in domain.call("GetStats", "(uu)", 0, 0)
    domain.call("Destroy", "(u)", 0)
    events.wait_for(path, STOPPED)
    expect("state", domain.call("GetState", "(u)", 0)[0], SHUT_OFF)
    domain.call("Undefine", "(u)", 0)
    expect("list", connect.call("ListDomains", "(u)", 0), others)


def wait_for_name(bus):
    loop = GLib.MainLoop()
    Gio.bus_watch_name_on_connection(bus, "org.libvirt", Gio.BusNameWatcherFlags.NONE, lambda *_: loop.quit(), None)
    loop.run()


def main(directory, name, domain_file, disk_file):
    have_run(directory)
    with subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE,
                          text=True) as daemon:
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = daemon.stdout.readline().strip()
        with subprocess.Popen(["libvirt-dbus", "--system"]) as gateway:
            try:
                bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
                wait_for_name(bus)
                session(bus, name, text_of(domain_file), text_of(disk_file))
            finally:
                gateway.terminate()
                daemon.terminate()
    print("done")


main(*sys.argv[1:])
