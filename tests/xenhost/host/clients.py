# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stock clients: virsh, and libvirt's Python binding where an error's code matters."""

import contextlib
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


def virsh_begins(*arguments, daemon=virtxld):
    """A virsh that is not waited for."""
    return subprocess.Popen(["virsh", "--quiet", "--connect", daemon.uri, *map(str, arguments)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def connect(daemon=virtxld):
    return libvirt.open(daemon.uri)


def error_code(function, *arguments):
    """The code of the error that the call must end with."""
    try:
        function(*arguments)
    except libvirt.libvirtError as error:
        return error.get_error_code()
    raise AssertionError("no error")


# Looking at a domain goes through the binding: a virsh process costs a second under
# emulation, and tests look often.

STATES = {
    libvirt.VIR_DOMAIN_RUNNING: "running",
    libvirt.VIR_DOMAIN_BLOCKED: "running",
    libvirt.VIR_DOMAIN_PAUSED: "paused",
    libvirt.VIR_DOMAIN_SHUTDOWN: "in shutdown",
    libvirt.VIR_DOMAIN_SHUTOFF: "shut off",
    libvirt.VIR_DOMAIN_CRASHED: "crashed",
}


@contextlib.contextmanager
def lookup(name, daemon=virtxld):
    connection = connect(daemon)
    try:
        yield connection.lookupByName(name)
    finally:
        connection.close()


def live_xml(name, daemon=virtxld):
    with lookup(name, daemon) as domain:
        return ElementTree.fromstring(domain.XMLDesc())


def inactive_xml(name, daemon=virtxld):
    with lookup(name, daemon) as domain:
        return domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE)


def exists(name):
    connection = connect()
    try:
        return name in (domain.name() for domain in connection.listAllDomains())
    finally:
        connection.close()


def state(name):
    with lookup(name) as domain:
        return STATES.get(domain.state()[0], "no state")


def domain_id(name):
    """The domain's id; None if it does not run."""
    with lookup(name) as domain:
        number = domain.ID()
        return None if number == -1 else number
