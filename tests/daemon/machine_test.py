#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest's machine, as somebody in front of it has it: keys, the screen and buttons. By stock
virsh and libvirt-python on the simulated host."""

import os

import libvirt

from fixture import domain_xml, expect_equal, run, shared, test
from guests import Guest, connection, fails

UNKNOWN = 1 << 30
# As the simulated host draws it: more than a stream has under way at once.
PICTURE = b"P6\n640 480\n255\n" + bytes(i % 251 for i in range(640 * 480 * 3))

HVM = domain_xml("hvm").replace("<type machine='xenpv'>linux</type>", "<type>hvm</type>")


def last_told():
    """The last trigger, or command for its device model, that a domain got."""
    lines = (line.split("\t") for line in shared().ctl("list").splitlines())
    return next((line[2] for line in lines if line[1] == "told"), None)


@test
def an_hvm_guest_is_woken():
    shared().virsh("create", shared().file("hvm.xml", HVM))
    shared().virsh("dompmwakeup", "hvm")
    expect_equal(last_told(), "s3resume")
    fails(libvirt.VIR_ERR_INVALID_ARG, connection(shared()).lookupByName("hvm").pMWakeup, UNKNOWN)
    shared().virsh("destroy", "hvm")
    with Guest(shared(), "awake") as guest:
        fails(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, guest.domain().pMWakeup)
        shared().virsh("destroy", "awake")
        fails(libvirt.VIR_ERR_OPERATION_INVALID, guest.domain().pMWakeup)


@test
def keys_are_pressed_in_an_hvm_guest():
    shared().virsh("create", shared().file("hvm.xml", HVM))
    domain = connection(shared()).lookupByName("hvm")
    for arguments, told in ((("KEY_LEFTCTRL", "KEY_LEFTALT", "KEY_DELETE"), "sendkey 0x1d-0x38-0xd3"),
                            (("--codeset", "qnum", "0xdb"), "sendkey 0xdb"),
                            (("--codeset", "atset1", "0x1d", "0xe05b"), "sendkey 0x1d-0xdb"),
                            (("--holdtime", "700", "KEY_A", "KEY_F12"), "sendkey 0x1e-0x58 700")):
        shared().virsh("send-key", "hvm", *arguments)
        expect_equal(last_told(), told)
    domain.sendKey(libvirt.VIR_KEYCODE_SET_LINUX, 2 ** 31 - 1, [1] * 16, 16)
    expect_equal(last_told(), "sendkey " + "-".join(["0x01"] * 16) + " 2147483647")
    for codeset, keys, flags in ((0, [0], 0), (0, [84], 0), (0, [767], 0), (0, [2 ** 32 - 1], 0), (9, [0], 0),
                                 (9, [256], 0), (2, [0xe100], 0), (2, [0x80], 0), (0, [30], UNKNOWN)):
        fails(libvirt.VIR_ERR_INVALID_ARG, domain.sendKey, codeset, 0, keys, len(keys), flags)
    fails(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, domain.sendKey, libvirt.VIR_KEYCODE_SET_USB, 0, [4], 1)
    shared().ctl("fail", "tell_qemu", "1")
    fails(libvirt.VIR_ERR_INTERNAL_ERROR, domain.sendKey, 0, 0, [30], 1)
    shared().virsh("destroy", "hvm")


@test
def a_guest_without_a_keyboard_takes_no_keys():
    with Guest(shared(), "no-keys") as guest:
        fails(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, guest.domain().sendKey, 0, 0, [30], 1)
        shared().virsh("destroy", "no-keys")
        fails(libvirt.VIR_ERR_OPERATION_INVALID, guest.domain().sendKey, 0, 0, [30], 1)


@test
def any_guest_takes_an_nmi():
    with Guest(shared(), "hung") as guest:
        shared().virsh("inject-nmi", "hung")
        expect_equal(last_told(), "nmi")
        fails(libvirt.VIR_ERR_INVALID_ARG, guest.domain().injectNMI, UNKNOWN)
        shared().virsh("destroy", "hung")
        fails(libvirt.VIR_ERR_OPERATION_INVALID, guest.domain().injectNMI)


def state_files():
    return sorted(os.listdir(shared().path("run/libvirt/libxl")))


@test
def the_screen_is_a_picture():
    shared().virsh("create", shared().file("hvm.xml", HVM))
    before, path = state_files(), shared().path("picture.ppm")
    shared().virsh("screenshot", "hvm", path)
    with open(path, "rb") as picture:
        expect_equal(picture.read(), PICTURE)
    expect_equal(state_files(), before)
    host = connection(shared())
    stream = host.newStream()
    expect_equal(host.lookupByName("hvm").screenshot(stream, 0), "image/x-portable-pixmap")
    stream.abort()
    shared().virsh("destroy", "hvm")


@test
def a_pv_guest_with_graphics_has_a_keyboard_and_a_screen():
    xml = domain_xml("desktop", devices="<graphics type='vnc' autoport='yes'/>")
    shared().virsh("create", shared().file("desktop.xml", xml))
    shared().virsh("send-key", "desktop", "KEY_A")
    expect_equal(last_told(), "sendkey 0x1e")
    path = shared().path("desktop.ppm")
    shared().virsh("screenshot", "desktop", path)
    with open(path, "rb") as picture:
        expect_equal(picture.read(), PICTURE)
    shared().virsh("destroy", "desktop")


@test
def what_has_no_picture():
    shared().virsh("create", shared().file("hvm.xml", HVM))
    host = connection(shared())
    domain = host.lookupByName("hvm")
    before = state_files()
    for code, screen, flags in ((libvirt.VIR_ERR_INVALID_ARG, 1, 0), (libvirt.VIR_ERR_INVALID_ARG, 0, UNKNOWN)):
        fails(code, domain.screenshot, host.newStream(), screen, flags)
    shared().ctl("fail", "tell_qemu", "1")
    fails(libvirt.VIR_ERR_INTERNAL_ERROR, domain.screenshot, host.newStream(), 0)
    expect_equal(state_files(), before)
    shared().virsh("destroy", "hvm")
    with Guest(shared(), "blind"):
        fails(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, host.lookupByName("blind").screenshot, host.newStream(), 0)


run()
