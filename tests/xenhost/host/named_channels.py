# SPDX-License-Identifier: LGPL-2.1-or-later
"""Channels that a guest knows by name: looked at through the shell on its channel "control"."""

import contextlib
import tempfile

from . import clients, expect_equal, guests, wait_until

CONTROL = guests.unix_channel("control", program=None)
FOLDERS = ("/dev/xen-channel", "/dev/virtio-ports")


def in_guest(guest, command, seconds=120):
    with guest.shell(CONTROL.name) as shell:
        return shell.ask(command, seconds)


def wait_in_guest(guest, condition, seconds=120):
    wait_until(lambda: in_guest(guest, condition + " && echo true") == "true", condition, seconds)


def attach(guest, channel):
    _change(guest, "attach-device", channel)


def detach(guest, channel):
    _change(guest, "detach-device", channel)


def _change(guest, verb, channel):
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(channel.xml())
        file.flush()
        clients.virsh(verb, guest.name, file.name, "--live")


@contextlib.contextmanager
def attached(guest, channel):
    """Its links are there meanwhile, and are gone afterwards."""
    attach(guest, channel)
    wait_for_link(guest, channel)
    yield
    detach(guest, channel)
    wait_for_no_link(guest, channel)


def wait_for_link(guest, channel):
    wait_in_guest(guest, " && ".join("[ -e %s/%s ]" % (folder, channel.name) for folder in FOLDERS))


def wait_for_no_link(guest, channel):
    wait_in_guest(guest, " && ".join("[ ! -L %s/%s ]" % (folder, channel.name) for folder in FOLDERS))


def links(guest):
    """name -> terminal. Both folders have the same."""
    listing = "cd %s && for link in *; do echo $link $(readlink -f $link); done"
    first, second = (in_guest(guest, listing % folder).splitlines() for folder in FOLDERS)
    expect_equal(first, second)
    return dict(line.split() for line in first)
