/* Devices by themselves; see domain_device_edit.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_device_edit.h"

#include <libvirt/libvirt.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

static const DomainParseDefaults no_defaults;

void
domain_device_free(DomainDevice *device)
{
    if (!device)
        return;
    if (device->device)
        device->family->free(device->device);
    g_free(device);
}

/* --- parsing ---------------------------------------------------------------- */

static bool
is_device(const char *element)
{
    for (const ConfXmlOrder *known = domain_devices_order; known->name; known++) {
        if (strcmp(known->name, element) == 0)
            return strcmp(element, "emulator") != 0;
    }
    return false;
}

static const DomainDeviceFamily *
find_family(const xmlNode *node, GError **error)
{
    const char *element = (const char *)node->name;
    const DomainDeviceFamily *family = node->ns ? NULL : domain_device_family_find(element);

    if (family)
        return family;
    if (is_device(element))
        virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                         _("a device <%s> by itself is not supported"), element);
    else
        virtxl_error_set(error, VIR_ERR_XML_ERROR, _("unknown device type '%s'"), element);
    return NULL;
}

DomainDevice *
domain_device_parse_string(const char *xml, const DomainParseDefaults *defaults, unsigned flags,
                           GError **error)
{
    DomainParseContext context = {flags, defaults ? defaults : &no_defaults};
    g_autoptr(xmlDoc) doc = conf_xml_parse(xml, "device_definition", NULL, error);
    xmlNode *node = doc ? conf_xml_root(doc) : NULL;
    g_autoptr(DomainDevice) device = g_new0(DomainDevice, 1);

    device->family = node ? find_family(node, error) : NULL;
    if (!device->family)
        return NULL;
    device->has_type = xmlHasProp(node, (const xmlChar *)"type") != NULL;
    device->device = device->family->parse(node, &context, error);
    return device->device ? g_steal_pointer(&device) : NULL;
}

/* --- into a definition and out of it ------------------------------------------ */

static void
insert(DomainDef *def, const DomainDeviceFamily *family, gpointer device)
{
    GPtrArray *devices = domain_def_devices(def, family);

    if (family->insert)
        family->insert(devices, device);
    else
        g_ptr_array_add(devices, device);
}

bool
domain_def_add_device(DomainDef *def, DomainDevice *device, const DomainParseDefaults *defaults,
                      unsigned flags, GError **error)
{
    DomainParseContext context = {flags, defaults ? defaults : &no_defaults};
    const DomainDeviceFamily *controllers = domain_device_family_find("controller");
    gpointer added = g_steal_pointer(&device->device);

    insert(def, device->family, added);
    if (device->family->complete && !device->family->complete(def, added, &context, error))
        return false;
    return controllers->imply(def, &context, error);
}

void
domain_def_remove_device(DomainDef *def, const DomainDeviceFamily *family, gpointer device)
{
    g_ptr_array_remove(domain_def_devices(def, family), device);
}

/* --- finding ------------------------------------------------------------------- */

static char *
print(const DomainDeviceFamily *family, gconstpointer device)
{
    g_autoptr(xmlDoc) doc = conf_xml_new("devices");

    family->format(device, conf_xml_root(doc), VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    return conf_xml_print(conf_xml_root(doc), 0);
}

char *
domain_device_print(const DomainDevice *device)
{
    g_autoptr(xmlDoc) doc = conf_xml_new("devices");

    device->family->format(device->device, conf_xml_root(doc),
                           VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    return conf_xml_print(xmlFirstElementChild(conf_xml_root(doc)), 0);
}

/* As it would be in @def: with what is filled in there. */
static char *
print_completed(const DomainDef *def, const DomainDevice *device)
{
    DomainParseContext context = {0, &no_defaults};
    g_autoptr(DomainDef) scratch = domain_def_copy(def);

    if (device->family->complete)
        device->family->complete(scratch, device->device, &context, NULL);
    return print(device->family, device->device);
}

gpointer
domain_def_find_device(const DomainDef *def, const DomainDevice *device)
{
    const GPtrArray *devices = domain_def_devices(def, device->family);
    g_autofree char *wanted = print_completed(def, device);

    for (guint i = 0; i < devices->len; i++) {
        g_autofree char *text = print(device->family, devices->pdata[i]);

        if (strcmp(text, wanted) == 0)
            return devices->pdata[i];
    }
    return NULL;
}

gpointer
domain_def_find_alias(const DomainDef *def, const char *alias, const DomainDeviceFamily **family)
{
    for (*family = domain_device_families; (*family)->element; (*family)++) {
        const GPtrArray *devices = domain_def_devices(def, *family);

        for (guint i = 0; i < devices->len; i++) {
            const DomainDeviceInfo *info = devices->pdata[i];

            if (g_strcmp0(info->alias, alias) == 0)
                return devices->pdata[i];
        }
    }
    return NULL;
}
