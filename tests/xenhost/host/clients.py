# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stock clients: virsh, and libvirt's Python binding where an error's code matters."""

import subprocess
import xml.etree.ElementTree as ElementTree

import libvirt

from .daemons import virtxld

libvirt.registerErrorHandler(lambda *_: None, None)


class VirshError(AssertionError):
    """virsh failed; the text is what it said."""


def virsh(*arguments, daemon=virtxld, seconds=120):
    """What virsh prints, without blanks around it."""
    result = subprocess.run(["virsh", "--quiet", "--connect", daemon.uri, *map(str, arguments)],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
    if result.returncode != 0:
        raise VirshError("virsh %s: %s" % (" ".join(map(str, arguments)), result.stderr.strip()))
    return result.stdout.strip()


def connect(daemon=virtxld):
    return libvirt.open(daemon.uri)


def error_code(function, *arguments):
    """The code of the error that the call must end with."""
    try:
        function(*arguments)
    except libvirt.libvirtError as error:
        return error.get_error_code()
    raise AssertionError("no error")


def live_xml(name, daemon=virtxld):
    return ElementTree.fromstring(virsh("dumpxml", name, daemon=daemon))


def inactive_xml(name, daemon=virtxld):
    return virsh("dumpxml", "--inactive", "--security-info", name, daemon=daemon)


def exists(name):
    return name in virsh("list", "--all", "--name").split()


def state(name):
    return virsh("domstate", name)


def domain_id(name):
    """The domain's id as a number; None if it does not run."""
    text = virsh("domid", name)
    return None if text == "-" else int(text)
