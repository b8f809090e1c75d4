#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virsh's --validate: a definition that libvirt's schema allows is taken, another one
is refused by an error that names the element; without --validate it is kept."""

import libvirt

from fixture import domain_xml, expect_equal, expect_in, run, shared, test, unix_channel

libvirt.registerErrorHandler(lambda context, error: None, None)

CHANNEL = unix_channel("/run/validated.sock", "org.qemu.guest_agent.0")


@test
def a_valid_definition_is_taken():
    daemon = shared()
    path = daemon.file("valid.xml", domain_xml("valid", devices=CHANNEL))
    daemon.virsh("define", "--validate", path)
    daemon.virsh("undefine", "valid")
    daemon.virsh("create", "--validate", path)
    expect_equal(daemon.state("valid"), "running")
    daemon.virsh("destroy", "valid")


@test
def an_element_that_the_schema_does_not_know_is_named():
    daemon = shared()
    path = daemon.file("invalid.xml", domain_xml("invalid", devices=CHANNEL + "<nonsense/>"))
    for command in ("define", "create"):
        message = daemon.virsh_fails(command, "--validate", path)
        expect_in("failed to validate against schema", message)
        expect_in("<nonsense> in line", message)
    daemon.virsh("define", path)
    expect_in("<nonsense/>", daemon.virsh("dumpxml", "invalid"))
    daemon.virsh("undefine", "invalid")


@test
def the_code_is_libvirts():
    host = libvirt.open(shared().uri())
    try:
        host.defineXMLFlags(domain_xml("x", elements="<os2/>"), libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
    except libvirt.libvirtError as error:
        expect_equal(error.get_error_code(), libvirt.VIR_ERR_XML_INVALID_SCHEMA)
        expect_in("os2", error.get_error_message())
    else:
        raise AssertionError("it is taken")
    finally:
        host.close()


run()
