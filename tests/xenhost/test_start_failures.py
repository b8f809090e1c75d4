# SPDX-License-Identifier: LGPL-2.1-or-later
"""A domain whose channel can't be made does not run, and leaves nothing."""

import contextlib
import os
import socket

from host import clients, expect_equal, guests, xen
from host.daemons import virtxld

GOOD = guests.unix_channel("good")


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield


def start_fails(path, word):
    """A start with a channel at the path fails with a message that has the word; all is as before."""
    bad = guests.ChannelSpec("bad", path=path)
    before = set(xen.xl_domains().values())
    with guests.defined("unstartable", (GOOD, bad)) as guest:
        try:
            clients.virsh("start", guest.name)
        except clients.VirshError as error:
            assert word in str(error), str(error)
        else:
            raise AssertionError("it started")
        expect_equal(guest.state, "shut off")
        assert guest.id is None
    expect_equal(set(xen.xl_domains().values()), before)
    assert not xen.all_qemu_processes(), xen.all_qemu_processes()
    assert not os.path.lexists(GOOD.path), "the other channel's socket is left"
    assert virtxld.is_alive()


def test_a_channel_in_a_folder_that_can_not_be_made():
    start_fails("/proc/nonexistent/channel", "/proc/nonexistent")


def test_a_channel_whose_path_is_a_folder():
    path = guests.socket_path("a-folder")
    os.makedirs(path, exist_ok=True)
    start_fails(path, path)
    assert os.path.isdir(path)


def test_a_channel_whose_path_is_a_file():
    path = guests.socket_path("a-file")
    with open(path, "w") as file:
        file.write("precious")
    start_fails(path, path)
    with open(path) as file:
        expect_equal(file.read(), "precious")


def test_a_channel_whose_path_is_a_socket_in_use():
    path = guests.socket_path("in-use")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        start_fails(path, path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
    os.unlink(path)


def test_a_stale_socket_is_replaced():
    path = guests.socket_path("stale")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
    channel = guests.ChannelSpec("stale", path=path)
    with guests.running("stale", (channel,)) as guest:
        with guest.shell(channel.name) as shell:
            expect_equal(shell.ask("echo hello"), "hello")


def test_a_failed_start_does_not_spoil_the_next():
    path = guests.socket_path("becomes-free")
    os.makedirs(path, exist_ok=True)
    channel = guests.ChannelSpec("becomes-free", path=path)
    with guests.defined("second-try", (channel,)) as guest:
        try:
            clients.virsh("start", guest.name)
            raise AssertionError("it started")
        except clients.VirshError:
            os.rmdir(path)
        clients.virsh("start", guest.name)
        expect_equal(guest.state, "running")
