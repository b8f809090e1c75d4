#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the file of polkit's actions about single calls from procedures.tsv.

Names and defaults are libvirt's: whoever was let in may look; all else is for rules to permit.

usage: generate_policy.py procedures.tsv org.virtxl.api.policy
"""
import re
import sys

from generate_procedures import OBJECTS, get_action, read_permission, read_procedures

PUBLIC = re.compile(r".*\.getattr|.*\.search_.*|connect\.read|domain\.read")

FRAME = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd">
<policyconfig>
  <vendor>virtxl</vendor>
{}</policyconfig>
"""

ACTION = """  <action id="{action}">
    <description>virtual machines: {what}</description>
    <message>The permission {what} is required</message>
    <defaults>
      <allow_any>{default}</allow_any>
      <allow_inactive>{default}</allow_inactive>
      <allow_active>{default}</allow_active>
    </defaults>
  </action>
"""


def read_permissions(path):
    for row in read_procedures(path):
        for text in row["acl"].split(",") if row["acl"] != "none" else ():
            kind, permission, *_ = read_permission(text)
            if kind in OBJECTS:
                yield kind, permission


def format_action(kind, permission):
    what = f"{kind}.{permission}"
    return ACTION.format(
        action=get_action(kind, permission),
        what=what,
        default="yes" if PUBLIC.fullmatch(what) else "no",
    )


def main(source, target):
    actions = (format_action(*pair) for pair in sorted(set(read_permissions(source))))
    with open(target, "w", encoding="utf-8") as out:
        out.write(FRAME.format("".join(actions)))


if __name__ == "__main__":
    main(*sys.argv[1:])
