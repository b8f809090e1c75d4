# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's wire protocol by hand, for what no client library would send."""

import os
import socket
import struct
import uuid

from fixture import PATIENCE, receive_exactly

PROCEDURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/remote/procedures.tsv")

REMOTE = 0x20008086
QEMU = 0x20008087
KEEPALIVE = 0x6B656570

CALL, REPLY, MESSAGE, STREAM = 0, 1, 2, 3
OK, ERROR = 0, 1

# Procedures that the tests call.
OPEN, CLOSE, GET_TYPE, CAPABILITIES = 1, 2, 3, 7
CREATE_XML, DEFINE_XML, DESTROY, DETACH_DEVICE, DUMP_XML = 10, 11, 12, 13, 14
BLOCK_PEEK = 103
LOOKUP_BY_NAME, AUTH_LIST, SUPPORTS_FEATURE = 23, 66, 60
EVENT_REGISTER, EVENT_DEREGISTER, EVENT_LIFECYCLE = 105, 106, 107
EVENT_REGISTER_ANY, EVENT_DEREGISTER_ANY = 167, 168
LIST_DOMAINS, LIST_ALL_DOMAINS, GET_URI = 37, 273, 110
VCPUS_FLAGS, CREATE_WITH_FLAGS = 200, 196
CALLBACK_REGISTER, CALLBACK_DEREGISTER, CALLBACK_LIFECYCLE = 316, 317, 318
CALLBACK_DEVICE_REMOVED = 333
BALLOON_CHANGE, CALLBACK_BALLOON_CHANGE = 276, 331

# virErrorNumber
INTERNAL_ERROR, NO_SUPPORT, INVALID_ARG, OPERATION_DENIED = 1, 3, 8, 29
RPC_ERROR, NO_CONNECT, NO_DOMAIN = 39, 5, 42


def procedures():
    """The rows of the table of all procedures, as dictionaries."""
    columns = ("program", "number", "name", "api", "kind", "priority", "access", "acl")
    with open(PROCEDURES) as file:
        for line in file:
            if not line.startswith("#"):
                row = dict(zip(columns, line.rstrip("\n").split("\t")))
                row["number"] = int(row["number"])
                row["program"] = {"remote": REMOTE, "qemu": QEMU}[row["program"]]
                yield row


def integer(value):
    return struct.pack(">i", value) if value < 0 else struct.pack(">I", value)


def opaque(data):
    return integer(len(data)) + data + b"\0" * (-len(data) % 4)


def string(text):
    return opaque(text.encode())


def optional(data=None):
    return integer(0) if data is None else integer(1) + data


def domain(name="nobody", identity=None, number=-1):
    return string(name) + (identity or uuid.uuid4()).bytes + integer(number)


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        part = self.data[self.at:self.at + size]
        assert len(part) == size, "the payload is too short"
        self.at += size
        return part

    def integer(self):
        return struct.unpack(">i", self.take(4))[0]

    def string(self):
        size = self.integer()
        text = self.take(size)
        self.take(-size % 4)
        return text.decode()

    def optional(self, read):
        return read() if self.integer() else None

    def domain(self):
        return self.string(), uuid.UUID(bytes=self.take(16)), self.integer()


class WireError(Exception):
    def __init__(self, payload):
        reader = Reader(payload)
        self.code = reader.integer()
        self.domain = reader.integer()
        self.message = reader.optional(reader.string)
        self.level = reader.integer()
        super().__init__("%d: %s" % (self.code, self.message))


class Frame:
    def __init__(self, data):
        (self.program, self.version, self.procedure, self.type, self.serial,
         self.status) = struct.unpack(">IIIIII", data[:24])
        self.payload = data[24:]


def frame(procedure, payload=b"", program=REMOTE, version=1, kind=CALL, serial=1, status=OK):
    header = struct.pack(">IIIIII", program, version, procedure, kind, serial, status)
    return struct.pack(">I", 4 + len(header) + len(payload)) + header + payload


class Wire:
    """A connection. Events that come between replies are kept in .events."""

    def __init__(self, path, opened=True, readonly=False, uri="xen:///system"):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.serial = 0
        self.events = []
        if opened:
            self.call(OPEN, optional(string(uri)) + integer(1 if readonly else 0))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_call(self, procedure, payload=b"", **header):
        self.serial += 1
        self.send(frame(procedure, payload, serial=self.serial, **header))
        return self.serial

    def read_frame(self):
        (size,) = struct.unpack(">I", receive_exactly(self.socket, 4))
        return Frame(receive_exactly(self.socket, size - 4))

    def read_reply(self, serial):
        while True:
            answer = self.read_frame()
            if answer.type == MESSAGE:
                self.events.append(answer)
                continue
            assert answer.type == REPLY and answer.serial == serial, vars(answer)
            if answer.status == ERROR:
                raise WireError(answer.payload)
            return answer.payload

    def call(self, procedure, payload=b"", **header):
        return self.read_reply(self.send_call(procedure, payload, **header))

    def refused(self, procedure, payload=b"", **header):
        """The error of a call that must fail."""
        try:
            self.call(procedure, payload, **header)
        except WireError as error:
            return error
        raise AssertionError("procedure %d succeeds" % procedure)

    def next_event(self):
        if not self.events:
            self.events.append(self.read_frame())
        return self.events.pop(0)

    def lookup(self, name):
        return Reader(self.call(LOOKUP_BY_NAME, string(name))).domain()

    def is_closed_by_peer(self):
        """Reads on until the other side closes."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionResetError:
            return True


def type_of(path):
    """A small call on a connection of its own: is the daemon all right?"""
    with Wire(path) as wire:
        return Reader(wire.call(GET_TYPE)).string()


def open_descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))
