# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every kind of host's end that a channel can have, on two PV guests.

Each has a shell on its first channel and programs that echo on the others.
"""

import contextlib
import os
import pty
import socket
import stat
import struct
import tty

from host import backend, clients, expect_equal, guests, wait_until, xen
from host.channel import Channel
from host.daemons import virtxld

FOLDER = guests.SOCKETS
TCP, TELNET, TCP_OUT, UDP_IN, UDP_OUT = 4001, 4002, 4003, 4004, 4005
OLD = "what was there before\n"


def path(name):
    return guests.socket_path(name)


def connecting(attributes, protocol="", target="xen"):
    return ("<source mode='connect' %s><reconnect enabled='yes' timeout='1'/></source>%s" % (attributes, protocol))


def tcp(mode, port, protocol):
    return ("<source mode='%s' host='127.0.0.1' service='%d'/><protocol type='%s'/>" % (mode, port, protocol))


def channel(name, kind, source=None, program="echo", **options):
    return guests.ChannelSpec(name, kind, program=program, source=source, **options)


NET_CONTROL = guests.unix_channel("net-control")
UNIX_OUT = channel("unix-out", "unix", connecting("path='%s'" % path("outgoing")))
NET = (NET_CONTROL, UNIX_OUT,
       channel("tcp", "tcp", tcp("bind", TCP, "raw")),
       channel("telnet", "tcp", tcp("bind", TELNET, "telnet")),
       channel("tcp-out", "tcp", connecting("host='localhost' service='%d'" % TCP_OUT, "<protocol type='raw'/>")),
       channel("udp", "udp", "<source mode='bind' host='127.0.0.1' service='%d'/>"
                             "<source mode='connect' host='127.0.0.1' service='%d'/>" % (UDP_IN, UDP_OUT)))

FILES_CONTROL = guests.unix_channel("files-control")
FILE = channel("file", "file", "<source path='%s'/>" % path("file"), "hold")
APPENDED = channel("appended", "file", "<source path='%s' append='on'/>" % path("appended"), "hold")
PIPE = channel("pipe", "pipe", "<source path='%s'/>" % path("pipe"))
NULL = channel("null", "null", None, "hold")
PTY = channel("pty", "pty", "<log file='%s' append='on'/>" % path("pty.log"))


@contextlib.contextmanager
def shared():
    """The guests, and the terminal that stands for a serial port of the host."""
    virtxld.start()
    master, slave = pty.openpty()
    tty.setraw(slave)
    for name in ("file", "appended", "pty.log"):
        with open(path(name), "w") as file:
            file.write(OLD)
    for name in ("pipe.in", "pipe.out"):
        if not os.path.exists(path(name)):
            os.mkfifo(path(name))
    dev = channel("dev", "dev", "<source path='%s'/>" % os.ttyname(slave))
    files = (FILES_CONTROL, FILE, APPENDED, PIPE, NULL, PTY, dev)
    with guests.running("ends-net", NET) as net, guests.running("ends-files", files) as other:
        for guest, channels in ((net, NET), (other, files)):
            with guest.shell(channels[0].name) as shell:
                guest.wait_until_raw(shell, [channel.name for channel in channels])
        yield {"net": net, "files": other, "serial port": master}
    backend.wait_until_it_keeps_nothing()


def listening(family, address):
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(address)
    server.listen()
    server.settimeout(60)
    return server


def accepted(server):
    """A connection that is cut at the end: a mere close of TCP is a half close to the other end."""
    connection = server.accept()[0]
    if connection.family == socket.AF_INET:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return Channel(connection)


def calls_until_it_is_answered(family, address):
    """The channel connects to a server of ours; again after a disconnect, and after the server was away."""
    with listening(family, address) as server:
        for text in ("first", "second"):
            with accepted(server) as client:
                client.answers(text)
    if family == socket.AF_UNIX:
        os.unlink(address)
    with listening(family, address) as server:
        with accepted(server) as client:
            client.answers("third")
    if family == socket.AF_UNIX:
        os.unlink(address)


def test_a_unix_channel_that_connects_connects_again(ends):
    calls_until_it_is_answered(socket.AF_UNIX, path("outgoing"))


def test_a_tcp_channel_that_connects_connects_again(ends):
    calls_until_it_is_answered(socket.AF_INET, ("127.0.0.1", TCP_OUT))


def test_a_tcp_channel_that_listens_serves_one_client_after_the_other(ends):
    for text in ("one", "two"):
        with Channel(socket.create_connection(("127.0.0.1", TCP), 60)) as client:
            client.answers(text)


def without_commands(client, seconds=10):
    """Drops telnet's negotiation: three bytes a command."""
    client.is_silent(seconds)
    while client.received[:1] == b"\xff" and client.received[1:2] != b"\xff":
        client.read(3)


def test_a_telnet_channel_negotiates_and_keeps_bytes_of_255(ends):
    with Channel(socket.create_connection(("127.0.0.1", TELNET), 60)) as client:
        without_commands(client)
        client.answers("hello")
        client.send(b"a\xff\xffb\n")
        client.receive_until(lambda data: len(data) if data == b"a\xff\xffb\n" else None, "the doubled byte")
        client.send(b"\xff\xfb\x01x\n")
        client.expect("x\n")


def test_a_udp_channel_sends_and_receives_datagrams(ends):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", UDP_OUT))
        client.settimeout(60)
        client.sendto(b"datagram\n", ("127.0.0.1", UDP_IN))
        received = b""
        while len(received) < len(b"datagram\n"):
            received += client.recv(65536)
        expect_equal(received, b"datagram\n")


def guest_writes(ends, number, text):
    with ends["files"].shell(FILES_CONTROL.name) as shell:
        shell.ask("echo %s >/dev/hvc%d" % (text, number))


def content(name):
    with open(path(name)) as file:
        return file.read()


def test_a_file_channel_begins_the_file_anew(ends):
    guest_writes(ends, 2, "to-the-file")
    wait_until(lambda: "to-the-file" in content("file"), "it is in the file", 20)
    expect_equal(content("file"), "to-the-file\n")


def test_a_file_channel_with_append_keeps_what_was_there(ends):
    guest_writes(ends, 3, "appended")
    wait_until(lambda: content("appended") == OLD + "appended\n", "it is at the file's end", 20)


def test_a_pipe_channel_uses_both_pipes(ends):
    with open(path("pipe.out"), "rb", buffering=0) as output, open(path("pipe.in"), "wb", buffering=0) as source:
        source.write(b"through-the-pipe\n")
        received = b""
        while b"\n" not in received:
            received += output.read(100)
        expect_equal(received, b"through-the-pipe\n")


def test_a_null_channel_takes_everything(ends):
    with ends["files"].shell(FILES_CONTROL.name) as shell:
        shell.ask("for i in 1 2 3 4 5 6 7 8; do cat /pattern; done >/dev/hvc5", 60)
        expect_equal(shell.ask("echo it-goes-on"), "it-goes-on")


def test_a_device_channel_is_connected_with_the_device(ends):
    os.write(ends["serial port"], b"over-the-wire\n")
    received = b""
    while b"\n" not in received:
        received += os.read(ends["serial port"], 100)
    expect_equal(received, b"over-the-wire\n")


def test_a_pty_channel_has_a_terminal_and_a_log(ends):
    terminal = ends["files"].path(PTY.name)
    assert stat.S_ISCHR(os.stat(terminal).st_mode)
    for text in ("once", "again"):
        with Channel(terminal) as client:
            client.answers(text)
    wait_until(lambda: content("pty.log") == OLD + "once\nagain\n", "the log has it", 20)


def test_the_list_shows_where_each_leads(ends):
    shown = {name: row["endpoint"] for (_, name), row in backend.served().items()}
    for name, word in (("tcp", str(TCP)), ("udp", str(UDP_IN)), ("file", path("file")), ("null", "null"),
                       ("unix-out", path("outgoing")), ("pty", ends["files"].path(PTY.name))):
        assert word in shown[name], "%s: %s" % (name, shown[name])


def refused(bad, *words):
    """The domain does not start, the error has the words, and nothing is left."""
    before = xen.xl_domains()
    with guests.defined("refused", (guests.unix_channel("beside-it"), bad)) as guest:
        try:
            clients.virsh("start", guest.name)
        except clients.VirshError as error:
            for word in words:
                assert word in str(error), "no %s in: %s" % (word, error)
        else:
            raise AssertionError("it started")
    expect_equal(xen.xl_domains(), before)
    assert not os.path.lexists(path("beside-it"))


def test_a_channel_on_standard_input_and_output_is_refused(ends):
    refused(channel("stdio", "stdio"), "stdio")


def with_link(name):
    target = path("precious")
    with open(target, "w") as file:
        file.write(OLD)
    if not os.path.lexists(path(name)):
        os.symlink(target, path(name))
    return path(name)


def test_a_file_that_is_a_link_is_refused(ends):
    refused(channel("link", "file", "<source path='%s'/>" % with_link("link")), path("link"))
    expect_equal(content("precious"), OLD)


def test_a_log_that_is_a_link_is_refused(ends):
    refused(channel("link", "pty", "<log file='%s'/>" % with_link("log-link")), path("log-link"))
    expect_equal(content("precious"), OLD)


def test_a_socket_path_that_is_a_link_is_refused(ends):
    refused(guests.ChannelSpec("link", path=with_link("socket-link")), path("socket-link"))
    assert os.path.islink(path("socket-link"))


def test_a_device_that_is_a_file_is_refused(ends):
    refused(channel("no-device", "dev", "<source path='%s'/>" % path("appended")), path("appended"))


def test_a_tcp_port_in_use_is_refused(ends):
    refused(channel("in-use", "tcp", tcp("bind", TCP, "raw")), str(TCP))
