/* The table of device families; see domain_devices.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_devices.h"

#include <string.h>

#include "conf/chr_domain.h"

/* The functions that every family has, cast to what the table takes. */
#define FAMILY(name, array, prefix)                                                                \
    .element = name, .offset = offsetof(DomainDef, array),                                         \
    .parse = (gpointer(*)(xmlNode *, const DomainParseContext *, GError **))prefix##_def_parse,    \
    .format = (void (*)(gconstpointer, xmlNode *, unsigned))prefix##_def_format,                   \
    .free = (void (*)(gpointer))prefix##_def_free

const DomainDeviceFamily domain_device_families[] = {
    {FAMILY("serial", serials, domain_chr), .complete = domain_chr_complete,
     .validate = domain_chr_validate},
    {FAMILY("parallel", parallels, domain_chr), .complete = domain_chr_complete,
     .validate = domain_chr_validate},
    {FAMILY("console", consoles, domain_chr), .imply = domain_chr_imply_consoles,
     .validate = domain_chr_validate},
    {FAMILY("channel", channels, domain_chr), .validate = domain_chr_validate},
    {.element = NULL},
};

const ConfXmlOrder domain_devices_order[] = {
    {"emulator"},  {"disk"},        {"controller"}, {"lease"},    {"filesystem"}, {"interface"},
    {"smartcard"}, {"serial"},      {"parallel"},   {"console"},  {"channel"},    {"input"},
    {"tpm"},       {"graphics"},    {"sound"},      {"audio"},    {"video"},      {"hostdev"},
    {"redirdev"},  {"redirfilter"}, {"hub"},        {"watchdog"}, {"memballoon"}, {"rng"},
    {"nvram"},     {"panic"},       {"shmem"},      {"memory"},   {"iommu"},      {"vsock"},
    {"crypto"},    {NULL},
};

GPtrArray *
domain_def_devices(const DomainDef *def, const DomainDeviceFamily *family)
{
    return G_STRUCT_MEMBER(GPtrArray *, def, family->offset);
}

const DomainDeviceFamily *
domain_device_family_find(const char *element)
{
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        if (strcmp(family->element, element) == 0)
            return family;
    }
    return NULL;
}

bool
domain_devices_parse(DomainDef *def, xmlNode *node, const DomainParseContext *context,
                     GError **error)
{
    for (xmlNode *child = NULL; (child = conf_xml_next_child(node, child, NULL));) {
        const DomainDeviceFamily *family = domain_device_family_find((const char *)child->name);
        gpointer device;

        if (!family || child->ns)
            continue;
        conf_xml_see(child);
        device = family->parse(child, context, error);
        if (!device)
            return false;
        g_ptr_array_add(domain_def_devices(def, family), device);
    }
    return true;
}

void
domain_devices_format(const DomainDef *def, xmlNode *devices, unsigned flags)
{
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        const GPtrArray *array = domain_def_devices(def, family);

        for (guint i = 0; i < array->len; i++)
            family->format(g_ptr_array_index(array, i), devices, flags);
    }
}

void
domain_def_foreach_device(const DomainDef *def, DomainDeviceFunction function, gpointer data)
{
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        const GPtrArray *array = domain_def_devices(def, family);

        for (guint i = 0; i < array->len; i++)
            function(family, g_ptr_array_index(array, i), data);
    }
}

bool
domain_devices_complete(DomainDef *def, const DomainParseContext *context, GError **error)
{
    const DomainDeviceFamily *family;

    for (family = domain_device_families; family->element; family++) {
        const GPtrArray *array = domain_def_devices(def, family);

        for (guint i = 0; family->complete && i < array->len; i++) {
            if (!family->complete(def, g_ptr_array_index(array, i), context, error))
                return false;
        }
    }
    for (family = domain_device_families; family->element; family++) {
        if (family->imply && !family->imply(def, context, error))
            return false;
    }
    return true;
}

bool
domain_devices_validate(const DomainDef *def, GError **error)
{
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        const GPtrArray *array = domain_def_devices(def, family);

        for (guint i = 0; family->validate && i < array->len; i++) {
            if (!family->validate(def, g_ptr_array_index(array, i), error))
                return false;
        }
    }
    return true;
}
