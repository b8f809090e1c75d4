#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The configuration file."""

import grp
import os
import stat
import subprocess

from fixture import (PATIENCE, Daemon, can_connect, expect_equal, expect_in, run, test,
                     unix_channel, wait_for)
from wire import GET_TYPE, Wire, type_of

DEFAULT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/daemon/virtxld.conf")


def refused(config, *words, driver_config=None):
    """The daemon does not start with it; one line says why."""
    daemon = Daemon(start=False, config=config, driver_config=driver_config)
    assert daemon.spawn().wait(PATIENCE) != 0, "it starts"
    lines = daemon.log().splitlines()
    expect_equal(len(lines), 1)
    for word in words:
        expect_in(word, lines[0])
    assert not os.path.exists(daemon.socket)


@test
def the_file_that_is_installed_changes_nothing():
    with open(DEFAULT) as file:
        daemon = Daemon(config=file.read())
    assert "warning" not in daemon.log()


@test
def every_setting_of_the_installed_file_is_known():
    with open(DEFAULT) as file:
        lines = [line for line in file if line.startswith("#") and " = " in line]
    text = "".join(line[1:] for line in lines if "unix_sock_" not in line)
    assert len(lines) > 10
    daemon = Daemon(config=text)
    assert "warning" not in daemon.log(), daemon.log()


@test
def an_unknown_setting_is_warned_about_by_file_line_and_name():
    daemon = Daemon(config="# first line\nmax_clients = 10\nfrobnicate = 1\n")
    expect_in("%s:3: unknown setting 'frobnicate'" % daemon.config_path, daemon.log())


@test
def a_setting_of_libvirts_that_means_nothing_here_is_accepted():
    daemon = Daemon(config='log_outputs = "1:stderr"\nmin_workers = 5\n'
                           'access_drivers = [ "nop" ]\n')
    assert "warning" not in daemon.log()


@test
def a_bad_value_is_named():
    refused("max_clients = 0\n", ":1:", "'max_clients'")
    refused("max_clients = -5\n", "'max_clients'")
    refused('\n\nmax_clients = "many"\n', ":3:", "'max_clients'")
    refused("log_level = 5\n", "'log_level'", "from 1 to 4")
    refused('unix_sock_rw_perms = "0999"\n', "'unix_sock_rw_perms'")
    refused("unix_sock_rw_perms = 0700\n", "'unix_sock_rw_perms'")
    refused('unix_sock_group = ""\n', "'unix_sock_group'")
    refused('unix_sock_dir = "relative"\n', "'unix_sock_dir'")
    refused("keepalive_interval = -2\n", "'keepalive_interval'")
    refused('channel_mode = "0680"\n', ":1:", "'channel_mode'")
    refused('channel_mode = "07777"\n', "'channel_mode'")
    refused("channel_mode = 432\n", "'channel_mode'")
    refused('channel_group = ""\n', "'channel_group'")


@test
def libvirts_settings_of_the_driver_are_known():
    daemon = Daemon(driver_config='autoballoon = 1\nkeepalive_interval = 5\nkeepalive_count = 5\n'
                                  'lock_manager = "nop"\nnested_hvm = 1\n')
    assert "warning" not in daemon.log()


@test
def locks_that_nobody_takes_are_not_promised():
    refused(None, "libxl.conf", "'lock_manager'", "nop", driver_config='lock_manager = "lockd"\n')


@test
def a_group_that_does_not_exist_is_named():
    for key in ("unix_sock_group", "channel_group"):
        for name in ("no-such-group", "-1", "4294967295"):
            refused('%s = "%s"\n' % (key, name), "virtxld.conf", "'%s'" % key, "'%s'" % name)


@test
def an_authentication_that_is_not_supported_is_not_ignored():
    refused('auth_unix_rw = "tls"\n', "'auth_unix_rw'", "none")
    refused('auth_unix_ro = "sasl"\n', "'auth_unix_ro'")
    refused('access_drivers = [ "polkit", "selinux" ]\n', "'access_drivers'", "polkit")
    refused('access_drivers = "polkit"\n', "'access_drivers'", "a list")


@test
def a_syntax_error_is_named_by_line():
    for text in ("max_clients 5\n", "max_clients =\n", "= 5\n", "max_clients = 5 6\n",
                 'log_outputs = [ "a"\n', 'unix_sock_dir = "never ends\n', "max_clients = 5 }\n",
                 "{", "max_clients = 1.5\n", "a = b\n"):
        refused(text, "virtxld.conf:")
    refused("max_clients\n\n\nlog_level = 2\n", "virtxld.conf:1: '='")
    refused('log_level = 2\nunix_sock_dir = "never ends\n\n', "virtxld.conf:2:")


@test
def minus_one_switches_keepalive_off():
    Daemon(config="keepalive_interval = -1\n")


@test
def lists_may_go_over_lines_and_comments_follow_values():
    daemon = Daemon(config="log_outputs = [ 'a', # first\n  \"b\",\n]\nmax_clients = 7 # few\n")
    assert "warning" not in daemon.log()


@test
def a_named_file_must_exist():
    daemon = Daemon(start=False, arguments=["--config", "/nonexistent.conf"])
    assert daemon.spawn().wait(PATIENCE) != 0
    expect_in("/nonexistent.conf", daemon.log())


@test
def a_named_file_is_read():
    daemon = Daemon(start=False)
    path = daemon.file("other.conf", "log_level = 4\n")
    daemon.arguments = ["--config", path]
    daemon.start()
    expect_equal(daemon.log(), "")


@test
def group_and_permissions_of_the_sockets():
    if os.getuid() != 0:
        return
    group = grp.getgrall()[-1]
    daemon = Daemon(config='unix_sock_group = "%s"\nunix_sock_rw_perms = "0770"\n'
                           'unix_sock_ro_perms = "0750"\n' % group.gr_name)
    for path, mode in ((daemon.socket, 0o770), (daemon.readonly_socket, 0o750)):
        status = os.stat(path)
        expect_equal((stat.S_IMODE(status.st_mode), status.st_gid), (mode, group.gr_gid))


def admitted(daemon, user, group):
    """Whether stock virsh gets in as that user, through a socket that all can open."""
    os.chmod(daemon.root, 0o755)
    done = subprocess.run(["setpriv", "--reuid", user, "--regid", group, "--clear-groups", "virsh",
                           "-c", "xen:///system?socket=" + daemon.socket, "hostname"],
                          capture_output=True, text=True, env=dict(os.environ, HOME="/"))
    assert done.returncode == 0 or "authentication" in done.stderr, done.stderr
    return done.returncode == 0


@test
def peer_credentials_admit_root_and_the_group_alone():
    if os.getuid() != 0:
        return
    daemon = Daemon(config='auth_unix_rw = "peercred"\nunix_sock_group = "games"\n'
                           'unix_sock_rw_perms = "0777"\n')
    assert admitted(daemon, "root", "root")
    assert admitted(daemon, "nobody", "games")
    assert not admitted(daemon, "nobody", "nogroup")


def channel_access(config=None):
    """Permissions and group of the channel's socket of a domain that was started."""
    daemon = Daemon(config=config)
    path = daemon.path("channel.sock")
    daemon.running("talker", devices=unix_channel(path, "a.channel"))
    status = os.stat(path)
    assert stat.S_ISSOCK(status.st_mode)
    return stat.S_IMODE(status.st_mode), status.st_gid


@test
def group_and_permissions_of_a_channels_socket():
    group = grp.getgrall()[-1] if os.getuid() == 0 else grp.getgrgid(os.getgid())
    config = 'channel_mode = "0606"\nchannel_group = "%s"\n'
    for name in (group.gr_name, group.gr_gid):
        expect_equal(channel_access(config % name), (0o606, group.gr_gid))


@test
def a_channels_group_by_a_number_without_a_name():
    if os.getuid() != 0:
        return
    expect_equal(channel_access('channel_group = "987654"\n'), (0o660, 987654))


@test
def a_channels_socket_without_settings():
    expect_equal(channel_access(), (0o660, os.getgid()))


@test
def the_directory_of_the_sockets():
    daemon = Daemon(start=False, config='unix_sock_dir = "/elsewhere"\n')
    daemon.socket = daemon.path("elsewhere/virtxend-sock")
    daemon.start()
    expect_equal(type_of(daemon.socket), "Xen")


@test
def the_directory_of_the_sockets_on_the_command_line():
    daemon = Daemon(start=False, config='unix_sock_dir = "/elsewhere"\n')
    daemon.socket = daemon.path("here/virtxend-sock")
    daemon.arguments = ["--socket-dir", daemon.path("here")]
    daemon.start()
    expect_equal(type_of(daemon.socket), "Xen")
    assert not os.path.exists(daemon.path("elsewhere"))


@test
def legacy_sockets_on_request():
    daemon = Daemon(config="legacy_sockets = 1\n")
    expect_equal(type_of(daemon.path("run/libvirt/libvirt-sock")), "Xen")
    with Wire(daemon.path("run/libvirt/libvirt-sock-ro")) as wire:
        expect_equal(wire.refused(11).code, 29)


@test
def no_legacy_sockets_by_default():
    daemon = Daemon()
    assert not can_connect(daemon.path("run/libvirt/libvirt-sock"))


@test
def max_clients_makes_newcomers_wait():
    daemon = Daemon(config="max_clients = 2\n")
    with Wire(daemon.socket) as first, Wire(daemon.socket):
        third = Wire(daemon.socket, opened=False)
        third.send_call(66)
        third.socket.settimeout(0.5)
        try:
            third.read_frame()
            raise AssertionError("the third is served")
        except TimeoutError:
            pass
        first.socket.close()
        third.socket.settimeout(PATIENCE)
        third.read_frame()
        third.socket.close()
    wait_for("room again", lambda: type_of(daemon.socket) == "Xen")


@test
def verbose_logs_everything():
    daemon = Daemon(config="log_level = 4\n", arguments=["--verbose"])
    with Wire(daemon.socket) as wire:
        wire.refused(8)
        wire.call(GET_TYPE)
    wait_for("a line for developers", lambda: "debug: " in daemon.log())


run()
