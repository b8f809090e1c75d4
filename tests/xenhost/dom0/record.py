#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in dom0: puts definitions through the stock libvirt Xen driver.

For each IN/NAME.xml, in OUT:

    NAME.out.xml    the inactive definition, with what is secret, if it was accepted
    NAME.err        else, or if the start failed: what failed, the error's code, its text
    NAME.json       with --start: the libxl_domain_config that the driver made of it
    NAME.cfg        xl.cfg of it, and
    NAME.back.xml   the definition that comes back from that
    NAME.cfg.err    in place of the first of these two that failed

and for each IN/NAME.cfg

    NAME.xml        the definition that domxml-from-native makes of it, with what is secret, and
    NAME.out.cfg    xl.cfg of that, or
    NAME.err        in place of the first of the two that failed, as above

A start is a paused one. Kernels, disks and bridges that a definition names and
that this host has not got are made up first, so that any fixture can start. A
definition that ends libvirtd has the error of a lost connection; whatever it leaves
is removed before the next one.
"""

import argparse
import glob
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import libvirt

URI = "xen:///system?socket=/run/libvirt/libvirt-sock"
LOGS = "/var/log/libvirt/libxl/%s.log"
LAB = "/usr/lib/virtxl-lab/"
XL = "xen-xl"


def connect():
    """Connects to libvirtd, started if need be."""
    libvirt.registerErrorHandler(lambda *_: None, None)
    for attempt in range(60):
        try:
            return libvirt.open(URI)
        except libvirt.libvirtError:
            if attempt == 0:
                subprocess.run(["libvirtd", "--daemon"], check=True)
            time.sleep(0.5)
    sys.exit("libvirtd does not answer")


class Recorder:
    def __init__(self, connection, out, start):
        self.connection = connection
        self.out = out
        self.start = start
        self.name = None

    def record(self, path):
        """Records one input; returns what came out, for the progress line."""
        self._survive()
        self.name, ending = os.path.splitext(os.path.basename(path))
        with open(path) as file:
            text = file.read()
        if ending == ".cfg":
            return self._record_conversion((self._from_xl, "xml"), (self._to_xl, "out.cfg"), "err", text)
        conversion = self._record_conversion((self._to_xl, "cfg"), (self._from_xl, "back.xml"), "cfg.err", text)
        self._survive()
        return "%s; %s" % (conversion, self._record_definition(text))

    def _survive(self):
        """Goes on if libvirtd has ended, without what it was at."""
        if self.connection.isAlive():
            return
        self.connection = connect()
        for domain in self.connection.listAllDomains():
            remove(domain)
        for domid in re.findall(r"^\S+ +([1-9]\d*) ", subprocess.check_output(["xl", "list"], text=True), re.MULTILINE):
            subprocess.run(["xl", "destroy", domid], check=False)

    def _record_conversion(self, there, back, refusal, text):
        """Converts @text and back again: pairs of a function and the ending of its record."""
        try:
            for convert, ending in (there, back):
                text = convert(text)
                self._write(ending, text)
        except libvirt.libvirtError as error:
            return self._record_error("conversion", error, refusal)
        return "converted"

    def _to_xl(self, text):
        return self.connection.domainXMLToNative(XL, text)

    def _from_xl(self, text):
        return self.connection.domainXMLFromNative(XL, text)

    def _record_definition(self, text):
        try:
            domain = self.connection.defineXML(text)
        except libvirt.libvirtError as error:
            return self._record_error("define", error)
        try:
            flags = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
            self._write("out.xml", domain.XMLDesc(flags))
            return self._record_start(domain, text) if self.start else "defined"
        finally:
            remove(domain)

    def _record_start(self, domain, text):
        make_up(text)
        log = LOGS % domain.name()
        before = os.path.getsize(log) if os.path.exists(log) else 0
        try:
            start_paused(domain)
        except libvirt.libvirtError as error:
            return self._record_error("start", error)
        configuration = logged_configuration(log, before)
        if configuration is None:
            return "started, but the log has no configuration"
        self._write("json", json.dumps(configuration, indent=4) + "\n")
        return "started"

    def _record_error(self, what, error, ending="err"):
        self._write(ending, "%s\n%d\n%s\n" % (what, error.get_error_code(), error.get_error_message()))
        return "%s refused: %d %s" % (what, error.get_error_code(), error.get_error_message())

    def _write(self, ending, text):
        with open(os.path.join(self.out, "%s.%s" % (self.name, ending)), "w") as file:
            file.write(text)


def start_paused(domain):
    """On a busy machine libxl may give up waiting for QEMU: what it refuses is tried again."""
    try:
        domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_INTERNAL_ERROR or not domain.connect().isAlive():
            raise
        domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)


def remove(domain):
    try:
        if domain.isActive():
            domain.destroy()
        domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
    except libvirt.libvirtError as error:
        print("# %s can't be removed: %s" % (domain.name(), error))


def make_up(text):
    """Makes what the definition names and the host has not got."""
    root = ElementTree.fromstring(text)
    for tag, real in (("kernel", "guest-kernel"), ("initrd", "guest-initramfs")):
        for element in root.iterfind("os/" + tag):
            make_link(element.text, LAB + real)
    for element in root.iterfind("os/loader"):
        make_link(element.text, "/usr/lib/xen-4.17/boot/hvmloader")
    for element in root.iterfind("devices/disk/source"):
        make_disk(element.get("file"))
    for element in root.iterfind("devices/interface/source"):
        make_bridge(element.get("bridge"))


def make_link(path, real):
    path = (path or "").strip()
    if path.startswith("/") and not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(real, path)


def make_disk(path):
    if path and not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.truncate(1 << 20)


def make_bridge(name):
    if name and re.fullmatch("[A-Za-z0-9_.-]{1,15}", name) and not os.path.exists("/sys/class/net/" + name):
        subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=False)
        subprocess.run(["ip", "link", "set", name, "up"], check=False)


def logged_configuration(path, offset):
    """The JSON object that the driver logged at start."""
    with open(path) as file:
        file.seek(offset)
        text = file.read()
    begin = re.search(r"^\{|libxl_domain_config: *\{|\{$", text, re.MULTILINE)
    if begin is None:
        return None
    return json.JSONDecoder().raw_decode(text[text.index("{", begin.start()):])[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--start", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    recorder = Recorder(connect(), options.out, options.start)
    inputs = [path for ending in ("xml", "cfg") for path in glob.glob(os.path.join(options.folder, "*." + ending))]
    for path in sorted(inputs):
        print("%s: %s" % (os.path.basename(path), recorder.record(path)), flush=True)


main()
