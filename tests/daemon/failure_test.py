#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whichever call of the host fails: nothing is left over, and what the daemon says is true.

For a domain with channels of several types, whoever serves them, that starts or stops.
Attach and detach are in hotplug_test.py, failures of one call in libxl_driver_test.c."""

import os

import libvirt

from fixture import Daemon, expect_equal, run, test, unix_channel, wait_for
from guests import Guest, channel, fail_at_each_call

BACKENDS = ("virtxl", "libxl")


def daemon_with(backend):
    return Daemon(driver_config='channel_backend = "%s"\n' % backend)


def devices(daemon):
    return (unix_channel(daemon.path("a.sock"), "given") + channel("automatic") + channel("terminal", kind="pty") +
            channel("file", "<source path='%s'/>" % daemon.path("out"), "file"))


def assert_nothing_left(daemon, guest):
    expect_equal(daemon.state(guest.name), "shut off")
    expect_equal(guest.on_host(), [])
    assert not os.path.exists(daemon.path("run/libvirt/libxl/%s.xml" % guest.name))
    assert not os.path.lexists(daemon.path("a.sock"))
    expect_equal(os.listdir(daemon.path("run/libvirt/libxl/channel")), [])
    wait_for("no hold", lambda: os.listdir(daemon.path("run/virtxl/channeld")) == [])


def assert_works(guest):
    guest.assert_truth(["automatic", "file", "given", "terminal"])
    guest.both_ways("given")
    guest.both_ways("automatic")


def a_start_that_fails_at_any_call_leaves_nothing(backend):
    daemon = daemon_with(backend)
    with Guest(daemon, "unlucky", devices(daemon), start=None) as guest:
        domain = guest.domain()
        for succeeded in fail_at_each_call(daemon, domain.create):
            daemon.ctl("reset")
            if succeeded:
                assert_works(guest)
                domain.destroy()
            assert_nothing_left(daemon, guest)
        domain.create()
        assert_works(guest)


def a_stop_that_fails_at_any_call_can_be_done_again(backend):
    daemon = daemon_with(backend)
    with Guest(daemon, "tough", devices(daemon)) as guest:
        domain = guest.domain()
        for succeeded in fail_at_each_call(daemon, domain.destroy):
            daemon.ctl("reset")
            if not succeeded:
                assert_works(guest)
                domain.destroy()
            assert_nothing_left(daemon, guest)
            domain.create()


def a_reboot_that_fails_at_any_call_ends_in_one_piece(backend):
    """The guest runs again, with all its channels, or has stopped, and can be removed. Each is
    another domain: one that reboots too often has to wait."""
    daemon = daemon_with(backend)
    guests = [Guest(daemon, "restless", devices(daemon))]

    def reboot():
        guest = guests[-1]
        before = guest.domain().ID()
        daemon.ctl("guest", guest.name, "reboot")
        wait_for("an end", lambda: daemon.state(guest.name) == "in shutdown" or guest.domain().ID() != before)
        if daemon.state(guest.name) != "running":
            raise libvirt.libvirtError("it does not run")

    for succeeded in fail_at_each_call(daemon, reboot):
        daemon.ctl("reset")
        guest = guests[-1]
        if succeeded:
            assert_works(guest)
        if daemon.state(guest.name) != "shut off":
            guest.domain().destroy()
        assert_nothing_left(daemon, guest)
        guests.append(Guest(daemon, "restless-%d" % len(guests), devices(daemon)))


for backend in BACKENDS:
    for function in (a_start_that_fails_at_any_call_leaves_nothing, a_stop_that_fails_at_any_call_can_be_done_again,
                     a_reboot_that_fails_at_any_call_ends_in_one_piece):
        def with_backend(function=function, backend=backend):
            function(backend)
        with_backend.__name__ = "%s_with_channels_of_%s" % (function.__name__, backend)
        test(with_backend)

run()
