# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest that is saved and restored, with the channels that it booted with and one that was
attached later."""

import contextlib
import glob
import os
import resource

import libvirt
from host import backend, clients, expect_equal, guests, wait_until, xen
from host.daemons import virtxld
from host.saved import BOOT, mark, remembers

IMAGE = "/var/tmp/saved.image"
FAILED = libvirt.VIR_ERR_OPERATION_FAILED


@contextlib.contextmanager
def shared():
    virtxld.start()
    with guests.running("saved", (BOOT,), cmdline="chan2=shell") as guest:
        mark(guest)
        yield guest
    backend.wait_until_it_keeps_nothing()
    if os.path.exists(IMAGE):
        os.remove(IMAGE)


def test_a_guest_is_saved_and_restored_with_its_channels(guest):
    domid = guest.id
    devids = xen.channel_nodes(domid)
    clients.virsh("save", guest.name, IMAGE)
    expect_equal(guest.state, "shut off")
    guests.assert_nothing_left(domid, [BOOT.path])
    clients.virsh("restore", IMAGE)
    expect_equal(guest.state, "running")
    expect_equal(xen.channel_nodes(guest.id), devids)
    os.remove(IMAGE)
    remembers(guest)


def test_a_managed_save_is_restored_by_a_start(guest):
    clients.virsh("managedsave", guest.name)
    expect_equal(guest.state, "shut off")
    clients.virsh("start", guest.name)
    remembers(guest)


def test_a_guest_whose_save_fails_goes_on(guest):
    """The image gets longer than the daemon's files may be."""
    limits = resource.prlimit(virtxld.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(virtxld.process.pid, resource.RLIMIT_FSIZE, (16 << 20, limits[1]))
    try:
        with clients.lookup(guest.name) as domain:
            assert clients.error_code(domain.save, IMAGE)
    finally:
        resource.prlimit(virtxld.process.pid, resource.RLIMIT_FSIZE, limits)
    expect_equal(glob.glob(IMAGE + "*"), [])
    expect_equal(guest.state, "running")
    remembers(guest)


def image_size():
    """Of the one that virtxld writes, which has no name before it is complete."""
    folder, size = "/proc/%d/fd" % virtxld.process.pid, 0
    for descriptor in os.listdir(folder):
        path = os.path.join(folder, descriptor)
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(path).startswith(os.path.dirname(IMAGE) + "/"):
                size += os.stat(path).st_size
    return size


def test_a_guest_goes_on_whose_save_the_daemon_did_not_live_to_end(guest):
    domid = guest.id
    save = clients.virsh_begins("save", guest.name, IMAGE)
    wait_until(lambda: image_size() > 4 << 20, "a part of the image")
    virtxld.kill()
    assert save.wait(60), "the save succeeds"
    virtxld.start()
    wait_until(lambda: guest.state == "running", "running")
    expect_equal(guest.id, domid)
    remembers(guest)
    for path in glob.glob(IMAGE + "*"):
        os.remove(path)


def test_a_stream_that_is_cut_leaves_no_domain(guest):
    clients.virsh("save", guest.name, IMAGE)
    size = os.path.getsize(IMAGE) // 2
    os.truncate(IMAGE, size)
    with contextlib.closing(clients.connect()) as host:
        assert clients.error_code(host.restore, IMAGE)
        expect_equal(os.path.getsize(IMAGE), size)
        expect_equal(guest.state, "shut off")
        assert guest.name not in xen.xl_domains()
        os.truncate(IMAGE, 32)
        expect_equal(clients.error_code(host.restore, IMAGE), FAILED)
