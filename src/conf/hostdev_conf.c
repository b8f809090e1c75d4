/* Devices of the host: <hostdev>; see hostdev_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/hostdev_conf.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

/* Those of DomainHostdevType first, and in its order. */
static ConfNames type_names = {"usb", "pci", "scsi", "scsi_host", "mdev", NULL};

static ConfNames mode_names = {"subsystem", "capabilities", NULL};
static ConfNames driver_names = {"kvm", "vfio", "xen", NULL};

static const ConfXmlOrder source_order[] = {{"vendor"}, {"product"}, {"address"}, {NULL}};

static const ConfXmlOrder hostdev_order[] = {
    {"driver"},    {"source", source_order},
    {"teaming"},   {"readonly"},
    {"shareable"}, {"boot"},
    {"alias"},     {"rom"},
    {"acpi"},      {"address"},
    {NULL},
};

DomainHostdevDef *
domain_hostdev_def_new(void)
{
    return g_new0(DomainHostdevDef, 1);
}

void
domain_hostdev_def_free(DomainHostdevDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    g_free(def->type_name);
    g_free(def->driver);
    g_free(def);
}

/* --- parsing -------------------------------------------------------------- */

/* A number in any base that C knows. */
static bool
parse_number(xmlNode *node, const char *name, unsigned limit, unsigned *value, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, name);
    char *end = NULL;
    guint64 number;

    if (!text)
        return conf_xml_refuse_missing(node, name, error);
    number = g_ascii_strtoull(text, &end, 0);
    if (!g_ascii_isdigit(*text) || *end || number > limit)
        return conf_xml_refuse_attr(node, name, text, error);
    *value = (unsigned)number;
    return true;
}

static bool
parse_usb_id(xmlNode *node, unsigned *id, GError **error)
{
    if (!parse_number(node, "id", 0xffff, id, error))
        return false;
    return *id > 0 || conf_xml_refuse_attr(node, "id", "0", error);
}

static bool
parse_usb(DomainHostdevDef *def, xmlNode *source, GError **error)
{
    xmlNode *vendor = conf_xml_child(source, "vendor");
    xmlNode *product = conf_xml_child(source, "product");
    xmlNode *address = conf_xml_child(source, "address");

    if ((vendor && !parse_usb_id(vendor, &def->usb.vendor, error)) ||
        (product && !parse_usb_id(product, &def->usb.product, error)))
        return false;
    if (vendor && !product)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("missing <product> beside <vendor> of a usb hostdev"));
    if (product && !vendor)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("missing <vendor> beside <product> of a usb hostdev"));
    def->usb.has_address = address != NULL;
    return !address || (parse_number(address, "bus", G_MAXUINT, &def->usb.bus, error) &&
                        parse_number(address, "device", G_MAXUINT, &def->usb.device, error));
}

static bool
parse_pci(DomainHostdevDef *def, xmlNode *node, xmlNode *source, GError **error)
{
    xmlNode *address = conf_xml_child(source, "address");
    xmlNode *driver = conf_xml_child(node, "driver");
    int number = -1;

    if (driver &&
        !conf_xml_attr_enum(driver, "name", driver_names, &number, VIR_ERR_XML_ERROR, error))
        return false;
    if (number >= 0)
        def->driver = g_strdup(driver_names[number]);
    if (!conf_xml_attr_yes_no(source, "writeFiltering", &def->write_filtering, error) ||
        (address && !domain_pci_address_parse(&def->pci, address, error)))
        return false;
    def->pci.type = DOMAIN_ADDRESS_PCI;
    def->pci.pci.empty = false;
    return true;
}

/* A device of one of the types in type_names. */
static bool
parse_subsystem(DomainHostdevDef *def, xmlNode *node, GError **error)
{
    g_autofree char *managed = conf_xml_attr(node, "managed");
    xmlNode *source = conf_xml_child(node, "source");
    int type = conf_names_find(type_names, def->type_name);

    def->managed = g_strcmp0(managed, "yes") == 0;
    if (!source)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Missing <source> element in hostdev device"));
    if (type < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("unknown host device source address type '%s'"), def->type_name);
    def->type = (DomainHostdevType)MIN(type, DOMAIN_HOSTDEV_OTHER);
    switch (def->type) {
    case DOMAIN_HOSTDEV_USB:
        return parse_usb(def, source, error);
    case DOMAIN_HOSTDEV_PCI:
        return parse_pci(def, node, source, error);
    case DOMAIN_HOSTDEV_OTHER:
        break;
    }
    conf_xml_unsee(source);
    return true;
}

static bool
parse_hostdev(DomainHostdevDef *def, xmlNode *node, GError **error)
{
    int mode = 0;

    if (!conf_xml_attr_enum(node, "mode", mode_names, &mode, VIR_ERR_CONFIG_UNSUPPORTED, error))
        return false;
    def->type_name = conf_xml_attr(node, "type");
    if (!def->type_name)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("missing source address type"));
    def->capabilities = mode == 1;
    if (!def->capabilities)
        return parse_subsystem(def, node, error);
    def->type = DOMAIN_HOSTDEV_OTHER;
    return true;
}

DomainHostdevDef *
domain_hostdev_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    g_autoptr(DomainHostdevDef) def = domain_hostdev_def_new();

    if (!parse_hostdev(def, node, error) ||
        !domain_device_info_parse(&def->info, node, context, error))
        return NULL;
    return g_steal_pointer(&def);
}

/* --- formatting ----------------------------------------------------------- */

static void
format_pci(const DomainHostdevDef *def, xmlNode *hostdev)
{
    xmlNode *source;

    conf_xml_add_with_attr(hostdev, "driver", "name", def->driver);
    source = conf_xml_add(hostdev, "source");
    conf_xml_set_yes_no(source, "writeFiltering", def->write_filtering);
    domain_pci_address_format(&def->pci, conf_xml_add(source, "address"));
}

static void
format_usb(const DomainHostdevDef *def, xmlNode *hostdev)
{
    xmlNode *source = conf_xml_add(hostdev, "source");

    if (def->usb.vendor) {
        conf_xml_setf(conf_xml_add(source, "vendor"), "id", "0x%04x", def->usb.vendor);
        conf_xml_setf(conf_xml_add(source, "product"), "id", "0x%04x", def->usb.product);
    }
    if (def->usb.has_address) {
        xmlNode *address = conf_xml_add(source, "address");

        conf_xml_setf(address, "bus", "%u", def->usb.bus);
        conf_xml_setf(address, "device", "%u", def->usb.device);
    }
}

void
domain_hostdev_def_format(const DomainHostdevDef *def, xmlNode *devices, unsigned flags)
{
    xmlNode *hostdev = conf_xml_add(devices, "hostdev");

    conf_xml_set(hostdev, "mode", mode_names[def->capabilities]);
    conf_xml_set(hostdev, "type", def->type_name);
    if (!def->capabilities)
        conf_xml_set(hostdev, "managed", def->managed ? "yes" : "no");
    if (def->type == DOMAIN_HOSTDEV_PCI)
        format_pci(def, hostdev);
    else if (def->type == DOMAIN_HOSTDEV_USB)
        format_usb(def, hostdev);
    domain_device_info_format_boot(&def->info, hostdev);
    domain_device_info_format(&def->info, hostdev, hostdev_order, flags);
}

/* --- in a domain ---------------------------------------------------------- */

bool
domain_hostdev_complete(DomainDef *def G_GNUC_UNUSED, gpointer hostdev,
                        const DomainParseContext *context G_GNUC_UNUSED,
                        GError **error G_GNUC_UNUSED)
{
    DomainHostdevDef *device = hostdev;

    if (device->type == DOMAIN_HOSTDEV_PCI && !device->driver)
        device->driver = g_strdup("xen");
    return true;
}

static bool
is_same_pci(const DomainHostdevDef *one, const DomainHostdevDef *other)
{
    return one->pci.pci.domain == other->pci.pci.domain && one->pci.pci.bus == other->pci.pci.bus &&
           one->pci.pci.slot == other->pci.pci.slot &&
           one->pci.pci.function == other->pci.pci.function;
}

static bool
is_same_usb(const DomainHostdevDef *one, const DomainHostdevDef *other)
{
    if (one->usb.has_address && other->usb.has_address)
        return one->usb.bus == other->usb.bus && one->usb.device == other->usb.device;
    return !one->usb.has_address && !other->usb.has_address && one->usb.vendor &&
           one->usb.vendor == other->usb.vendor && one->usb.product == other->usb.product;
}

static bool
is_same(const DomainHostdevDef *one, const DomainHostdevDef *other)
{
    if (one->type != other->type || one->type == DOMAIN_HOSTDEV_OTHER)
        return false;
    return one->type == DOMAIN_HOSTDEV_PCI ? is_same_pci(one, other) : is_same_usb(one, other);
}

bool
domain_hostdev_validate(const DomainDef *def, gconstpointer hostdev, GError **error)
{
    return !((const DomainHostdevDef *)hostdev)->capabilities ||
           virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("domain '%s': <hostdev mode='capabilities'> is not possible on Xen"),
                            def->name);
}

bool
domain_hostdevs_validate(const DomainDef *def, GError **error)
{
    for (guint i = 0; i < def->hostdevs->len; i++) {
        for (guint j = 0; j < i; j++) {
            if (is_same(def->hostdevs->pdata[i], def->hostdevs->pdata[j]))
                return virtxl_error_set(
                    error, VIR_ERR_XML_ERROR,
                    _("Hostdev already exists in the domain configuration of '%s'"), def->name);
        }
    }
    return true;
}
