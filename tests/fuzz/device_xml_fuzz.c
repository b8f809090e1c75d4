/* Any text that is a device: printed, parsed and printed again it is the same, and in a
 * domain that has it, it is found by what is printed of it there.
 *
 * Corpus: device_xml-seeds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/domain_conf.h"
#include "conf/domain_device_edit.h"
#include "quiet.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static const DomainParseDefaults defaults = {.arch = "x86_64"};

static DomainDevice *
parse(const char *xml)
{
    return domain_device_parse_string(xml, &defaults, DOMAIN_PARSE_INACTIVE, NULL);
}

static char *
print(const DomainDeviceFamily *family, gconstpointer device)
{
    g_autoptr(xmlDoc) doc = conf_xml_new("devices");

    family->format(device, conf_xml_root(doc), VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    return conf_xml_print(conf_xml_root(doc)->children, 0);
}

static void
check_fixed_point(const DomainDevice *device)
{
    g_autofree char *first = print(device->family, device->device);
    g_autoptr(DomainDevice) again = parse(first);
    g_autofree char *second = NULL;

    g_assert_nonnull(again);
    second = print(again->family, again->device);
    g_assert_cmpstr(first, ==, second);
}

/* Takes the device in @device over. */
static void
check_in_domain(const char *domain, DomainDevice *device)
{
    g_autoptr(DomainDef) def =
        domain_def_parse_string(domain, &defaults, DOMAIN_PARSE_INACTIVE, NULL);
    gconstpointer added = device->device;
    g_autoptr(DomainDevice) same = NULL;
    g_autofree char *text = NULL;

    if (!domain_def_add_device(def, device, &defaults, DOMAIN_PARSE_INACTIVE, NULL) ||
        !domain_def_validate(def, NULL))
        return;
    text = print(device->family, added);
    same = parse(text);
    g_assert_nonnull(same);
    g_assert_nonnull(domain_def_find_device(def, same));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static const char *const domains[] = {
        "<domain "
        "type='xen'><name>d</name><memory>1024</memory><os><type>linux</type></os></domain>",
        "<domain type='xen'><name>d</name><memory>1024</memory><os><type>hvm</type></os></domain>",
    };
    g_autofree char *xml = g_strndup((const char *)data, size);

    for (gsize i = 0; i < G_N_ELEMENTS(domains); i++) {
        g_autoptr(DomainDevice) device = parse(xml);

        if (!device)
            return 0;
        check_fixed_point(device);
        check_in_domain(domains[i], device);
    }
    return 0;
}
