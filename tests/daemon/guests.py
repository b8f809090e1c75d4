# SPDX-License-Identifier: LGPL-2.1-or-later
"""A domain of the shared daemon with channels, and what one looks at on it: live XML, the host, the
guest's end."""

import os
import select
import threading
import xml.etree.ElementTree as ElementTree

import libvirt

import backend
from fixture import PATIENCE, connect, expect_equal, receive_exactly

NAME = "org.example.one"
# More calls of the host than any operation makes.
CALLS = 14

libvirt.registerErrorHandler(lambda context, error: None, None)
libvirt.virEventRegisterDefaultImpl()


def run_events():
    while True:
        libvirt.virEventRunDefaultImpl()


threading.Thread(target=run_events, daemon=True).start()


def channel(name=NAME, source="", kind="unix", more=""):
    return "<channel type='%s'>%s<target type='virtio' name='%s'/>%s</channel>" % (kind, source, name, more)


def connection(daemon):
    return libvirt.open(daemon.uri())


def hears(end, data):
    """The guest's end gives that, in time."""
    heard = b""
    while len(heard) < len(data) and select.select([end], [], [], PATIENCE)[0]:
        heard += os.read(end, len(data) - len(heard))
    expect_equal(heard, data)


def fails(code, function, *arguments):
    """The call ends with that error; returns what it says."""
    try:
        function(*arguments)
    except libvirt.libvirtError as error:
        expect_equal(error.get_error_code(), code)
        return str(error)
    raise AssertionError("%s%r succeeds" % (function.__name__, arguments))


class Domain:
    """A domain as libvirt-python has it, which runs if it is not told otherwise, and is gone at the
    end. Settings are domain_xml()'s."""

    def __init__(self, daemon, name, start=True, **settings):
        self.daemon, self.name = daemon, name
        daemon.define(name, **settings)
        if start:
            daemon.virsh("start", name)
        self.connection = connection(daemon)
        self.domain = self.connection.lookupByName(name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.daemon.remove(self.name)

    def xml(self, *flags):
        return ElementTree.fromstring(self.daemon.virsh("dumpxml", self.name, *flags))

    def texts(self, path, *flags):
        return [(element.text, element.attrib) for element in self.xml(*flags).findall(path)]

    def file(self):
        """What the next start uses, from disk."""
        return ElementTree.parse(
            os.path.join(self.daemon.path("etc/libvirt/libxl"), self.name + ".xml")).getroot()

    def stats(self, types=0, flags=0):
        return self.connection.domainListGetStats([self.domain], types, flags)[0][1]


class Guest:
    """A domain, which runs if it is not told otherwise, and is gone at the end."""

    def __init__(self, daemon, name, devices="", start=("start",)):
        self.daemon, self.name = daemon, name
        daemon.define(name, devices=devices)
        if start:
            daemon.virsh(*start, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.remove(self.name)

    def virsh(self, how, command, xml, flags):
        return how(command, self.name, self.daemon.file("device.xml", xml), *flags)

    def attach(self, xml, *flags):
        self.virsh(self.daemon.virsh, "attach-device", xml, flags)

    def attach_fails(self, xml, *flags):
        return self.virsh(self.daemon.virsh_fails, "attach-device", xml, flags)

    def detach(self, xml, *flags):
        self.virsh(self.daemon.virsh, "detach-device", xml, flags)

    def detach_fails(self, xml, *flags):
        return self.virsh(self.daemon.virsh_fails, "detach-device", xml, flags)

    def domain(self):
        """As libvirt-python has it."""
        return connection(self.daemon).lookupByName(self.name)

    def error_of(self, call):
        """The code of the error that call(domain) must end with."""
        try:
            call(self.domain())
        except libvirt.libvirtError as error:
            return error.get_error_code()
        raise AssertionError("it succeeds")

    def channels(self, *flags):
        """name -> element, of the live XML or what the flags say."""
        root = ElementTree.fromstring(self.daemon.virsh("dumpxml", self.name, *flags))
        return {element.find("target").get("name"): element for element in root.iterfind("devices/channel")}

    def path(self, name=NAME):
        return self.channels()[name].find("source").get("path")

    def alias(self, name=NAME):
        return self.channels()[name].find("alias").get("name")

    def devid(self, name=NAME):
        return backend.channels(self.daemon)[(self.name, name)]["devid"]

    def on_host(self):
        """Names of the channels that the host has."""
        words = [line.split() for line in self.daemon.ctl("list").splitlines()]
        names, is_ours = [], False
        for line in words:
            if line[0].isdigit():
                is_ours = line[1] == self.name
            elif is_ours and line[0] == "channel":
                names.append(line[2])
        return sorted(names)

    def both_ways(self, name=NAME):
        end = self.daemon.guest_end(self.name, name)
        try:
            with connect(self.path(name)) as client:
                client.sendall(b"to the guest\n")
                hears(end, b"to the guest\n")
                os.write(end, b"to the host\n")
                expect_equal(receive_exactly(client, 12), b"to the host\n")
        finally:
            os.close(end)

    def assert_truth(self, names):
        """All say the same of the channels that there are."""
        expect_equal(sorted(self.channels()), sorted(names))
        expect_equal(self.on_host(), sorted(names))
        status = ElementTree.parse(self.daemon.path("run/libvirt/libxl/%s.xml" % self.name))
        listed = [element.get("name") for element in status.iterfind(".//devices/channel/target")]
        expect_equal(sorted(listed), sorted(names))


def fail_at_each_call(daemon, operation):
    """Yields the result (did it succeed?) with the K-th call failing, for each K. What the daemon does by
    itself, such as a look at the channels after a change, does not count."""
    failures = 0
    for number in range(1, CALLS + 1):
        daemon.ctl("fail-any", str(number))
        try:
            operation()
            yield True
        except libvirt.libvirtError:
            failures += 1
            yield False
        finally:
            daemon.ctl("reset")
    assert 0 < failures < CALLS, failures
