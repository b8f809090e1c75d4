#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Channels that come and go while a domain runs: by virsh and libvirt-python, on the
simulated host."""

import os
import threading
import uuid
import xml.etree.ElementTree as ElementTree

import libvirt

import backend
from fixture import (Daemon, connect, expect_equal, expect_in, receive_exactly, run, shared, test,
                     unix_channel, wait_for)
from guests import NAME, Guest, channel, connection, fail_at_each_call, hears
from wire import CALLBACK_DEVICE_REMOVED, CALLBACK_REGISTER, DETACH_DEVICE, Reader, Wire, integer, optional, string
from wire import domain as wire_domain

ADDED = libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED
REMOVED = libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED
FAILED = libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED
BOTH = libvirt.VIR_DOMAIN_AFFECT_LIVE | libvirt.VIR_DOMAIN_AFFECT_CONFIG


def descriptors(process):
    return len(os.listdir("/proc/%d/fd" % process))


# Attach


@test
def a_channel_that_is_attached_works_both_ways():
    for number, devices in enumerate(("", unix_channel(shared().path("boot.sock"), "boot"))):
        with Guest(shared(), "attached%d" % number, devices) as guest:
            guest.attach(channel(), "--live")
            guest.both_ways()
            expect_equal(guest.alias(), "channel%d" % number)
            expect_equal(guest.devid(), number + 1)
            assert NAME not in guest.channels("--inactive")


@test
def the_automatic_path_is_in_the_domains_own_directory():
    with Guest(shared(), "automatic") as guest:
        identity = shared().virsh("domuuid", "automatic")
        guest.attach(channel())
        path = guest.path()
        expect_equal(path, shared().path("run/libvirt/libxl/channel/%s/%s" % (identity, NAME)))
        guest.detach(channel())
        assert not os.path.lexists(os.path.dirname(path))


@test
def every_type_that_makes_sense_can_be_attached():
    daemon = shared()
    with Guest(daemon, "types") as guest:
        os.mkfifo(daemon.path("pipe"))
        for kind, source in (("pty", ""), ("null", ""), ("file", "<source path='%s'/>" % daemon.path("out")),
                             ("pipe", "<source path='%s'/>" % daemon.path("pipe")),
                             ("tcp", "<source mode='bind' host='127.0.0.1' service='0'/>"),
                             ("udp", "<source mode='connect' host='127.0.0.1' service='9'/>"),
                             ("unix", "<source mode='connect' path='/nobody'><reconnect enabled='yes' timeout='1'/></source>")):
            guest.attach(channel(kind, source, kind))
            guest.detach(channel(kind, source, kind))
        guest.attach(channel(kind="pty"))
        assert os.path.exists(guest.path())


@test
def what_a_start_would_refuse_is_refused():
    daemon = shared()
    with Guest(daemon, "refusing", unix_channel(daemon.path("taken.sock"), "taken")) as guest:
        daemon.file("a.file", "precious")
        os.symlink(daemon.path("nothing"), daemon.path("a.link"))
        for xml, words in (
                (channel(kind="stdio"), "stdio"),
                (channel(""), "name"), (channel("a,b"), "a,b"), (channel("n" * 256), "255"), (channel(".."), ".."),
                (channel(source="<source mode='bind' path='/%s'/>" % ("p" * 107)), "107"),
                (channel(source="<source mode='bind' path='relative'/>"), "relative"),
                (channel(source="<source mode='bind' path='%s'/>" % daemon.path("taken.sock")), "taken"),
                (channel(source="<source mode='bind' path='%s'/>" % daemon.path("a.file")), "a.file"),
                (channel(source="<source mode='bind' path='%s'/>" % daemon.path("a.link")), "a.link"),
                ("<channel type='unix'><target type='guestfwd' address='10.0.2.1' port='1'/></channel>", "path"),
                ("<channel type='pty'><target type='guestfwd' address='10.0.2.1' port='1'/></channel>", "guestfwd"),
                ("<channel type='pty'><target", "device_definition"),
                ("<channel type='unix'/>", "target"), ("<chanel/>", "chanel"), ("<a:channel xmlns:a='a'/>", "channel")):
            expect_in(words, guest.attach_fails(xml))
            guest.assert_truth(["taken"])
        expect_equal(open(daemon.path("a.file")).read(), "precious")


@test
def two_channels_of_one_name_are_refused():
    with Guest(shared(), "twice") as guest:
        guest.attach(channel(), "--live", "--config")
        for flags in (("--live",), ("--config",), ("--live", "--config"), ()):
            expect_in("already has a channel named '%s'" % NAME, guest.attach_fails(channel(kind="pty"), *flags))
        guest.both_ways()
        expect_equal(guest.error_of(lambda domain: domain.attachDevice(channel())), libvirt.VIR_ERR_OPERATION_INVALID)


@test
def two_channels_of_one_alias_are_refused():
    with Guest(shared(), "aliases") as guest:
        mine = "<alias name='ua-mine'/>"
        guest.attach(channel("first", more=mine))
        expect_equal(guest.alias("first"), "ua-mine")
        expect_in("ua-mine", guest.attach_fails(channel("second", more=mine)))
        shared().virsh("detach-device-alias", "aliases", "ua-mine")
        guest.assert_truth([])


@test
def names_of_one_byte_and_of_the_longest_length_can_be_attached():
    with Guest(shared(), "names") as guest:
        source = "<source mode='bind' path='%s'/>" % shared().path("longest")
        for name, where in (("n", ""), ("n" * 255, source)):
            guest.attach(channel(name, where))
            guest.both_ways(name)
            guest.detach(channel(name))


@test
def the_lowest_free_device_id_is_used():
    with Guest(shared(), "numbers") as guest:
        for name in ("a", "b", "c"):
            guest.attach(channel(name))
        guest.detach(channel("b"))
        guest.attach(channel("d"))
        expect_equal([guest.devid(name) for name in ("a", "d", "c")], [1, 2, 3])
        expect_equal(list(guest.channels()), ["a", "d", "c"])
        expect_equal(guest.alias("d"), "channel1")


@test
def the_eighth_channel_is_warned_of():
    with Guest(shared(), "eight") as guest:
        for number in range(7):
            guest.attach(channel("c%d" % number))
        assert "Linux" not in shared().virsh("dominfo", "eight")
        guest.attach(channel("c7"))
        expect_in("a Linux guest can open the first 7", shared().virsh("dominfo", "eight"))


@test
def an_address_is_completed_as_at_define():
    with Guest(shared(), "address") as guest:
        guest.attach(channel(more="<address type='virtio-serial'/>"), "--live", "--config")
        for flags in ((), ("--inactive",)):
            address = guest.channels(*flags)[NAME].find("address")
            assert address.get("controller") == "0", ElementTree.tostring(address)
            expect_in("<controller type='virtio-serial' index='0'", shared().virsh("dumpxml", "address", *flags))


@test
def without_the_backend_nothing_is_attached():
    daemon = Daemon()
    with Guest(daemon, "alone") as guest:
        backend.kill(daemon)
        expect_in("virtxl-channeld does not run", guest.attach_fails(channel()))
        guest.assert_truth([])
        backend.start(daemon)
        guest.attach(channel())
        guest.both_ways()


# Detach


@test
def a_channel_is_detached_with_the_guests_port_open_and_a_client_connected():
    daemon = shared()
    with Guest(daemon, "open") as guest:
        guest.attach(channel())
        path, end = guest.path(), daemon.guest_end("open", NAME)
        with connect(path) as client:
            os.write(end, b"last words\n")
            expect_equal(receive_exactly(client, 11), b"last words\n")
            guest.detach(channel())
            expect_equal(client.recv(1), b"")
        os.close(end)
        assert not os.path.lexists(path)
        guest.assert_truth([])
        guest.attach(channel())
        guest.both_ways()


@test
def what_was_there_from_the_start_can_be_detached():
    daemon = shared()
    devices = unix_channel(daemon.path("one.sock"), "one") + channel("two", kind="pty")
    with Guest(daemon, "boot", devices) as guest:
        guest.detach(unix_channel(daemon.path("one.sock"), "one", "xen"))
        guest.assert_truth(["two"])
        assert not os.path.lexists(daemon.path("one.sock"))
        # As dumped.
        guest.detach(ElementTree.tostring(guest.channels()["two"], encoding="unicode"))
        guest.assert_truth([])
        expect_equal(sorted(guest.channels("--inactive")), ["one", "two"])


@test
def a_channel_is_found_by_its_name_and_by_what_else_is_said_of_it():
    with Guest(shared(), "found", channel()) as guest:
        for xml in (channel("other"), channel(kind="pty"), channel(source="<source mode='bind' path='/else'/>")):
            expect_in("no such channel", guest.detach_fails(xml))
            guest.assert_truth([NAME])
        guest.detach("<channel><target type='xen' name='%s'/></channel>" % NAME)
        guest.assert_truth([])


@test
def detach_by_alias():
    daemon = shared()
    with Guest(daemon, "alias", channel()) as guest:
        expect_in("no device with alias 'channel7'", daemon.virsh_fails("detach-device-alias", "alias", "channel7"))
        expect_in("'console' cannot be detached", daemon.virsh_fails("detach-device-alias", "alias", "console0"))
        daemon.virsh("detach-device-alias", "alias", "channel0", "--live")
        guest.assert_truth([])


@test
def what_qemu_serves_can_not_be_detached():
    daemon = Daemon(driver_config='channel_backend = "libxl"\n')
    with Guest(daemon, "qemu", channel("boot")) as guest:
        guest.attach(channel())
        guest.both_ways()
        expect_in("QEMU", guest.detach_fails(channel("boot")))
        expect_equal(guest.error_of(lambda domain: domain.detachDevice(channel("boot"))),
                     libvirt.VIR_ERR_OPERATION_UNSUPPORTED)
        guest.detach(channel())
        guest.assert_truth(["boot"])


@test
def a_guest_that_does_not_let_go_keeps_its_channel():
    daemon = shared()
    with Guest(daemon, "stuck") as guest:
        guest.attach(channel(), "--live", "--config")
        daemon.ctl("channel", "stuck", NAME, "stuck", "on")
        expect_in("does not let go", guest.detach_fails(channel(), "--live", "--config"))
        guest.assert_truth([NAME])
        expect_in(NAME, guest.channels("--inactive"))
        guest.both_ways()
        daemon.ctl("channel", "stuck", NAME, "stuck", "off")
        guest.detach(channel(), "--live", "--config")
        guest.assert_truth([])
        expect_equal(guest.channels("--inactive"), {})


@test
def a_client_that_is_connected_stays_so_when_the_guest_does_not_let_go():
    daemon = shared()
    with Guest(daemon, "stays", channel()) as guest, connect(guest.path()) as client:
        end = daemon.guest_end("stays", NAME)
        daemon.ctl("channel", "stays", NAME, "stuck", "on")
        detaching = threading.Thread(target=guest.detach_fails, args=(channel(),))
        detaching.start()
        wait_for("the detach to have begun",
                 lambda: backend.channels(daemon)[("stays", NAME)]["backend_state"] == 5)
        os.write(end, b"meanwhile\n")
        client.sendall(b"and back\n")
        detaching.join()
        expect_equal(receive_exactly(client, 10), b"meanwhile\n")
        hears(end, b"and back\n")
        os.close(end)


@test
def a_detach_can_be_forced():
    daemon = shared()
    with Guest(daemon, "forced", channel()) as guest:
        daemon.ctl("channel", "forced", NAME, "stuck", "on")
        guest.domain().detachDeviceFlags(channel(), libvirt.VIR_DOMAIN_DEVICE_MODIFY_FORCE)
        guest.assert_truth([])


@test
def a_guest_that_has_not_run_yet_can_lose_its_channel():
    with Guest(shared(), "unborn", channel(), ("start", "--paused")) as guest:
        guest.detach(channel())
        guest.assert_truth([])
        shared().virsh("resume", "unborn")


@test
def a_hundred_rounds_leave_nothing():
    daemon = Daemon()
    with Guest(daemon, "rounds") as guest:
        processes = (daemon.process.pid, backend.pid(daemon), simhost_pid(daemon))
        domain = guest.domain()
        domain.attachDevice(channel())
        domain.detachDevice(channel())
        before = wait_for_stable(processes)
        for number in range(100):
            domain.attachDevice(channel())
            if number % 10 == 0:
                guest.both_ways()
            domain.detachDevice(channel())
        wait_for("no more descriptors than before",
                 lambda: all(now <= then for now, then in zip(map(descriptors, processes), before)))
        guest.assert_truth([])
        expect_equal(os.listdir(daemon.path("run/virtxl/channeld")), [])
        expect_equal(os.listdir(daemon.path("run/libvirt/libxl/channel")), [])
        domain.attachDevice(channel())
        expect_equal(guest.devid(), 1)


def wait_for_stable(processes):
    counts = []

    def is_stable():
        counts.append([descriptors(process) for process in processes])
        return counts[-1:-4:-1] == [counts[-1]] * 3
    wait_for("stable numbers of descriptors", is_stable)
    return counts[-1]


def simhost_pid(daemon):
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                words = open("/proc/%s/cmdline" % name, "rb").read().split(b"\0")
            except OSError:  # it has ended
                continue
            if os.path.basename(words[0]) == b"virtxl-simhost" and daemon.root.encode() in words:
                return int(name)
    raise AssertionError("no simulated host")


# Flags


@test
def the_definition_alone_is_changed_by_config():
    daemon = shared()
    with Guest(daemon, "config", start=None) as guest:
        path = daemon.path("etc/libvirt/libxl/config.xml")
        expect_in("is not running", guest.attach_fails(channel(), "--live"))
        expect_in("is not running", guest.attach_fails(channel()))
        for flags in (("--config",), ("--current",)):
            guest.attach(channel(), *flags)
            expect_in(NAME, open(path).read())
            guest.detach(channel(), *flags)
            assert NAME not in open(path).read()
        guest.attach(channel(), "--config")
        daemon.virsh("start", "config")
        guest.both_ways()
        guest.detach(channel(), "--current")
        guest.assert_truth([])
        expect_in(NAME, guest.channels("--inactive"))


@test
def a_transient_domain_has_no_config():
    with Guest(shared(), "transient") as guest:
        shared().virsh("undefine", "transient")
        expect_in("persistent", guest.attach_fails(channel(), "--config"))
        expect_in("persistent", guest.attach_fails(channel(), "--live", "--config"))
        guest.assert_truth([])
        guest.attach(channel(), "--live")
        guest.both_ways()


@test
def both_are_changed_or_none():
    daemon = shared()
    with Guest(daemon, "both", channel("boot")) as guest:
        daemon.ctl("fail", "add_channel")
        guest.attach_fails(channel(), "--live", "--config")
        expect_equal(list(guest.channels("--inactive")), ["boot"])
        assert NAME not in open(daemon.path("etc/libvirt/libxl/both.xml")).read()
        guest.detach(channel("boot"), "--config")
        expect_in("no such channel", guest.detach_fails(channel("boot"), "--live", "--config"))
        guest.assert_truth(["boot"])


@test
def unknown_flags_are_an_invalid_argument():
    with Guest(shared(), "flags") as guest:
        for call in (lambda domain: domain.attachDeviceFlags(channel(), 1 << 10),
                     lambda domain: domain.attachDeviceFlags(channel(), libvirt.VIR_DOMAIN_DEVICE_MODIFY_FORCE),
                     lambda domain: domain.detachDeviceFlags(channel(), 1 << 10),
                     lambda domain: domain.detachDeviceAlias("channel0", 1 << 10)):
            expect_equal(guest.error_of(call), libvirt.VIR_ERR_INVALID_ARG)


@test
def domain_zero_keeps_its_devices():
    daemon = shared()
    daemon.file("device.xml", channel())
    expect_in("Domain-0", daemon.virsh_fails("attach-device", "Domain-0", daemon.path("device.xml")))


# Restarts


@test
def an_attached_channel_outlives_both_daemons():
    daemon = Daemon()
    with Guest(daemon, "outlives", channel("boot")) as guest:
        guest.attach(channel())
        guest.detach(channel("boot"))
        path = guest.path()
        daemon.kill()
        backend.kill(daemon)
        daemon.start()
        wait_for("a backend", lambda: backend.pid(daemon))
        expect_equal(guest.path(), path)
        expect_equal(guest.alias(), "channel1")
        guest.assert_truth([NAME])
        guest.both_ways()
        expect_in("already has", guest.attach_fails(channel()))
        guest.attach(channel("boot"))
        expect_equal(guest.devid("boot"), 1)
        guest.detach(channel())
        guest.assert_truth(["boot"])


@test
def an_attached_channel_is_there_again_after_a_reboot():
    daemon = shared()
    with Guest(daemon, "reboots", channel("boot")) as guest:
        guest.attach(channel())
        guest.detach(channel("boot"))
        before, path = daemon.virsh("domid", "reboots"), guest.path()
        daemon.ctl("guest", "reboots", "reboot")
        wait_for("the reboot", lambda: daemon.virsh("domid", "reboots") not in (before, "-"))
        daemon.wait_for_state("reboots", "running")
        guest.assert_truth([NAME])
        expect_equal((guest.path(), guest.alias(), guest.devid()), (path, "channel0", 1))
        guest.both_ways()
        guest.attach(channel("boot"))
        expect_equal(guest.alias("boot"), "channel1")


@test
def what_was_not_attached_to_the_end_is_removed_by_the_next_daemon():
    daemon = Daemon()
    with Guest(daemon, "killed") as guest:
        daemon.ctl("delay", "store_userdata", "60000")
        attaching = daemon.virsh_process("attach-device", "killed", daemon.file("device.xml", channel()))
        wait_for("the channel", lambda: guest.on_host() == [NAME])
        wait_for("its frontend", lambda: backend.channels(daemon)[("killed", NAME)]["frontend_state"] == 4)
        daemon.kill()
        attaching.communicate()
        daemon.ctl("reset")
        daemon.start()
        guest.assert_truth([])
        guest.attach(channel())
        guest.both_ways()


# Failures


@test
def an_attach_that_fails_at_any_call_leaves_nothing():
    daemon = Daemon()
    with Guest(daemon, "halfmade", channel("boot")) as guest:
        domain = guest.domain()
        for succeeded in fail_at_each_call(daemon, lambda: domain.attachDeviceFlags(channel(), BOTH)):
            names = ["boot", NAME] if succeeded else ["boot"]
            guest.assert_truth(names)
            expect_equal(sorted(guest.channels("--inactive")), sorted(names))
            daemon.ctl("reset")
            if succeeded:
                guest.both_ways()
                domain.detachDeviceFlags(channel(), BOTH)
            directory = os.path.dirname(guest.path("boot"))
            wait_for("one socket", lambda: os.listdir(directory) == ["boot"])
            wait_for("one hold", lambda: len(os.listdir(daemon.path("run/virtxl/channeld"))) == 1)
        guest.both_ways("boot")


@test
def a_detach_that_fails_at_any_call_leaves_what_the_xml_says():
    daemon = Daemon()
    with Guest(daemon, "halfgone", channel("boot")) as guest:
        domain = guest.domain()
        domain.attachDevice(channel())
        for succeeded in fail_at_each_call(daemon, lambda: domain.detachDevice(channel())):
            guest.assert_truth(["boot"] if succeeded else ["boot", NAME])
            daemon.ctl("reset")
            if not succeeded:
                domain.detachDevice(channel())
            domain.attachDevice(channel())
            guest.both_ways()
        guest.both_ways("boot")


# Events


@test
def events_tell_what_came_and_went():
    daemon = shared()
    host = connection(daemon)
    seen = []
    for event in (ADDED, REMOVED, FAILED):
        host.domainEventRegisterAny(None, event, lambda _, domain, alias, kind: seen.append(
            (kind, domain.name(), alias)), event)
    with Guest(daemon, "events") as guest:
        guest.attach(channel(), "--live")
        wait_for("an event", lambda: seen == [(ADDED, "events", "channel0")])
        daemon.ctl("channel", "events", NAME, "stuck", "on")
        guest.detach_fails(channel())
        wait_for("an event", lambda: seen[1:] == [(FAILED, "events", "channel0")])
        daemon.ctl("channel", "events", NAME, "stuck", "off")
        guest.detach(channel())
        wait_for("an event", lambda: seen[2:] == [(REMOVED, "events", "channel0")])
        guest.attach(channel(), "--config")
    expect_equal(len(seen), 3)
    host.close()


@test
def virsh_shows_the_events():
    daemon = shared()
    with Guest(daemon, "shown") as guest:
        process = daemon.virsh_process("event", "--domain", "shown", "--event", "device-removed", "--timeout", "20")
        while process.poll() is None:
            guest.attach(channel())
            guest.detach(channel())
        expect_in("event 'device-removed' for domain 'shown': channel0", process.communicate()[0])


@test
def the_event_comes_before_the_call_returns():
    daemon = shared()
    with Guest(daemon, "order", channel()), Wire(daemon.socket) as wire:
        identity = uuid.UUID(daemon.virsh("domuuid", "order"))
        callback = Reader(wire.call(CALLBACK_REGISTER, integer(REMOVED) + optional())).integer()
        wire.call(DETACH_DEVICE, wire_domain("order", identity) + string(channel()))
        expect_equal([event.procedure for event in wire.events], [CALLBACK_DEVICE_REMOVED])
        reader = Reader(wire.events[0].payload)
        expect_equal((reader.integer(), reader.domain()[0], reader.string()), (callback, "order", "channel0"))


@test
def a_readonly_client_may_not():
    with Guest(shared(), "guarded") as guest:
        readonly = libvirt.openReadOnly(shared().uri(readonly=True)).lookupByName("guarded")
        for call in (lambda: readonly.attachDevice(channel()), lambda: readonly.detachDeviceAlias("channel0", 0)):
            try:
                call()
            except libvirt.libvirtError as error:
                expect_equal(error.get_error_code(), libvirt.VIR_ERR_OPERATION_DENIED)
            else:
                raise AssertionError("it succeeds")
        guest.assert_truth([])


run()
