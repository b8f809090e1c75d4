# SPDX-License-Identifier: LGPL-2.1-or-later
"""Definitions of test guests, and guests that run for the length of a test.

The guest is the small initramfs of ../guest, on dom0's own kernel. What it runs
on which channel is said on its kernel command line, here with the definition:
each channel has a program.

Another one is Debian, with its own systemd and udev (../debian, and dom0's second disk). It
has the guest's side of channels as it was built; so can the small one. A shell serves
its channel "control".
"""

import contextlib
import glob
import gzip
import os
import tempfile
import uuid

from xenlab.cpio import Archive

from . import clients, expect_equal, wait_until, xen
from .channel import Channel

# Unpacked, the same kernel starts much sooner; HVM takes it only as it is.
KERNELS = {"hvm": "/usr/lib/virtxl-lab/guest-kernel"}
KERNEL = "/usr/lib/virtxl-lab/guest-vmlinux"
INITRAMFS = "/usr/lib/virtxl-lab/guest-initramfs"
DEBIAN_INITRAMFS = "/usr/lib/virtxl-lab/debian-initramfs"
DEBIAN_DISK = ("<disk type='block' device='disk'><driver name='phy'/><source dev='/dev/vdb'/>"
               "<target dev='xvde' bus='xen'/><readonly/></disk>")
GUEST_FILES = "/usr/lib/virtxl-lab/guest-files"
ROOM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MACHINES = {
    "pv": "<type arch='x86_64' machine='xenpv'>linux</type>",
    "pvh": "<type arch='x86_64' machine='xenpvh'>xenpvh</type>",
    "hvm": "<type arch='x86_64' machine='xenfv'>hvm</type>",
}
# As managers write them.
FEATURES = {"hvm": "<features><acpi/><apic/><pae/></features>"}
# MiB. With less than this the kernel of an HVM guest panics now and then.
MEMORY = {"hvm": 128}
SOCKETS = "/run/xenhost-channels"


class ChannelSpec:
    """A channel of a definition: its XML, and the program that serves it in the guest.

    The host's end: a path to bind to, or the XML of it. Without a program nobody in the
    guest has it open.
    """

    def __init__(self, name, kind="unix", target="xen", path=None, program="shell", source=None):
        self.name, self.kind, self.target, self.path, self.program = name, kind, target, path, program
        self.source = source

    def xml(self):
        source = self.source or ("<source mode='bind' path='%s'/>" % self.path if self.path else "")
        address = "<address type='virtio-serial'/>" if self.target == "virtio" else ""
        return ("<channel type='%s'>%s<target type='%s' name='%s'/>%s</channel>"
                % (self.kind, source, self.target, self.name, address))


def socket_path(name):
    os.makedirs(SOCKETS, mode=0o700, exist_ok=True)
    return "%s/%s" % (SOCKETS, name)


def unix_channel(name, target="xen", program="shell"):
    return ChannelSpec(name, "unix", target, socket_path(name), program)


def pty_channel(name, target="xen", program="shell"):
    return ChannelSpec(name, "pty", target, None, program)


def definition(name, channels=(), kind="pv", memory=None, on_poweroff="destroy", on_reboot="restart",
               on_crash="destroy", cmdline="", vcpus=1, initramfs=INITRAMFS, devices=""):
    programs = " ".join("chan%d=%s" % (number, channel.program)
                        for number, channel in enumerate(channels, 1) if channel.program)
    return """<domain type='xen'>
  <name>%s</name>
  <uuid>%s</uuid>
  <memory unit='MiB'>%d</memory>
  <vcpu>%d</vcpu>
  <os>%s<kernel>%s</kernel><initrd>%s</initrd><cmdline>console=hvc0 quiet edd=off %s %s</cmdline></os>
  %s
  <on_poweroff>%s</on_poweroff>
  <on_reboot>%s</on_reboot>
  <on_crash>%s</on_crash>
  <devices>%s%s</devices>
</domain>""" % (name, uuid.uuid4(), memory or MEMORY.get(kind, 96), vcpus, MACHINES[kind],
                KERNELS.get(kind, KERNEL), initramfs, programs, cmdline,
                FEATURES.get(kind, ""), on_poweroff, on_reboot, on_crash, devices,
                "".join(channel.xml() for channel in channels))


class Guest:
    """A domain that virtxld defined, by name."""

    def __init__(self, name):
        self.name = name

    @property
    def id(self):
        return clients.domain_id(self.name)

    @property
    def state(self):
        return clients.state(self.name)

    def live_xml(self):
        return clients.live_xml(self.name)

    def channel_element(self, name):
        for element in self.live_xml().iterfind("devices/channel"):
            if element.find("target").get("name") == name:
                return element
        raise AssertionError("the live XML has no channel %s" % name)

    def path(self, name):
        """The path of the channel's socket or pty, from the live XML."""
        source = self.channel_element(name).find("source")
        assert source is not None and source.get("path"), "channel %s has no path in the live XML" % name
        return source.get("path")

    def is_connected(self, name):
        return xen.channel_is_connected(self.id, name)

    def connect(self, name):
        return Channel(self.path(name))

    def shell(self, name):
        """A connected channel on which the guest's shell has answered."""
        channel = self.connect(name)
        channel.wait_for_shell()
        return channel

    def wait_for_answer(self, name, question, answer):
        """Until the shell on the channel @name answers so."""
        with self.shell(name) as shell:
            wait_until(lambda: shell.ask(question) == answer, "%s in the guest" % question, 60)

    def wait_until_raw(self, shell, channels):
        """Waits until the guest has these channels open in raw mode; until then a terminal echoes."""
        for name in channels:
            terminal = "/dev/hvc%d" % xen.channel_nodes(self.id)[name]
            shell.ask("until stty -F %s -a | grep -q -e -icanon; do sleep 1; done" % terminal, 120)

    def attach(self, channel):
        with _file(channel.xml()) as path:
            clients.virsh("attach-device", self.name, path)

    def detach(self, channel):
        with _file(channel.xml()) as path:
            clients.virsh("detach-device", self.name, path)

    def destroy(self):
        if self.state != "shut off":
            clients.virsh("destroy", self.name)

    def remove(self):
        self.destroy()
        clients.virsh("undefine", self.name)


@contextlib.contextmanager
def _file(text):
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(text)
        file.flush()
        yield file.name


def define(xml, daemon=clients.virtxld):
    with _file(xml) as path:
        clients.virsh("define", path, daemon=daemon)


@contextlib.contextmanager
def defined(name, channels=(), **options):
    define(definition(name, channels, **options))
    guest = Guest(name)
    try:
        yield guest
    finally:
        guest.remove()


@contextlib.contextmanager
def running(name, channels=(), **options):
    with defined(name, channels, **options) as guest:
        clients.virsh("start", name)
        yield guest


@contextlib.contextmanager
def debian(name, channels=(), **options):
    """A Debian guest that runs. Nothing of it stays."""
    files = {"usr/local/bin/channel-shell": ROOM + "/guest/channel-shell",
             "etc/systemd/system/control-shell.service": ROOM + "/debian/control-shell.service"}
    for path in glob.glob(GUEST_FILES + "/**", recursive=True):
        if os.path.isfile(path):
            files[os.path.relpath(path, GUEST_FILES)] = path
    with _initramfs(DEBIAN_INITRAMFS, {"files/" + place: path for place, path in files.items()}) as initramfs:
        with running(name, channels, memory=256, initramfs=initramfs, devices=DEBIAN_DISK, **options) as guest:
            yield guest


@contextlib.contextmanager
def named(name, channels=(), **options):
    """A small guest in which channels have names, by the script for guests without systemd."""
    script = "sbin/virtxl-channels.sh"
    with _initramfs(INITRAMFS, {script: "%s/usr/%s" % (GUEST_FILES, script)}) as initramfs:
        with running(name, channels, initramfs=initramfs, cmdline="channels=named", **options) as guest:
            yield guest


@contextlib.contextmanager
def _initramfs(base, files):
    """The initramfs and files (place -> path): the kernel unpacks one archive after the other.

    They are not compressed: libxl tries to unpack what is, and takes one archive only.
    """
    archive = Archive()
    folders = set()
    for place, path in sorted(files.items()):
        parts = place.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            if folder not in folders:
                archive.directory(folder)
                folders.add(folder)
        with open(path, "rb") as file:
            archive.file(place, file.read(), os.stat(path).st_mode & 0o777)
    with tempfile.NamedTemporaryFile(prefix="initramfs-") as whole:
        with open(base, "rb") as file:
            whole.write(gzip.decompress(file.read()))
        whole.write(gzip.decompress(archive.compressed()))
        whole.flush()
        yield whole.name


@contextlib.contextmanager
def created(name, channels=(), **options):
    """A transient domain."""
    with _file(definition(name, channels, **options)) as path:
        clients.virsh("create", path)
    try:
        yield Guest(name)
    finally:
        if clients.exists(name):
            clients.virsh("destroy", name)


def assert_nothing_left(domid, paths):
    expect_equal(xen.remains_of(domid), [])
    for path in paths:
        assert not os.path.lexists(path), "left behind: %s" % path
