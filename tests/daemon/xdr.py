# SPDX-License-Identifier: LGPL-2.1-or-later
"""Arguments of procedures as bytes, made from the protocol's own description
(src/remote/remote_protocol.x): valid ones, and the same with one number, or one length, that
is at its limits or beyond.

What is read of the language is what that file uses: constants, typedefs, structures, and
unions by an int.
"""

import os
import re
import struct

from wire import integer, opaque

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/remote/remote_protocol.x")
FORMATS = {"int": ">i", "unsigned int": ">I", "hyper": ">q", "unsigned hyper": ">Q", "double": ">d"}
# Values of a number, by its bits: "max + 1" of what is signed is the lowest one.
EXTREMES = {
    "int": (-1, 0, 1, 2**31 - 1, -2**31),
    "unsigned int": (0, 1, 2**31 - 1, 2**31, 2**32 - 1),
    "hyper": (-1, 0, 1, 2**63 - 1, -2**63),
    "unsigned hyper": (0, 1, 2**63 - 1, 2**63, 2**64 - 1),
}
DECLARATION = re.compile(r"(?:struct |enum )?((?:unsigned )?\w+) (\*?)(\w+)(?:([<\[])(\w*)[>\]])?;")


class Part:
    """Bytes of a value. @extremes: what else could stand there, and whether the decoder must refuse it."""

    def __init__(self, what, data, extremes=()):
        self.what, self.data, self.extremes = what, data, extremes


class Protocol:
    def __init__(self, path=SOURCE):
        with open(path) as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        self.constants = {name: int(value) for name, value in re.findall(r"const (\w+) = (\d+);", text)}
        self.structs = {name: DECLARATION.findall(body)
                        for name, body in re.findall(r"struct (\w+) \{(.*?)\n\};", text, re.S)}
        self.unions = {name: re.search(r"case (\w+):\s*(.*?;)", body, re.S).groups()
                       for name, body in re.findall(r"union (\w+) switch \(int \w+\) \{(.*?)\n\};", text, re.S)}
        self.typedefs = {row[2]: row for row in DECLARATION.findall(
            "\n".join(re.findall(r"^typedef (.*;)$", text, re.M)))}

    def takes_arguments(self, name):
        return name + "_args" in self.structs

    def arguments(self, name, values):
        """Parts of the procedure's arguments. @values: by name of a member, what is valid there."""
        return list(self.struct(name + "_args", values))

    def struct(self, name, values):
        for member in self.structs[name]:
            yield from self.declared(member, values)

    def declared(self, declaration, values):
        kind, pointer, name, bracket, bound = declaration
        if pointer:
            yield Part(name + "?", integer(1))
            yield from self.value(kind, name, values)
        elif kind in ("string", "opaque"):
            yield from self.bytes(kind, name, bracket, bound, values)
        elif bracket == "<":
            yield self.length(name, bound, integer(1))
            yield from self.value(kind, name, values)
        elif bracket == "[":
            for _ in range(self.number(bound)):
                yield from self.value(kind, name, values)
        else:
            yield from self.value(kind, name, values)

    def value(self, kind, name, values):
        if kind in self.typedefs:
            row = self.typedefs[kind]
            yield from self.declared((row[0], row[1], name, row[3], row[4]), values)
        elif kind in self.structs:
            yield from self.struct(kind, values)
        elif kind in self.unions:
            case, declaration = self.unions[kind]
            yield Part(name + ".type", integer(self.number(case)),
                       [(struct.pack(">i", extreme), False) for extreme in EXTREMES["int"]])
            yield from self.declared(DECLARATION.match(declaration).groups(""), values)
        elif kind in EXTREMES:
            yield Part(name, struct.pack(FORMATS[kind], values.get(name, 0)),
                       [(struct.pack(FORMATS[kind], extreme), False) for extreme in EXTREMES[kind]])
        else:
            yield Part(name, struct.pack(FORMATS[kind], 0))

    def bytes(self, kind, name, bracket, bound, values):
        valid = values.get(name, b"x")
        if bracket == "[":
            yield Part(name, valid.ljust(self.number(bound), b"\0")[:self.number(bound)])
        else:
            yield self.length(name, bound, integer(len(valid)))
            yield Part(name, opaque(valid)[4:])

    def length(self, name, bound, valid):
        limit = self.number(bound) if bound else 2**32 - 1
        lengths = [-1, 0, 1, limit, limit + 1, 2**31 - 1, -2**31]
        return Part(name + "'s length", valid,
                    [(struct.pack(">I", length & 0xffffffff), (length & 0xffffffff) > limit) for length in lengths])

    def number(self, word):
        return int(word) if word.isdigit() else self.constants[word]


def join(parts):
    return b"".join(part.data for part in parts)


def variants(parts):
    """(what, payload, must the decoder refuse it?) with one part after the other at each extreme."""
    for number, part in enumerate(parts):
        before, after = join(parts[:number]), join(parts[number + 1:])
        for data, refused in part.extremes:
            yield "%s = %s" % (part.what, data.hex()), before + data + after, refused
