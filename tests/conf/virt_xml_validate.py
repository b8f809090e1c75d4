#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs virt-xml-validate over all that we print of tests/libxlxml2domconfigdata.

domain_conf_test holds that it is what we print: NAME.ours.xml, or what stock libvirt
recorded. It must be valid if the input is.
"""

import concurrent.futures
import glob
import os
import subprocess
import sys

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "libxlxml2domconfigdata")
ENDING = ".ours.xml"


def complaint(path):
    """What virt-xml-validate has against it; None if it is valid."""
    run = subprocess.run(["virt-xml-validate", path, "domain"], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)
    return run.stdout if run.returncode else None


def check(path):
    """The complaint about what is printed of the input at @path."""
    folder, name = os.path.split(path[:-len(".xml")])
    ours, recorded = os.path.join(folder, name + ENDING), os.path.join(folder, "recorded", name + ".out.xml")
    printed = ours if os.path.exists(ours) else recorded
    if not os.path.exists(printed):
        return None  # refused when it is defined
    found = complaint(printed)
    return found if found and not complaint(path) else None


def main():
    paths = sorted(path for path in glob.glob(os.path.join(FOLDER, "*.xml")) if not path.endswith(ENDING))
    failed = 0
    print("1..%d" % len(paths))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, (path, found) in enumerate(zip(paths, pool.map(check, paths)), 1):
            for line in (found or "").splitlines():
                print("# " + line)
            print("%s %d - %s" % ("not ok" if found else "ok", number, os.path.basename(path)))
            failed += bool(found)
    return bool(failed)


sys.exit(main())
