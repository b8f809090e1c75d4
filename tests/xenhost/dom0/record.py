#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs in dom0: puts definitions through the stock libvirt Xen driver.

For each IN/NAME.xml, in OUT:

    NAME.out.xml    the inactive definition, with what is secret, if it was accepted
    NAME.err        else, or if it can't be started: what failed, the error's code, its text
    NAME.json       with --start: the libxl_domain_config that the driver gives to libxl
    NAME.cfg        xl.cfg of it, and
    NAME.back.xml   the definition that comes back from that
    NAME.cfg.err    in place of the first of these two that failed

and for each IN/NAME.cfg

    NAME.xml        the definition that domxml-from-native makes of it, with what is secret, and
    NAME.out.cfg    xl.cfg of that, or
    NAME.err        in place of the first of the two that failed, as above

Nothing is really started: libxl is not asked, as the driver's work has been done then
(record_config.c). A definition that ends libvirtd, or keeps it busy for a minute, has the
error of a lost connection.
"""

import argparse
import contextlib
import glob
import json
import os
import subprocess
import sys
import threading
import time

import libvirt

URI = "xen:///system?socket=/run/libvirt/libvirt-sock"
CONFIG = "/run/virtxl-record.json"
XL = "xen-xl"
PATIENCE_S = 60


def connect(preload):
    """Connects to libvirtd, started if need be, with @preload in it."""
    environment = dict(os.environ, LD_PRELOAD=preload, VIRTXL_RECORD_CONFIG=CONFIG) if preload else None
    libvirt.registerErrorHandler(lambda *_: None, None)
    for attempt in range(60):
        try:
            return libvirt.open(URI)
        except libvirt.libvirtError:
            if attempt == 0:
                subprocess.run(["libvirtd", "--daemon"], check=True, env=environment)
            time.sleep(0.5)
    sys.exit("libvirtd does not answer")


class Recorder:
    def __init__(self, out, preload):
        self.connection = connect(preload)
        self.out = out
        self.preload = preload
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
        patience = threading.Timer(PATIENCE_S, subprocess.run, [["pkill", "-KILL", "-x", "libvirtd"]])
        patience.start()
        try:
            return "%s; %s" % (conversion, self._record_definition(text))
        finally:
            patience.cancel()

    def _survive(self):
        """Goes on if libvirtd has ended, without what it was at."""
        if self.connection.isAlive():
            return
        for left in glob.glob("/etc/libvirt/libxl/*.xml") + glob.glob("/run/libvirt/libxl/*.xml"):
            os.remove(left)
        self.connection = connect(self.preload)

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
            return self._record_start(domain) if self.preload else "defined"
        finally:
            if self.connection.isAlive():
                domain.undefine()

    def _record_start(self, domain):
        with contextlib.suppress(FileNotFoundError):
            os.remove(CONFIG)
        try:
            domain.create()
        except libvirt.libvirtError as error:
            if not os.path.exists(CONFIG):
                return self._record_error("start", error)
        with open(CONFIG) as file:
            self._write("json", json.dumps(json.load(file), indent=4) + "\n")
        return "configured"

    def _record_error(self, what, error, ending="err"):
        self._write(ending, "%s\n%d\n%s\n" % (what, error.get_error_code(), error.get_error_message()))
        return "%s refused: %d %s" % (what, error.get_error_code(), error.get_error_message())

    def _write(self, ending, text):
        with open(os.path.join(self.out, "%s.%s" % (self.name, ending)), "w") as file:
            file.write(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--start", metavar="LIBRARY", help="record_config.c, compiled")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    recorder = Recorder(options.out, options.start)
    inputs = [path for ending in ("xml", "cfg") for path in glob.glob(os.path.join(options.folder, "*." + ending))]
    for path in sorted(inputs):
        print("%s: %s" % (os.path.basename(path), recorder.record(path)), flush=True)


main()
