#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares tests/libxlxml2domconfigdata with what stock libvirt made of the same inputs.

What we make of an input is in NAME.json or NAME.err, and NAME.ours.cfg (libxl_conf_test
holds them), and NAME.ours.xml (domain_conf_test); what we make of stock's xl.cfg is in
back/ (xen_xl_test). Stock's is in recorded/. Each difference is in the table of the folder's
README.md, which says why; a row of it that no difference needs is a mistake, too.
"""

import collections
import fnmatch
import glob
import json
import os
import re
import sys
from xml.etree import ElementTree

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "libxlxml2domconfigdata")
HEADING = "## Where virtxl differs, and why"
Row = collections.namedtuple("Row", "inputs places line")


def read(*path):
    try:
        with open(os.path.join(FOLDER, *path)) as file:
            return file.read()
    except FileNotFoundError:
        return None


def rows():
    """The table under HEADING: inputs and places in backticks, both patterns."""
    table = read("README.md").split(HEADING, 1)[1].split("\n## ", 1)[0]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and "`" in cells[0]:
            yield Row(*(tuple(re.findall("`([^`]+)`", cell)) for cell in cells[:2]), line)


def flatten(value, path=""):
    """JSON as a dictionary: {"nics.0.mac": ...}."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return {path: value}
    return {place: leaf for key, child in items
            for place, leaf in flatten(child, "%s.%s" % (path, key) if path else str(key)).items()}


def flatten_xml(text):
    """A definition as a dictionary: {"back.devices.disk@type": ...}; the second
    disk is disk.1."""
    places = {}

    def add(element, path):
        places[path] = (element.text or "").strip()
        places.update({"%s@%s" % (path, name): value for name, value in element.attrib.items()})
        counts = collections.Counter()
        for child in element:
            name = child.tag.split("}")[-1]
            number = ".%d" % counts[name] if counts[name] else ""
            add(child, "%s.%s%s" % (path, name, number))
            counts[name] += 1

    add(ElementTree.fromstring(text), "back")
    return places


def outcome(configuration, refusal):
    """"configured", or the code of the error."""
    if configuration is not None:
        return "configured"
    return re.search(r"^\d+$", refusal, re.MULTILINE).group()


def differences(name):
    """The places where our output is another than stock's, with both values."""
    ours, stock = read(name + ".json"), read("recorded", name + ".json")
    results = [outcome(stock, read("recorded", name + ".err")), outcome(ours, read(name + ".err"))]
    found = {"start": results} if results[0] != results[1] else {}
    if read(name + ".ours.xml") is not None:
        found["xml"] = ["", ""]
    if ours is not None and stock is not None:
        found.update(compare(flatten(json.loads(stock)), flatten(json.loads(ours))))
    stock, ours = read("recorded", name + ".cfg"), read(name + ".ours.cfg")
    if stock is not None and ours is not None:
        found.update(compare(settings(stock), settings(ours)))
    elif (stock is None) != (ours is None):
        found["cfg"] = ["written" if text else "refused" for text in (stock, ours)]
    stock, ours = read("recorded", name + ".back.xml"), read("back", name + ".xml")
    if stock is not None and ours is not None:
        found.update(compare(flatten_xml(stock), flatten_xml(ours)))
    elif read("back", name + ".err") is not None:
        found["back"] = ["read", "refused"]
    return found


def settings(config):
    """xl.cfg as a dictionary: {"cfg.vif": ...}. Its settings have one line each; the order of
    the parts of a device means nothing."""
    pairs = [line.split(" = ", 1) for line in config.splitlines() if " = " in line]
    return {"cfg." + key: sorted(re.split(r'[][," ]+', value)) for key, value in pairs}


def compare(stock, ours):
    return {place: [stock.get(place), ours.get(place)] for place in stock.keys() | ours.keys()
            if stock.get(place) != ours.get(place)}


def covers(row, name, place):
    return (any(fnmatch.fnmatchcase(name, pattern) for pattern in row.inputs)
            and any(fnmatch.fnmatchcase(place, pattern) for pattern in row.places))


def main():
    table = list(rows())
    used = set()
    names = sorted(os.path.basename(path)[:-len(".xml")] for path in glob.glob(os.path.join(FOLDER, "*.xml"))
                   if not path.endswith(".ours.xml"))
    failed = 0
    print("1..%d" % (len(names) + len(table)))
    for number, name in enumerate(names, 1):
        left = []
        for place, values in sorted(differences(name).items()):
            row = next((row for row in table if covers(row, name, place)), None)
            if row:
                used.add(row)
            else:
                left.append("# %s: %s: libvirt %s, virtxl %s" % (name, place, *map(json.dumps, values)))
        print("\n".join(left + ["%s %d - %s" % ("not ok" if left else "ok", number, name)]))
        failed += bool(left)
    for number, row in enumerate(table, len(names) + 1):
        print("%s %d - needed: %s" % ("ok" if row in used else "not ok", number, row.line))
        failed += row not in used
    return bool(failed)


sys.exit(main())
