# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest that attacks its own ring and keys (guest/attack.c) harms its own channel
only: the backend lives, and the neighbour's bytes come back about as fast as before."""

import contextlib
import time

from host import backend, clients, expect_equal, guests, in_long_runs, wait_until, xen
from host.daemons import channeld, virtxld

CONTROL = guests.unix_channel("attacker-control")
TARGET = guests.unix_channel("target", program=None)
NEIGHBOUR_CONTROL = guests.unix_channel("neighbour-control")
ECHO = guests.unix_channel("neighbour-echo", program="echo")
DEVID = 2
SECONDS = 12
ROUND_TRIPS = 150
# Of the medians. All share two emulated processors: this is far below what a wedged backend
# makes of it, and far above chance.
SLOWER_AT_MOST = 8


@contextlib.contextmanager
def shared():
    virtxld.start()
    attacker = ("attacker", (CONTROL, TARGET))
    neighbour = ("neighbour", (NEIGHBOUR_CONTROL, ECHO))
    with guests.running(*attacker, vcpus=2) as evil, guests.running(*neighbour) as good:
        with good.shell(NEIGHBOUR_CONTROL.name) as shell:
            good.wait_until_raw(shell, (ECHO.name,))
        with evil.shell(CONTROL.name) as shell:
            before = busy_latency(shell, good)
        yield evil, good, before
    backend.wait_until_it_keeps_nothing()


def latency_ms(good):
    with good.connect(ECHO.name) as client:
        return backend.round_trip_ms(client, ROUND_TRIPS)


def busy_latency(shell, good):
    """With an attacker that only uses its processors: they are the neighbour's, too."""
    shell.ask("for i in 1 2; do while :; do :; done & busy=\"$busy $!\"; done")
    try:
        return latency_ms(good)
    finally:
        shell.ask("kill $busy", 120)


def attack(shared_value, kind, seconds=SECONDS):
    """Returns what the attacker says of it."""
    evil, good, before = shared_value
    pid, used = channeld.process.pid, backend.processor_seconds(channeld.process.pid)
    with evil.shell(CONTROL.name) as shell:
        begin = time.monotonic()
        shell.send(b"/attack %d %s %d; echo attack-$((1+1))\n" % (DEVID, kind.encode(), seconds))
        during = latency_ms(good)
        output = shell.expect("attack-2", 240).decode(errors="replace")
        used = (backend.processor_seconds(pid) - used) / (time.monotonic() - begin)
    print("# xenhost: %s: neighbour's round trip %.1f ms, before %.1f ms; backend uses %.0f %% of a processor"
          % (kind, during, before, used * 100), flush=True)
    assert channeld.is_alive() and channeld.process.pid == pid, channeld.last_words()
    assert during < SLOWER_AT_MOST * before, "%.1f ms, before %.1f ms" % (during, before)
    return output


def comes_back(evil):
    """The attacker becomes honest: its kernel's driver and the channel work again.

    A driver that finds the backend at Closing, which was meant for the attacker, closes, too: so it
    gets a second chance.
    """
    with evil.shell(CONTROL.name) as shell:
        shell.ask("/attack %d release 0; sleep 5" % DEVID)
        if backend.row(evil, TARGET.name)["frontend_state"] != 4:
            shell.ask("/attack %d take 0; sleep 2; /attack %d release 0" % (DEVID, DEVID), 60)
        wait_until(lambda: backend.row(evil, TARGET.name)["frontend_state"] == 4, "connected", 60)
        # After all that its terminal may have another number.
        shell.ask("for t in 2 3 4 5 6 7; do stty raw -echo -F /dev/hvc$t && break; done; "
                  "cat </dev/hvc$t >/dev/hvc$t & served=$!; sleep 1; stty raw -echo -F /dev/hvc$t")
        with evil.connect(TARGET.name) as client:
            while not client.is_silent():
                client.received = b""
            client.answers("honest")
        shell.ask("kill $served")


def attacked_and_back(shared_value, kind):
    output = attack(shared_value, kind)
    assert "connected: yes" in output, output
    comes_back(shared_value[0])


@in_long_runs
def test_a_storm_of_events(both):
    attacked_and_back(both, "events")


def test_states_at_full_speed(both):
    attacked_and_back(both, "states")


# After these the guest's own driver does not always find its way back.


def attacked(shared_value, kind):
    output = attack(shared_value, kind)
    assert "connected: yes" in output, output
    with shared_value[0].shell(CONTROL.name) as shell:
        expect_equal(shell.ask("echo hello"), "hello")


def test_impossible_indices(both):
    attacked(both, "indices")


def test_rings_and_ports_that_are_none(both):
    attacked(both, "garbage")


@in_long_runs
def test_a_guest_that_fills_its_quota_of_xenstore(both):
    evil, good, _ = both
    output = attack(both, "quota", 30)
    expect_equal(output.count("refused"), 2)
    later = guests.unix_channel("started-meanwhile")
    with guests.running("started-meanwhile", (later,)) as guest:
        guest.shell(later.name).close()
    for guest, channel in ((good, NEIGHBOUR_CONTROL), (evil, CONTROL)):
        with guest.shell(channel.name) as shell:
            expect_equal(shell.ask("echo hello"), "hello")


def test_keys_that_disappear(both):
    evil, good, _ = both
    attack(both, "keys")
    with good.shell(NEIGHBOUR_CONTROL.name) as shell:
        expect_equal(shell.ask("echo hello"), "hello")
    domid = evil.id
    clients.virsh("destroy", evil.name)
    guests.assert_nothing_left(domid, [CONTROL.path, TARGET.path])
    expect_equal(list(xen.xl_domains()), [good.name])


def test_a_guest_that_ends_in_the_middle_of_an_attack(both):
    control, target = guests.unix_channel("second-control"), guests.unix_channel("second-target", program=None)
    with guests.running("second-attacker", (control, target), vcpus=2) as evil:
        with evil.shell(control.name) as shell:
            shell.tell("/attack %d indices 600" % DEVID)
            domid = evil.id
            clients.virsh("destroy", evil.name)
        guests.assert_nothing_left(domid, [control.path, target.path])
    assert channeld.is_alive()
    assert latency_ms(both[1]) < SLOWER_AT_MOST * both[2]
