# SPDX-License-Identifier: LGPL-2.1-or-later
"""PVH and HVM guests that are saved, restored and dumped, with their channels."""

import contextlib
import os

from host import backend, clients, expect_equal, guests
from host.daemons import virtxld
from host.saved import BOOT, mark, remembers

# A guest of these boots in tens of seconds. libxl dumps it by asking for each page up to the
# highest, of which there are a million with next to none behind them: minutes under emulation.
only_long = True
DUMP_SECONDS = 900
TEST_SECONDS = 2 * DUMP_SECONDS + 900

IMAGE = "/var/tmp/saved.image"
CORE = "/var/tmp/saved.core"
# A guest that is restored more than once: Linux 6.1 looks for its keyboard again and then fails
# to end an interrupt that the first restore has unmapped.
CMDLINE = "chan2=shell i8042.noaux i8042.nokbd"


@contextlib.contextmanager
def shared():
    virtxld.start()
    yield
    backend.wait_until_it_keeps_nothing()
    for path in (IMAGE, CORE):
        if os.path.exists(path):
            os.remove(path)


def is_saved_restored_and_dumped(kind):
    with guests.running("saved-" + kind, (BOOT,), kind=kind, cmdline=CMDLINE) as guest:
        mark(guest)
        clients.virsh("save", guest.name, IMAGE)
        expect_equal(guest.state, "shut off")
        clients.virsh("restore", IMAGE)
        remembers(guest)
        clients.virsh("managedsave", guest.name)
        clients.virsh("start", guest.name)
        remembers(guest)
        is_dumped(guest)
        remembers(guest)
        is_dumped(guest, "--crash")
        expect_equal(guest.state, "shut off")


def is_dumped(guest, *flags):
    clients.virsh("dump", guest.name, CORE, *flags, seconds=DUMP_SECONDS)
    with open(CORE, "rb") as core:
        expect_equal(core.read(4), b"\x7fELF")


def test_a_pvh_guest_is_saved_restored_and_dumped():
    is_saved_restored_and_dumped("pvh")


test_a_pvh_guest_is_saved_restored_and_dumped.seconds = TEST_SECONDS


def test_an_hvm_guest_is_saved_restored_and_dumped():
    is_saved_restored_and_dumped("hvm")


test_an_hvm_guest_is_saved_restored_and_dumped.seconds = TEST_SECONDS
