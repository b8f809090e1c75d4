#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processors compared, by stock virsh and libvirt-python on the simulated host; what several have
in common is as libvirt's own test driver has it."""

import itertools
import xml.etree.ElementTree as ElementTree

import libvirt

from fixture import expect_equal, expect_in, run, shared, test
from guests import connection, fails

HOST = "<cpu><arch>x86_64</arch><model>%s</model>%s</cpu>"
GUEST = "<cpu match='%s'><model>%s</model>%s</cpu>"
MODELS = ("486", "kvm64", "Penryn", "Haswell-noTSX", "Broadwell-IBRS", "IvyBridge-IBRS")
UNKNOWN = 1 << 30


def host_cpu():
    capabilities = ElementTree.fromstring(connection(shared()).getCapabilities())
    return ElementTree.tostring(capabilities.find("host/cpu"), encoding="unicode")


def feature(name, policy):
    return "<feature name='%s' policy='%s'/>" % (name, policy)


def compare(xml, flags=0):
    return connection(shared()).compareCPU(xml, flags)


@test
def the_host_has_the_nearest_model_and_the_features_beyond_it():
    cpu = ElementTree.fromstring(host_cpu())
    expect_equal(cpu.findtext("model"), "Haswell-noTSX")
    assert cpu.find("features/pae") is not None
    features = [one.get("name") for one in cpu.findall("feature")]
    expect_in("rdrand", features)
    assert "avx2" not in features, "the model has it"


@test
def the_host_is_identical_to_what_it_says_of_itself():
    expect_equal(compare(host_cpu()), libvirt.VIR_CPU_COMPARE_IDENTICAL)
    path = shared().file("host.xml", shared().virsh("capabilities"))
    expect_in("identical to", shared().virsh("cpu-compare", path))
    expect_in("identical to", shared().virsh("cpu-compare", path, "--validate", "--error"))


@test
def it_has_more_or_less_than_another():
    for model, result in (("Nehalem", "SUPERSET"), ("EPYC", "INCOMPATIBLE"), ("Skylake-Server", "INCOMPATIBLE")):
        for xml in (HOST % (model, ""), GUEST % ("exact", model, ""), GUEST % ("minimum", model, "")):
            expect_equal((model, compare(xml)), (model, getattr(libvirt, "VIR_CPU_COMPARE_" + result)))
    expect_equal(compare(GUEST % ("strict", "Nehalem", "")), libvirt.VIR_CPU_COMPARE_INCOMPATIBLE)
    expect_equal(compare("<cpu><arch>aarch64</arch><model>486</model></cpu>"), libvirt.VIR_CPU_COMPARE_INCOMPATIBLE)
    expect_equal(compare(GUEST % ("exact", "486", "<vendor>AMD</vendor>")), libvirt.VIR_CPU_COMPARE_INCOMPATIBLE)
    expect_equal(compare("<cpu mode='host-passthrough'/>"), libvirt.VIR_CPU_COMPARE_SUPERSET)


@test
def a_features_policy_decides():
    for name, policy, result in (("avx512f", "require", "INCOMPATIBLE"), ("avx512f", "force", "SUPERSET"),
                                 ("avx512f", "optional", "SUPERSET"), ("avx512f", "disable", "SUPERSET"),
                                 ("avx512f", "forbid", "SUPERSET"), ("avx2", "forbid", "INCOMPATIBLE"),
                                 ("avx2", "require", "SUPERSET")):
        expect_equal((name, policy, compare(GUEST % ("exact", "Nehalem", feature(name, policy)))),
                     (name, policy, getattr(libvirt, "VIR_CPU_COMPARE_" + result)))
    lacking = GUEST % ("exact", "Skylake-Server", "".join(
        feature(name, "disable") for name in ("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "hle", "rtm", "rdseed",
                                              "adx", "smap", "3dnowprefetch", "clwb", "arat", "mpx", "xgetbv1", "xsavec", "pku",
                                              "clflushopt", "vme", "f16c", "xsaveopt")))
    expect_equal(compare(lacking), libvirt.VIR_CPU_COMPARE_SUPERSET)


@test
def what_is_incompatible_is_an_error_if_asked():
    flag = libvirt.VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE
    error = fails(libvirt.VIR_ERR_CPU_INCOMPATIBLE, compare, GUEST % ("exact", "Nehalem", feature("avx512f", "require")), flag)
    expect_in("avx512f", str(error))
    expect_equal(compare(GUEST % ("exact", "Nehalem", ""), flag), libvirt.VIR_CPU_COMPARE_SUPERSET)


@test
def what_is_no_cpu_is_refused():
    for code, xml, flags in ((libvirt.VIR_ERR_INVALID_ARG, "", 0), (libvirt.VIR_ERR_XML_DETAIL, "<cpu", 0),
                             (libvirt.VIR_ERR_XML_ERROR, "<domain/>", 0),
                             (libvirt.VIR_ERR_XML_ERROR, "<cpu match='exact'><arch>x86_64</arch></cpu>", 0),
                             (libvirt.VIR_ERR_INTERNAL_ERROR, GUEST % ("exact", "nonsense", ""), 0),
                             (libvirt.VIR_ERR_INTERNAL_ERROR, GUEST % ("exact", "486", feature("nonsense", "require")), 0),
                             (libvirt.VIR_ERR_XML_ERROR, GUEST % ("nonsense", "486", ""), 0),
                             (libvirt.VIR_ERR_XML_INVALID_SCHEMA, "<cpu><nonsense/></cpu>",
                              libvirt.VIR_CONNECT_COMPARE_CPU_VALIDATE_XML),
                             (libvirt.VIR_ERR_INVALID_ARG, HOST % ("486", ""), UNKNOWN)):
        fails(code, compare, xml, flags)


@test
def what_several_have_in_common_is_as_libvirt_has_it():
    ours, libvirts = connection(shared()), libvirt.open("test:///default")

    def parts(cpu):
        root = ElementTree.fromstring(cpu)
        features = sorted((one.get("name"), one.get("policy")) for one in root.findall("feature"))
        return root.attrib, root.findtext("model"), root.find("model").attrib, root.findtext("vendor"), features

    for pair in itertools.product(MODELS, repeat=2):
        xmls = [HOST % (model, "<feature name='invtsc'/>") for model in pair]
        for flag in (0, libvirt.VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES):
            expect_equal((pair, flag, parts(ours.baselineCPU(xmls, flag))),
                         (pair, flag, parts(libvirts.baselineCPU(xmls, flag))))


@test
def a_guest_that_migrates_has_no_feature_that_binds_it():
    xml = HOST % ("486", "<feature name='invtsc'/><feature name='msr'/>")
    path = shared().file("invtsc.xml", xml)
    expect_in("invtsc", shared().virsh("cpu-baseline", path))
    said = shared().virsh("cpu-baseline", path, "--migratable")
    assert "invtsc" not in said
    expect_in("msr", said)


@test
def a_cpu_for_this_host_and_another():
    path = shared().file("hosts.xml", shared().virsh("capabilities") + HOST % ("Westmere", ""))
    expect_in("Westmere</model>", shared().virsh("cpu-baseline", path))


@test
def some_have_nothing_in_common():
    baseline = connection(shared()).baselineCPU
    for code, xmls, flags in ((libvirt.VIR_ERR_OPERATION_FAILED, [HOST % ("Penryn", "<vendor>Intel</vendor>"), HOST % ("EPYC", "")], 0),
                              (libvirt.VIR_ERR_XML_ERROR, ["<cpu match='exact'><model>486</model></cpu>"], 0),
                              (libvirt.VIR_ERR_INVALID_ARG, ["<cpu><arch>x86_64</arch></cpu>"], 0),
                              (libvirt.VIR_ERR_NO_SUPPORT, ["<cpu><arch>s390x</arch><model>486</model></cpu>"], 0),
                              (libvirt.VIR_ERR_INVALID_ARG, [HOST % ("486", "")], UNKNOWN)):
        fails(code, baseline, xmls, flags)


@test
def the_models_are_libvirts():
    names = libvirt.open("test:///default").getCPUModelNames
    for arch in ("x86_64", "i686"):
        expect_equal(sorted(connection(shared()).getCPUModelNames(arch)), sorted(names("x86_64")))
    expect_in("Penryn", shared().virsh("cpu-models", "x86_64"))
    expect_equal(connection(shared()).getCPUModelNames("s390x"), [])
    for arch, flags in (("", 0), ("x86_64", UNKNOWN)):
        fails(libvirt.VIR_ERR_INVALID_ARG, connection(shared()).getCPUModelNames, arch, flags)


run()
