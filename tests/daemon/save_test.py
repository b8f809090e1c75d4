#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Domains that are saved and restored, by stock virsh and libvirt-python on the simulated
host."""

import contextlib
import os
import struct
import time
import xml.etree.ElementTree as ElementTree

import libvirt

from fixture import Daemon, expect_equal, expect_in, run, shared, test, wait_for
from guests import NAME, Guest, channel, connection, fails

HEADER = struct.Struct("=16sII10I")
MAGIC = b"libvirt-xml\n \0 \r"
INVALID = libvirt.VIR_ERR_OPERATION_INVALID
FAILED = libvirt.VIR_ERR_OPERATION_FAILED


def image_path(name="image"):
    return shared().path(name)


def read_image(path):
    """(header's numbers, XML, stream)"""
    with open(path, "rb") as file:
        data = file.read()
    magic, version, length, *unused = HEADER.unpack_from(data)
    expect_equal(magic, MAGIC)
    text = data[HEADER.size:HEADER.size + length]
    assert text.endswith(b"\0")
    return (version, unused), text[:-1].decode(), data[HEADER.size + length:]


def write_image(path, xml, stream, version=2, magic=MAGIC, length=None, unused=(0,) * 10):
    text = xml.encode() + b"\0"
    with open(path, "wb") as file:
        file.write(HEADER.pack(magic, version, len(text) if length is None else length, *unused))
        file.write(text + stream)


def without_states(xml):
    """The states of channels may change at any time."""
    root = ElementTree.fromstring(xml)
    for target in root.iterfind("devices/channel/target"):
        target.attrib.pop("state", None)
    return ElementTree.canonicalize(ElementTree.tostring(root), strip_text=True)


def managed_path(name):
    return shared().path("var/lib/libvirt/libxl/save/%s.save" % name)


def state_reason(name):
    return shared().virsh("domstate", "--reason", name)


def error_of_restore(path, flags=0, xml=None):
    try:
        connection(shared()).restoreFlags(path, xml, flags)
    except libvirt.libvirtError as error:
        return error.get_error_code()
    raise AssertionError("it is restored")


def nothing_runs(name):
    return shared().state(name) == "shut off" and name not in shared().ctl("list")


class Events:
    """Lifecycle events of a domain, while it is there."""

    def __init__(self, name):
        self.seen, self.connection = [], connection(shared())
        self.id = self.connection.domainEventRegisterAny(
            self.connection.lookupByName(name), libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
            lambda _c, _d, event, detail, _o: self.seen.append((event, detail)), None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.domainEventDeregisterAny(self.id)

    def expect(self, *events):
        wait_for("events, not %r" % self.seen, lambda: self.seen == list(events))
        self.seen.clear()


STOPPED_SAVED = (libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_SAVED)
STARTED_RESTORED = (libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_STARTED_RESTORED)
SUSPENDED_RESTORED = (libvirt.VIR_DOMAIN_EVENT_SUSPENDED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_RESTORED)


# Save and restore


@test
def a_saved_domain_is_restored_with_its_channels():
    path = image_path()
    with Guest(shared(), "saved", channel("boot")) as guest:
        guest.attach(channel(NAME))
        guest.both_ways("boot")
        with Events("saved") as events:
            shared().virsh("save", "saved", path)
            assert nothing_runs("saved")
            expect_equal(state_reason("saved"), "shut off (saved)")
            events.expect(STOPPED_SAVED)
            shared().virsh("restore", path)
            events.expect(STARTED_RESTORED)
        expect_equal(state_reason("saved"), "running (restored)")
        expect_equal(list(guest.channels()), ["boot", NAME])
        guest.both_ways("boot")
        guest.both_ways()


@test
def the_image_is_in_libvirts_format():
    path = image_path("format")
    with Guest(shared(), "format", channel()):
        live = shared().virsh("dumpxml", "--security-info", "format")
        shared().virsh("save", "format", path)
        numbers, xml, stream = read_image(path)
        expect_equal(numbers, (2, [0] * 10))
        expect_equal(without_states(xml), without_states(live))
        assert stream
        expect_equal(os.stat(path).st_mode & 0o777, 0o600)


@test
def device_ids_outlive_a_restore():
    path = image_path("ids")
    with Guest(shared(), "ids") as guest:
        for name in ("a", "b", "c"):
            guest.attach(channel(name))
        guest.detach(channel("b"))
        shared().virsh("save", "ids", path)
        shared().virsh("save-image-define", path,
                       shared().file("ids.xml", shared().virsh("save-image-dumpxml", path)))
        shared().virsh("restore", path)
        expect_equal([guest.devid(name) for name in ("a", "c")], [1, 3])
        guest.both_ways("c")


@test
def channels_of_the_other_backend_are_restored():
    daemon = Daemon(driver_config='channel_backend = "libxl"\n')
    path = daemon.path("image")
    with Guest(daemon, "mixed", channel("boot")) as guest:
        guest.attach(channel(NAME))
        daemon.virsh("save", "mixed", path)
        daemon.virsh("restore", path)
        guest.both_ways("boot")
        guest.both_ways()


@test
def a_domain_can_be_restored_paused():
    path = image_path("paused")
    for save, restore, paused in ((("--paused",), (), True), ((), ("--paused",), True),
                                  (("--paused",), ("--running",), False)):
        with Guest(shared(), "paused") as guest:
            with Events("paused") as events:
                shared().virsh("save", "paused", path, "--bypass-cache", *save)
                shared().virsh("restore", path, "--bypass-cache", *restore)
                events.expect(STOPPED_SAVED, STARTED_RESTORED, *[SUSPENDED_RESTORED] * paused)
            expect_equal(shared().state("paused"), "paused" if paused else "running")
            expect_equal(guest.domain().isPersistent(), 1)


@test
def another_definition_can_be_saved_and_restored():
    path, new = image_path("other"), shared().path("new.xml")
    with Guest(shared(), "other", channel()) as guest:
        xml = shared().virsh("dumpxml", "other").replace("<uuid>", "<title>saved</title><uuid>")
        shared().file("new.xml", xml)
        shared().virsh("save", "other", path, "--xml", new)
        expect_in("saved", ElementTree.fromstring(read_image(path)[1]).findtext("title"))
        for words, change in (("name, uuid", ("<name>other<", "<name>another<")), ("<memory>", (">131072<", ">65536<")),
                              ("no channel", (NAME, "new.name"))):
            shared().file("new.xml", xml.replace(*change))
            expect_in(words, shared().virsh_fails("restore", path, "--xml", new))
        shared().file("new.xml", xml.replace("saved<", "restored<"))
        shared().virsh("restore", path, "--xml", new)
        expect_equal(shared().virsh("desc", "--title", "other"), "restored")
        guest.both_ways()


@test
def parameters_say_where_to_and_with_which_definition():
    path, one = image_path("params"), connection(shared())
    file, dxml = libvirt.VIR_DOMAIN_SAVE_PARAM_FILE, libvirt.VIR_DOMAIN_SAVE_PARAM_DXML
    with Guest(shared(), "params", channel()) as guest:
        domain = one.lookupByName("params")
        xml = domain.XMLDesc().replace("<uuid>", "<title>saved</title><uuid>")
        domain.saveParams({file: path, dxml: xml}, libvirt.VIR_DOMAIN_SAVE_PAUSED)
        expect_equal(ElementTree.fromstring(read_image(path)[1]).findtext("title"), "saved")
        one.restoreParams({file: path})
        expect_equal(state_reason("params").split()[0], "paused")
        domain.resume()
        domain.saveParams({file: path})
        one.restoreParams({file: path, dxml: xml.replace("saved<", "restored<")}, libvirt.VIR_DOMAIN_SAVE_RUNNING)
        expect_equal(shared().virsh("desc", "--title", "params"), "restored")
        guest.both_ways()
        domain.saveParams({})
        assert domain.hasManagedSaveImage()
        domain.create()
        expect_equal(state_reason("params"), "running (restored)")


@test
def parameters_that_make_no_sense_are_refused():
    path, one = image_path("params"), connection(shared())
    with Guest(shared(), "params"):
        domain = one.lookupByName("params")
        for wrong in ({"nonsense": path}, {"file": "relative"}):
            fails(libvirt.VIR_ERR_INVALID_ARG, domain.saveParams, wrong)
        fails(libvirt.VIR_ERR_INVALID_ARG, domain.saveParams, {"file": path}, 1 << 30)
        fails(libvirt.VIR_ERR_INVALID_ARG, one.restoreParams, {})
        expect_in("nonsense", fails(libvirt.VIR_ERR_INVALID_ARG, one.restoreParams, {"nonsense": path}))
        fails(libvirt.VIR_ERR_INVALID_ARG, one.restoreParams, {"file": path}, 1 << 30)
        expect_equal(shared().state("params"), "running")


@test
def a_transient_domain_is_gone_when_saved_and_back_when_restored():
    path = image_path("transient")
    with Guest(shared(), "transient"):
        shared().virsh("undefine", "transient")
        shared().virsh("save", "transient", path)
        assert "transient" not in shared().virsh("list", "--all", "--name").split()
        shared().virsh("restore", path)
        expect_in("no", shared().virsh("dominfo", "transient").split("Persistent:")[1].split("\n")[0])


@test
def what_can_not_be_saved_is_refused():
    path = image_path("refused")
    with Guest(shared(), "refused") as guest:
        def error(flags=0, to=path, xml=None):
            return guest.error_of(lambda domain: domain.saveFlags(to, xml, flags))
        expect_equal(error(1 << 30), libvirt.VIR_ERR_INVALID_ARG)
        expect_equal(error(to=shared().path("no/directory")), libvirt.VIR_ERR_SYSTEM_ERROR)
        expect_equal(error(to=shared().root), FAILED)
        shared().virsh("suspend", "refused")
        expect_equal(error(), INVALID)
        expect_equal(shared().state("refused"), "paused")
        shared().virsh("destroy", "refused")
        expect_equal(error(), INVALID)
    assert not os.path.exists(path)
    expect_in("control domain", shared().virsh_fails("save", "Domain-0", path))


@test
def a_save_that_fails_leaves_the_domain_running_and_no_file():
    path = image_path("failing")
    with Guest(shared(), "failing", channel()) as guest:
        shared().ctl("fail", "save", "1", "no room")
        expect_in("no room", shared().virsh_fails("save", "failing", path))
        expect_equal(state_reason("failing"), "running (booted)")
        assert not [name for name in os.listdir(shared().root) if name.startswith("failing")]
        guest.both_ways()
        shared().file("failing", "an older image")
        shared().ctl("fail", "save", "1", "no room")
        shared().virsh_fails("save", "failing", path)
        expect_equal(open(path).read(), "an older image")


@test
def what_is_no_image_is_refused_before_a_domain_exists():
    path = image_path("broken")
    with Guest(shared(), "broken") as guest:
        shared().virsh("save", "broken", path)
        _, xml, stream = read_image(path)
        with Events("broken") as events:
            for code, change in ((libvirt.VIR_ERR_INVALID_ARG, {"magic": b"LibvirtQemudSave"}),
                                 (FAILED, {"version": 3}), (FAILED, {"version": 0}),
                                 (FAILED, {"length": 0}), (FAILED, {"length": 0xffffffff}),
                                 (FAILED, {"length": len(xml) + len(stream) + 2})):
                write_image(path, xml, stream, **change)
                expect_equal(error_of_restore(path), code)
            write_image(path, "<domain", stream)
            expect_equal(error_of_restore(path), libvirt.VIR_ERR_XML_DETAIL)
            for size in (0, 15, 63):
                os.truncate(path, size)
                expect_equal(error_of_restore(path), FAILED)
            os.remove(path)
            expect_equal(error_of_restore(path), libvirt.VIR_ERR_SYSTEM_ERROR)
            os.mkfifo(path)
            expect_equal(error_of_restore(path), FAILED)
            assert nothing_runs("broken")
            expect_equal(events.seen, [])
        os.remove(path)
        expect_equal(guest.domain().info()[0], libvirt.VIR_DOMAIN_SHUTOFF)


@test
def a_stream_that_is_cut_leaves_no_domain_and_the_image_as_it_was():
    path = image_path("cut")
    with Guest(shared(), "cut", channel()) as guest:
        shared().virsh("save", "cut", path)
        whole = os.path.getsize(path)
        for size in (whole - 1, whole - 10, whole - len(read_image(path)[2])):
            os.truncate(path, size)
            shared().virsh_fails("restore", path)
            expect_equal(os.path.getsize(path), size)
            assert nothing_runs("cut")
        shared().virsh("start", "cut")
        guest.both_ways()


@test
def a_domain_that_runs_is_not_restored_over():
    path = image_path("running")
    with Guest(shared(), "running"):
        shared().virsh("save", "running", path)
        shared().virsh("start", "running")
        expect_equal(error_of_restore(path), INVALID)
        expect_equal(state_reason("running"), "running (booted)")


@test
def getters_answer_while_a_domain_is_saved():
    path = image_path("slow")
    with Guest(shared(), "slow"):
        shared().ctl("delay", "save", "1500")
        begin = time.monotonic()
        process = shared().virsh_process("save", "slow", path)
        expect_equal(shared().state("slow"), "running")
        shared().virsh("dumpxml", "slow")
        assert process.poll() is None, "it took %.1f s" % (time.monotonic() - begin)
        process.communicate()
        shared().ctl("reset")
        expect_equal(shared().state("slow"), "shut off")


# Managed save


@test
def a_managed_save_is_restored_by_the_next_start():
    with Guest(shared(), "managed", channel()) as guest:
        shared().virsh("managedsave", "managed")
        assert os.path.exists(managed_path("managed"))
        expect_in("managed", shared().virsh("list", "--all", "--with-managed-save", "--name"))
        expect_in("managed save image", shared().virsh_fails("undefine", "managed"))
        with Events("managed") as events:
            shared().virsh("start", "managed")
            events.expect(STARTED_RESTORED)
        assert not os.path.exists(managed_path("managed"))
        guest.both_ways()
        shared().virsh("managedsave", "managed", "--paused")
        shared().virsh("start", "managed")
        expect_equal(shared().state("managed"), "paused")


@test
def a_managed_save_can_be_discarded():
    with Guest(shared(), "discard"):
        shared().virsh("managedsave", "discard")
        shared().virsh("start", "--force-boot", "discard")
        expect_equal(state_reason("discard"), "running (booted)")
        assert not os.path.exists(managed_path("discard"))
        shared().virsh("managedsave", "discard")
        shared().virsh("managedsave-remove", "discard")
        assert not os.path.exists(managed_path("discard"))
        shared().virsh("start", "discard")
        shared().virsh("managedsave", "discard")
        shared().virsh("undefine", "--managed-save", "discard")
        assert not os.path.exists(managed_path("discard"))


@test
def a_managed_save_that_can_not_be_restored_stays():
    with Guest(shared(), "stays"):
        shared().virsh("managedsave", "stays")
        os.truncate(managed_path("stays"), os.path.getsize(managed_path("stays")) - 1)
        expect_in("--force-boot", shared().virsh_fails("start", "stays"))
        assert nothing_runs("stays") and os.path.exists(managed_path("stays"))
        shared().virsh("managedsave-remove", "stays")


@test
def a_transient_domain_has_no_managed_save():
    with Guest(shared(), "passing") as guest:
        shared().virsh("undefine", "passing")
        expect_equal(guest.error_of(lambda domain: domain.managedSave()), INVALID)
        expect_equal(shared().state("passing"), "running")


def writes_beside(daemon, path):
    """Has it a file open there, with a name or without?"""
    folder = "/proc/%d/fd" % daemon.process.pid
    for descriptor in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(os.path.join(folder, descriptor)).startswith(os.path.dirname(path) + "/"):
                return True
    return False


def has_nameless_files(folder):
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600))
        return True
    except OSError:
        return False


@test
def nothing_is_left_beside_the_image_by_a_daemon_that_was_killed():
    daemon = Daemon()
    folder = daemon.path("images")
    os.mkdir(folder)
    daemon.running("guest")
    daemon.ctl("delay", "save", "3600000")
    process = daemon.virsh_process("save", "guest", os.path.join(folder, "image"))
    wait_for("the image", lambda: writes_beside(daemon, os.path.join(folder, "image")))
    daemon.kill()
    process.communicate()
    daemon.ctl("reset")
    daemon.start()
    expect_equal(daemon.state("guest"), "running")
    if has_nameless_files(folder):
        expect_equal(os.listdir(folder), [])
    daemon.virsh("save", "guest", os.path.join(folder, "image"))
    expect_in("image", os.listdir(folder))


@test
def a_save_that_the_daemon_did_not_live_to_end_is_settled_by_the_next():
    daemon = Daemon()
    image = daemon.path("var/lib/libvirt/libxl/save/guest.save")
    for is_complete in (False, True):
        daemon.running("guest")
        daemon.ctl("delay", "destroy" if is_complete else "save", "3600000")
        process = daemon.virsh_process("managedsave", "guest")
        wait_for("the image", lambda: os.path.exists(image) if is_complete else writes_beside(daemon, image))
        time.sleep(0.3)
        if not is_complete:
            daemon.ctl("guest", "guest", "suspend")
        daemon.kill()
        process.communicate()
        daemon.ctl("reset")
        daemon.start()
        expect_equal(daemon.state("guest"), "shut off" if is_complete else "running")
        expect_equal(os.listdir(os.path.dirname(image)), ["guest.save"] if is_complete else [])
        daemon.remove("guest") if not is_complete else daemon.virsh("start", "guest")
    assert not os.path.exists(image)


@test
def a_restore_that_the_daemon_did_not_live_to_end_leaves_the_managed_save():
    daemon = Daemon()
    daemon.running("guest")
    daemon.virsh("managedsave", "guest")
    daemon.ctl("delay", "restore", "3600000")
    process = daemon.virsh_process("start", "guest")
    wait_for("the start", lambda: os.path.exists(daemon.path("run/libvirt/libxl/guest.xml")))
    daemon.kill()
    process.communicate()
    daemon.ctl("reset")
    daemon.start()
    expect_equal(daemon.state("guest"), "shut off")
    daemon.virsh("start", "guest")
    expect_in("restored", daemon.virsh("domstate", "--reason", "guest"))


@test
def a_managed_save_is_restored_when_the_host_boots():
    daemon = Daemon()
    daemon.running("guest")
    daemon.virsh("autostart", "guest")
    daemon.virsh("managedsave", "guest")
    daemon.stop()
    os.remove(daemon.path("run/libvirt/libxl/autostarted"))
    daemon.start()
    daemon.wait_for_state("guest", "running")
    expect_in("restored", daemon.virsh("domstate", "--reason", "guest"))


# What is in an image


@test
def the_definition_in_an_image_can_be_read_and_replaced():
    path = image_path("edit")
    with Guest(shared(), "edit", channel()) as guest:
        shared().virsh("save", "edit", path)
        stream = read_image(path)[2]
        xml = shared().virsh("save-image-dumpxml", path)
        expect_in("<name>edit</name>", xml)
        new = shared().file("edit.xml", xml.replace("<uuid>", "<title>edited</title><uuid>"))
        shared().virsh("save-image-define", path, new, "--paused")
        expect_equal(read_image(path)[2], stream)
        expect_in("edited", shared().virsh("save-image-dumpxml", path))
        shared().file("edit.xml", xml.replace("<name>edit<", "<name>else<"))
        expect_in("can't be changed", shared().virsh_fails("save-image-define", path, new))
        shared().virsh("restore", path)
        expect_equal(shared().state("edit"), "paused")
        shared().virsh("resume", "edit")
        guest.both_ways()


@test
def the_definition_in_a_managed_save_can_be_read_and_replaced():
    with Guest(shared(), "medit"):
        expect_in("has no managed save", shared().virsh_fails("managedsave-dumpxml", "medit"))
        shared().virsh("managedsave", "medit")
        xml = shared().virsh("managedsave-dumpxml", "medit")
        new = shared().file("medit.xml", xml.replace("<uuid>", "<title>edited</title><uuid>"))
        shared().virsh("managedsave-define", "medit", new)
        shared().virsh("start", "medit")
        expect_equal(shared().virsh("desc", "--title", "medit"), "edited")


# Core dumps


@test
def a_core_dump_is_written_and_the_domain_goes_on_or_ends():
    path = image_path("core")
    crashed = (libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED)
    with Guest(shared(), "dumped") as guest:
        for options in ((), ("--live",)):
            shared().virsh("dump", "dumped", path, *options)
            expect_in("name dumped", open(path).read())
            os.remove(path)
            expect_equal(state_reason("dumped"), "running (booted)")
        shared().ctl("fail", "dump_core", "1", "no room")
        expect_in("no room", shared().virsh_fails("dump", "dumped", path))
        assert "paused" not in shared().ctl("list")
        expect_equal(guest.error_of(lambda domain: domain.coreDump(path, libvirt.VIR_DUMP_RESET)),
                     libvirt.VIR_ERR_INVALID_ARG)
        expect_equal(guest.error_of(lambda domain: domain.coreDumpWithFormat(
            path, libvirt.VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB)), libvirt.VIR_ERR_OPERATION_UNSUPPORTED)
        with Events("dumped") as events:
            shared().virsh("dump", "dumped", path, "--crash")
            events.expect(crashed)
        expect_equal(state_reason("dumped"), "shut off (crashed)")


run()
