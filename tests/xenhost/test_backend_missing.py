# SPDX-License-Identifier: LGPL-2.1-or-later
"""A domain whose channels nobody would serve does not start, and leaves nothing."""

import contextlib
import os

import libvirt

from host import clients, expect_equal, guests, wait_until, xen
from host.daemons import channeld, virtxld

CHANNEL = guests.unix_channel("needs-a-backend")


@contextlib.contextmanager
def shared():
    virtxld.start(alone=True)
    yield


def test_a_start_fails_with_an_error_that_says_how_to_start_the_backend():
    with guests.defined("unserved", (CHANNEL,)) as guest:
        try:
            clients.virsh("start", guest.name)
        except clients.VirshError as error:
            assert "virtxl-channeld" in str(error) and "start" in str(error), str(error)
        else:
            raise AssertionError("it started")
        expect_equal(guest.state, "shut off")
        expect_equal(xen.xl_domains(), {})
        expect_equal([path for path in xen.paths() if "console/1" in path or "unserved" in path], [])
        assert not os.path.lexists(CHANNEL.path)


def test_the_error_has_a_code_that_programs_know():
    connection = clients.connect()
    xml = guests.definition("unserved-transient", (CHANNEL,))
    expect_equal(clients.error_code(connection.createXML, xml), libvirt.VIR_ERR_OPERATION_FAILED)
    assert not clients.exists("unserved-transient")


def test_a_domain_without_channels_starts_all_the_same():
    with guests.running("no-channels") as guest:
        expect_equal(guest.state, "running")


def test_the_same_domain_starts_once_the_backend_is_there():
    with guests.defined("served-later", (CHANNEL,)) as guest:
        channeld.start()
        clients.virsh("start", guest.name)
        with guest.shell(CHANNEL.name) as shell:
            expect_equal(shell.ask("echo hello"), "hello")
        channeld.stop()


def test_a_backend_that_dies_during_a_start_fails_it_or_serves_it_later():
    channeld.start()
    with guests.defined("dies-at-start", (CHANNEL,)) as guest:
        channeld.process.kill()
        try:
            clients.virsh("start", guest.name)
        except clients.VirshError:
            expect_equal(guest.state, "shut off")
            wait_until(lambda: not xen.xl_domains(), "nothing is left")
        channeld.process.wait()
        channeld.start()
        if guest.state == "shut off":
            clients.virsh("start", guest.name)
        guest.shell(CHANNEL.name).close()
