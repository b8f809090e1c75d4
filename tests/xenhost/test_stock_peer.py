# SPDX-License-Identifier: LGPL-2.1-or-later
"""The stock libvirtd and virtxld take turns on one host, with the same files."""

import contextlib
import os
import xml.etree.ElementTree as ElementTree

from host import clients, expect_equal, guests, wait_until, xen
from host.channel import Channel
from host.daemons import libvirtd, virtxld

CHANNELS = (guests.unix_channel("s-4-VM.vport", "virtio"), guests.unix_channel("of-xen"), guests.pty_channel("a-pty"))
XEN_CHANNELS = CHANNELS[1:]
IMAGE = "/var/tmp/exchanged.image"
AUTOSTART = "/etc/libvirt/libxl/autostart/%s.xml"


@contextlib.contextmanager
def only(daemon):
    """The daemon runs, and ends at the end. The other one does not run."""
    daemon.start()
    try:
        yield
    finally:
        daemon.stop()


def canonical(text):
    return ElementTree.canonicalize(text, strip_text=True)


def read_by_the_other(writer, reader, name):
    """What one writes the other reads, autostart included, and prints in the same words."""
    with only(writer):
        guests.define(guests.definition(name, CHANNELS), writer)
        clients.virsh("autostart", name, daemon=writer)
        written = clients.inactive_xml(name, writer)
    assert os.path.islink(AUTOSTART % name)
    with only(reader):
        expect_equal(canonical(clients.inactive_xml(name, reader)), canonical(written))
        assert is_autostarted(name, reader)
        clients.virsh("autostart", "--disable", name, daemon=reader)
        clients.virsh("undefine", name, daemon=reader)
    assert not os.path.lexists(AUTOSTART % name)
    assert not os.path.exists("/etc/libvirt/libxl/%s.xml" % name)


def is_autostarted(name, daemon):
    return "Autostart: enable" in " ".join(clients.virsh("dominfo", name, daemon=daemon).split())


def keep_from_autostart():
    """A daemon's first start since boot starts what is marked; later ones do not."""
    for daemon in (libvirtd, virtxld):
        with only(daemon):
            pass


def test_virtxld_does_not_start_while_libvirtd_has_the_host():
    with only(libvirtd):
        virtxld.launch()
        expect_equal(virtxld.process.wait(30), 1)
        assert libvirtd.is_alive()
        assert clients.virsh("uri", daemon=libvirtd)


def test_the_stock_xen_driver_does_not_start_while_virtxld_has_the_host():
    with only(virtxld):
        libvirtd.launch()
        wait_until(lambda: libvirtd.accepts() or not libvirtd.is_alive(), "libvirtd decides")
        try:
            clients.virsh("list", daemon=libvirtd)
            raise AssertionError("the stock driver serves the host, too")
        except clients.VirshError:
            pass
        assert clients.virsh("list")
        libvirtd.end()


def capabilities(daemon):
    """What the daemon says of the host's CPU, and of each guest that it can run but for what only
    virtxld has."""
    host = clients.connect(daemon)
    xml = ElementTree.fromstring(host.getCapabilities())
    cpu = ElementTree.tostring(xml.find("host/cpu"), encoding="unicode")
    topology = canonical(ElementTree.tostring(xml.find("host/topology"), encoding="unicode"))
    said = {"cpu": canonical(cpu), "topology": topology, "compared": host.compareCPU(cpu),
            "baseline": canonical(host.baselineCPU([cpu]))}
    for arch in xml.findall("guest/arch"):
        key = (arch.get("name"), arch.findtext("machine"))
        xml = ElementTree.fromstring(host.getDomainCapabilities("/an/emulator", *key, "xen"))
        loader = xml.find("os/loader")
        for path in loader.findall("value"):  # libvirt names OVMF where there is none, too
            loader.remove(path)
        if arch.findtext("machine") == "xenpvh":
            xml.remove(xml.find("vcpu"))  # as many as of HVM, and libvirt says: of PV
        devices = xml.find("devices")
        for channel in devices.findall("channel"):
            devices.remove(channel)
        said[key] = canonical(ElementTree.tostring(xml, encoding="unicode"))
    host.close()
    return said


def test_both_say_the_same_of_the_host_and_what_a_guest_can_have():
    with only(libvirtd):
        stock = capabilities(libvirtd)
    with only(virtxld):
        ours = capabilities(virtxld)
    assert stock
    for key, said in stock.items():
        expect_equal(ours.get(key), said)


def test_a_second_virtxld_does_not_start():
    with only(virtxld):
        second = virtxld.another()
        second.launch()
        expect_equal(second.process.wait(30), 1)
        assert clients.virsh("list")


def test_libvirtd_reads_what_virtxld_wrote():
    keep_from_autostart()
    read_by_the_other(virtxld, libvirtd, "of-virtxld")


def test_virtxld_reads_what_libvirtd_wrote():
    keep_from_autostart()
    read_by_the_other(libvirtd, virtxld, "of-libvirtd")


def test_virtxld_takes_over_a_running_domain_of_libvirtd():
    name = "taken-over"
    with only(libvirtd):
        guests.define(guests.definition(name, XEN_CHANNELS), libvirtd)
        clients.virsh("start", name, daemon=libvirtd)
        domid = int(clients.virsh("domid", name, daemon=libvirtd))
    with only(virtxld):
        guest = guests.Guest(name)
        expect_equal((guest.state, guest.id), ("running", domid))
        for channel in XEN_CHANNELS:
            with guest.shell(channel.name) as shell:
                expect_equal(shell.ask("echo hello"), "hello")
        with guest.shell(XEN_CHANNELS[0].name) as shell:
            shell.tell("reboot -f")
        wait_until(lambda: guest.id not in (domid, None), "a new id")
        guest.shell(XEN_CHANNELS[0].name).close()
        last = guest.id
        guest.remove()
    guests.assert_nothing_left(last, [XEN_CHANNELS[0].path])


def test_libvirtd_takes_over_a_running_domain_of_virtxld():
    name = "handed-over"
    with only(virtxld):
        guests.define(guests.definition(name, XEN_CHANNELS))
        clients.virsh("start", name)
        domid = clients.domain_id(name)
    with only(libvirtd):
        expect_equal(clients.virsh("domid", name, daemon=libvirtd), str(domid))
        expect_equal(clients.live_xml(name, libvirtd).find("devices/channel/target").get("name"), "of-xen")
        clients.virsh("destroy", name, daemon=libvirtd)
        clients.virsh("undefine", name, daemon=libvirtd)
    expect_equal(xen.remains_of(domid), [])


def asks(channel, question, answer):
    with Channel(channel.path) as shell:
        shell.wait_for_shell()
        expect_equal(shell.ask(question), answer)


def exchange_image(name, saver, restorer):
    """The guest is the same one afterwards, and its channel works."""
    channel = XEN_CHANNELS[0]
    with only(saver):
        guests.define(guests.definition(name, (channel,)), saver)
        clients.virsh("start", name, daemon=saver)
        asks(channel, "touch /tmp/mark; echo made", "made")
        clients.virsh("save", name, IMAGE, daemon=saver)
        clients.virsh("undefine", name, daemon=saver)
    expect_equal(xen.xl_domains(), {})
    with only(restorer):
        clients.virsh("restore", IMAGE, daemon=restorer)
        asks(channel, "ls /tmp/mark", "/tmp/mark")
        clients.virsh("destroy", name, daemon=restorer)
    os.remove(IMAGE)


def test_libvirtd_restores_what_virtxld_saved():
    exchange_image("to-libvirtd", virtxld, libvirtd)


def test_virtxld_restores_what_libvirtd_saved():
    exchange_image("to-virtxld", libvirtd, virtxld)
