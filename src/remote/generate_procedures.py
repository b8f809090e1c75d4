#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes C of procedures.tsv: the numbers as an enumeration, the rest as tables.

usage: generate_procedures.py procedures.tsv numbers.h table.c
"""
import sys

COLUMNS = ("program", "number", "name", "api", "kind", "priority", "access", "acl", "stock")
OBJECTS = {
    "connect": "REMOTE_OBJECT_CONNECT",
    "domain": "REMOTE_OBJECT_DOMAIN",
    "node_device": "REMOTE_OBJECT_NODE_DEVICE",
}
ACCESS = {"ro": "REMOTE_ACCESS_READ", "rw": "REMOTE_ACCESS_WRITE", "rw?": "REMOTE_ACCESS_DEPENDS"}


def read_procedures(path):
    with open(path, encoding="utf-8") as table:
        for line in table:
            if line.startswith("#"):
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) != len(COLUMNS):
                sys.exit(f"{path}: not {len(COLUMNS)} columns: {line}")
            yield dict(zip(COLUMNS, fields))


def read_permission(text):
    """object:permission[:flags|:!flags|::parameter:value] as (object, permission, when, value)."""
    kind, permission, *condition = text.split(":")
    if not condition:
        return kind, permission, "REMOTE_ALWAYS", "0"
    when = "REMOTE_IF_EQUAL" if len(condition) == 3 else "REMOTE_IF_SET"
    value = condition[-1]
    if value.startswith("!"):
        when, value = "REMOTE_IF_NONE_SET", value[1:]
    return kind, permission, when, value


def get_action(kind, permission):
    """As polkit knows it."""
    return f"org.libvirt.api.{kind}.{permission}".replace("_", "-")


def format_permission(text):
    kind, permission, when, value = read_permission(text)
    return f'{{{OBJECTS.get(kind, "REMOTE_OBJECT_OTHER")}, "{get_action(kind, permission)}", {when}, {value}}}'


def format_permissions(acl):
    if acl == "none":
        return "NULL"
    rows = "".join(f"        {format_permission(text)},\n" for text in acl.split(","))
    return f"(const RemotePermission[]){{\n{rows}        {{0}}}}"


def format_procedure(row):
    return '    [{number}] = {{"{name}", "{api}", {permissions}, {access}, {event}, {high}}},\n'.format(
        number=row["number"],
        name=row["name"],
        api=row["name"] if row["api"] == "-" else row["api"],
        permissions=format_permissions(row["acl"]),
        access=ACCESS[row["access"]],
        event="true" if row["kind"] == "event" else "false",
        high="true" if row["priority"] == "high" else "false",
    )


def format_program(name, rows):
    body = "".join(format_procedure(row) for row in rows)
    return (
        f"const RemoteProcedure remote_procedures_{name}[] = {{\n{body}}};\n"
        f"const guint n_remote_procedures_{name} = G_N_ELEMENTS(remote_procedures_{name});\n"
    )


def format_numbers(name, rows):
    prefix = f"{name}_PROC_".upper()
    body = "".join(f"    {prefix}{row['name'].upper()} = {row['number']},\n" for row in rows)
    return f"enum {{\n{body}}};\n"


def write(path, parts):
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(["/* Generated from procedures.tsv. */\n", *parts]))


def main(source, header, code):
    programs = {}
    for row in read_procedures(source):
        programs.setdefault(row["program"], []).append(row)
    write(header, ["#pragma once\n", *(format_numbers(*item) for item in programs.items())])
    write(
        code,
        [
            '#include "remote/remote_procedures.h"\n\n#include <libvirt/libvirt.h>\n',
            "/* Later than the headers that this is built with. */\n"
            "#define VIR_NODE_DEVICE_UPDATE_AFFECT_LIVE   (1u << 0)\n"
            "#define VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG (1u << 1)\n",
            *(format_program(*item) for item in programs.items()),
        ],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
