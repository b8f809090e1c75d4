# SPDX-License-Identifier: LGPL-2.1-or-later
"""Settings of the driver, hooks and logs, where they meet Xen."""

import contextlib
import os
import re

import libvirt

from host import clients, expect_equal, guests, wait_until, xen
from host.daemons import virtxld

SETTINGS = "/etc/libvirt/libxl.conf"
HOOK = "/etc/libvirt/hooks/libxl"
CALLS = "/run/hook-calls"
LOG = "/var/log/libvirt/libxl/%s.log"
# More than is free by so much: what Domain-0 has to give back.
MISSING = 200


@contextlib.contextmanager
def file(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, mode)
    try:
        yield
    finally:
        os.unlink(path)


@contextlib.contextmanager
def running_daemon():
    virtxld.start()
    try:
        yield
    finally:
        virtxld.stop()


def free_memory():
    """MiB"""
    return int(re.search(r"^free_memory\s*: (\d+)", xen.run("xl", "info"), re.M).group(1))


def memory_of_domain_zero():
    """MiB"""
    return int(xen.run("xl", "list", "0").splitlines()[1].split()[2])


def log(name):
    with open(LOG % name) as text:
        return text.read()


def fails_to_start(guest):
    """The code of the error."""
    with clients.lookup(guest.name) as domain:
        return clients.error_code(domain.create)


def test_domain_zero_gives_back_memory_if_it_is_told_to():
    before = memory_of_domain_zero()
    try:
        with file(SETTINGS, "autoballoon = 1\n"), running_daemon():
            with guests.defined("large", kind="pvh", memory=free_memory() + MISSING) as guest:
                clients.virsh("start", "--paused", guest.name, seconds=600)
                given = before - memory_of_domain_zero()
                assert MISSING <= given < 3 * MISSING, given
    finally:
        xen.run("xl", "mem-set", "0", "%dm" % before)
        wait_until(lambda: memory_of_domain_zero() == before, "Domain-0 has its memory again")


def test_it_keeps_what_xens_command_line_says_it_has():
    before = memory_of_domain_zero()
    with running_daemon(), guests.defined("large", kind="pvh", memory=free_memory() + MISSING) as guest:
        expect_equal(fails_to_start(guest), libvirt.VIR_ERR_INTERNAL_ERROR)
        expect_equal(memory_of_domain_zero(), before)
        assert "did not start" in log("large")


def test_hooks_are_told_and_libxls_words_are_in_the_log():
    with file(HOOK, "#!/bin/sh\necho $2 >> %s\n" % CALLS, 0o755), running_daemon():
        with guests.running("hooked") as guest:
            guest.destroy()
            with open(CALLS) as calls:
                expect_equal(calls.read().split(), ["prepare", "start", "started", "stopped", "release"])
            os.unlink(CALLS)
    for words in ("domain 'hooked' is built", "has stopped: it was destroyed"):
        assert words in log("hooked"), log("hooked")


def test_what_libxl_complains_about_is_in_the_log_of_its_domain():
    with running_daemon(), guests.defined("broken") as guest:
        xml = clients.inactive_xml(guest.name).replace(guests.KERNEL, "/nowhere/kernel")
        guests.define(xml)
        expect_equal(fails_to_start(guest), libvirt.VIR_ERR_INTERNAL_ERROR)
        wait_until(lambda: "libxl: " in log("broken") and "/nowhere/kernel" in log("broken"), "libxl's words")
