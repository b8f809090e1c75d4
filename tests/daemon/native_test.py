#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stock virsh turns xl.cfg into definitions and back; tests/xlconfigdata has what comes out."""

import tempfile

import libvirt

from fixture import domain_xml, expect_equal, expect_in, run, shared, test

CONFIG = """\
name = "native"
type = "pv"
kernel = "/boot/guest-kernel"
memory = 64
channel = [ "connection=socket,path=/run/one.sock,name=org.example.one" ]
tpm_of_mine = "what is that"
"""


def convert(command, text):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
        file.flush()
        return shared().virsh(command, "xen-xl", file.name)


libvirt.registerErrorHandler(lambda *_: None, None)


def refusal(text, form="xen-xl"):
    host = libvirt.open(shared().uri())
    try:
        host.domainXMLFromNative(form, text)
    except libvirt.libvirtError as error:
        return error
    finally:
        host.close()
    raise AssertionError("accepted")


@test
def a_configuration_becomes_a_definition_that_can_be_defined():
    xml = convert("domxml-from-native", CONFIG)
    expect_in("<target type='xen' name='org.example.one'/>", xml)
    host = libvirt.open(shared().uri())
    domain = host.defineXML(xml)
    expect_equal(domain.name(), "native")
    domain.undefine()
    host.close()


@test
def a_definition_becomes_a_configuration():
    text = convert("domxml-to-native", domain_xml("from-file"))
    expect_in('name = "from-file"\n', text)


@test
def a_domain_becomes_a_configuration():
    host = libvirt.open(shared().uri())
    domain = host.createXML(domain_xml("from-domain"))
    text = shared().virsh("domxml-to-native", "xen-xl", "--domain", "from-domain")
    expect_in('name = "from-domain"\n', text)
    domain.destroy()
    host.close()


@test
def a_setting_without_meaning_is_named_in_the_log():
    convert("domxml-from-native", CONFIG)
    expect_in("domain 'native': settings of xl.cfg that a definition has no word for: tpm_of_mine",
              shared().log())


@test
def another_format_is_an_invalid_argument():
    expect_equal(refusal(CONFIG, "xen-sxpr").get_error_code(), libvirt.VIR_ERR_INVALID_ARG)
    expect_equal(refusal(CONFIG, "qemu-argv").get_error_code(), libvirt.VIR_ERR_INVALID_ARG)


@test
def malformed_input_is_an_error_and_the_daemon_goes_on():
    for text in ('name = "a', "a" * (1 << 20), "name = [ \"a\"", "= 1", 'channel = [ "name=a" ]'):
        expect_equal(refusal(text).get_error_code(), libvirt.VIR_ERR_CONF_SYNTAX)
    expect_in("xen", shared().virsh("uri"))


@test
def a_setting_of_the_wrong_kind_is_named_with_its_line():
    for text, words in (("name = 'a'\nmemory = 'much'\n", "line 2 of the configuration: 'memory' has to be a number"),
                        ("name = 'a'\n\nvcpus = [ '1' ]\n", "line 3 of the configuration: 'vcpus' has to be a number"),
                        ("name = [ 'a' ]\n", "line 1 of the configuration: 'name' has to be one value"),
                        ("name = 'a'\nmemory = 64\nkernel = '/k'\nvnuma = '7'\n", "line 4 of the configuration: 'vnuma' has to be a list"),
                        ("name = 'a'\nmemory = = 1\n", "xl.cfg:2: config parsing error")):
        error = refusal(text)
        expect_equal(error.get_error_code(), libvirt.VIR_ERR_CONF_SYNTAX)
        expect_in(words, error.get_error_message())
        assert "warning" not in error.get_error_message(), error


run()
