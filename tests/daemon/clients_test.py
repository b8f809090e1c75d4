#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clients that Debian has, unmodified: virt-install and virt-xml, Sys::Virt, libvirt-dbus, a
Prometheus exporter and a client in Go."""

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

from fixture import PATIENCE, domain_xml, expect_equal, expect_in, run, shared, test, wait_for

CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clients")
DISK = ("<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/data.img'/>"
        "<target dev='xvdb' bus='xen'/></disk>")


def client(*command, **environment):
    """What it prints; it must succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=4 * PATIENCE,
                          env={**os.environ, "HOME": shared().root, "LC_ALL": "C", **environment}, check=False)
    assert done.returncode == 0, "%s: %s%s" % (" ".join(command), done.stdout, done.stderr)
    return done.stdout


def description(name, *flags):
    return ElementTree.fromstring(shared().virsh("dumpxml", name, *flags))


@test
def virt_install_imports_a_disk():
    out = client("virt-install", "--connect", shared().uri(), "--name", "imported", "--memory", "128", "--vcpus", "1",
                 "--import", "--paravirt", "--boot", "kernel=/boot/guest-kernel", "--disk", "/dev/null,driver.name=phy",
                 "--network", "bridge=xenbr0", "--graphics", "none", "--osinfo", "detect=off,require=off",
                 "--channel", "unix,target.type=virtio,target.name=org.qemu.guest_agent.0", "--noautoconsole")
    expect_in("Domain creation completed", out)
    expect_equal(shared().state("imported"), "running")
    for flags in ((), ("--inactive",)):
        root = description("imported", *flags)
        expect_equal(root.find("devices/disk/target").get("dev"), "xvda")
        expect_equal(root.find("devices/interface/source").get("bridge"), "xenbr0")
        expect_equal(root.find("devices/channel/target").get("name"), "org.qemu.guest_agent.0")


@test
def virt_install_takes_an_image_that_the_xml_names():
    image = shared().file("guest.img", "")
    client("virt-install", "--connect", shared().uri(), "--name", "image", "--memory", "128", "--import", "--paravirt",
           "--boot", "kernel=/boot/guest-kernel", "--network", "none", "--graphics", "none", "--noautoconsole",
           "--osinfo", "detect=on,require=off",
           "--disk", "/dev/zero,driver.name=qemu,driver.type=raw", "--xml", "./devices/disk/source/@file=" + image)
    expect_equal(description("image").find("devices/disk/source").get("file"), image)
    shared().remove("image")


def virt_xml(*arguments):
    return client("virt-xml", "--connect", shared().uri(), "imported", *arguments)


@test
def virt_xml_edits_the_definition():
    virt_xml("--edit", "--metadata", "description=Tea")
    expect_equal(description("imported", "--inactive").find("description").text, "Tea")
    assert description("imported").find("description") is None


@test
def virt_xml_plugs_and_unplugs():
    expect_in("hotplug successful", virt_xml("--add-device", "--disk", "/dev/null,target.dev=xvdz", "--update"))
    for flags in ((), ("--inactive",)):
        expect_equal([target.get("dev") for target in description("imported", *flags).iterfind("devices/disk/target")],
                     ["xvda", "xvdz"])
    expect_in("hotunplug successful", virt_xml("--remove-device", "--network", "1", "--update"))
    for flags in ((), ("--inactive",)):
        assert description("imported", *flags).find("devices/interface") is None


def session_files(name):
    return (name, shared().file(name + ".xml", domain_xml(name)), shared().file("disk.xml", DISK))


@test
def perl_has_a_domain_through_its_life():
    expect_equal(client("perl", os.path.join(CLIENTS, "session.pl"), shared().uri(), *session_files("perl")), "done\n")


@test
def libvirt_dbus_has_a_domain_through_its_life():
    shared().remove("imported")
    script = os.path.join(CLIENTS, "session_dbus.py")
    expect_equal(client("unshare", "--mount", "--map-root-user", sys.executable, script,
                        os.path.dirname(shared().socket), *session_files("bus")), "done\n")


@test
def go_has_a_domain_through_its_life():
    """It is another implementation of the protocol, not libvirt's library."""
    shared().remove("imported")
    program = shared().path("go-session")
    client("go", "build", "-o", program, os.path.join(CLIENTS, "session.go"), GO111MODULE="off",
           GOPATH="/usr/share/gocode", GOCACHE=shared().path("go-cache"), GOFLAGS="")
    expect_equal(client(program, shared().socket, *session_files("gopher")), "done\n")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def metrics(port):
    try:
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=PATIENCE) as answer:
            return answer.read().decode()
    except urllib.error.URLError:  # it does not listen yet
        return ""


@test
def an_exporter_reads_through_the_readonly_socket():
    shared().running("measured")
    port = free_port()
    process = subprocess.Popen(
        ["prometheus-libvirt-exporter", "--web.listen-address=127.0.0.1:%d" % port,
         "--libvirt.uri=" + shared().uri(readonly=True)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        text = wait_for("metrics", lambda: metrics(port))
    finally:
        process.kill()
        process.wait(PATIENCE)
    expect_equal(re.findall(r"^libvirt_up (\d)$", text, re.M), ["1"])
    expect_in('domain="measured"', text)


run()
