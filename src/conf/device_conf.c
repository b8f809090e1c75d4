/* What every device has; see device_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/device_conf.h"

#include <libvirt/libvirt.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

/* The types that libvirt knows; the ones of DomainAddressType in its order. */
static const char *const address_type_names[] = {
    "",    "pci", "drive",       "virtio-serial", "ccid",       "usb",         "spapr-vio",
    "ccw", "isa", "virtio-mmio", "dimm",          "unassigned", "virtio-s390", NULL,
};

void
domain_device_info_clear(DomainDeviceInfo *info)
{
    g_clear_pointer(&info->alias, g_free);
    if (info->address.type == DOMAIN_ADDRESS_USB)
        g_free(info->address.usb.port);
    info->address.type = DOMAIN_ADDRESS_NONE;
    conf_xml_kept_free(info->kept);
    info->kept = NULL;
}

/* --- parsing -------------------------------------------------------------- */

/* A number of a pci address: hexadecimal with 0x, octal with 0, or decimal. */
static bool
parse_pci_number(xmlNode *node, const char *name, unsigned limit, unsigned *value, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, name);
    char *end = NULL;
    guint64 number;

    if (!text)
        return true;
    number = g_ascii_strtoull(text, &end, 0);
    if (end == text || *end || *text == '-' || number > limit)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Invalid value for attribute '%s' in element 'address': '%s'"),
                                name, text);
    *value = (unsigned)number;
    return true;
}

bool
domain_pci_address_parse(DomainDeviceAddress *address, xmlNode *node, GError **error)
{
    address->pci.empty = true;
    for (xmlAttr *attr = node->properties; attr; attr = attr->next) {
        if (strcmp((const char *)attr->name, "type") != 0)
            address->pci.empty = false;
    }
    return parse_pci_number(node, "domain", 0xffff, &address->pci.domain, error) &&
           parse_pci_number(node, "bus", 0xff, &address->pci.bus, error) &&
           parse_pci_number(node, "slot", 0x1f, &address->pci.slot, error) &&
           parse_pci_number(node, "function", 7, &address->pci.function, error) &&
           conf_xml_attr_on_off(node, "multifunction", &address->pci.multifunction, error);
}

static bool
parse_number(xmlNode *node, const char *name, unsigned *value, GError **error)
{
    return conf_xml_attr_uint(node, name, value, NULL, VIR_ERR_XML_ERROR, error);
}

static bool
parse_drive(DomainDeviceAddress *address, xmlNode *node, GError **error)
{
    return parse_number(node, "controller", &address->drive.controller, error) &&
           parse_number(node, "bus", &address->drive.bus, error) &&
           parse_number(node, "target", &address->drive.target, error) &&
           parse_number(node, "unit", &address->drive.unit, error);
}

static bool
parse_virtio_serial(DomainDeviceAddress *address, xmlNode *node, GError **error)
{
    return parse_number(node, "controller", &address->virtio_serial.controller, error) &&
           parse_number(node, "bus", &address->virtio_serial.bus, error) &&
           parse_number(node, "port", &address->virtio_serial.port, error);
}

static bool
parse_ccid(DomainDeviceAddress *address, xmlNode *node, GError **error)
{
    return parse_number(node, "controller", &address->ccid.controller, error) &&
           parse_number(node, "slot", &address->ccid.slot, error);
}

/* "1", "1.4": at most four numbers */
static bool
is_usb_port(const char *port)
{
    g_auto(GStrv) numbers = g_strsplit(port, ".", -1);

    if (g_strv_length(numbers) < 1 || g_strv_length(numbers) > 4)
        return false;
    for (char **number = numbers; *number; number++) {
        guint64 value;

        if (!g_ascii_string_to_unsigned(*number, 10, 0, G_MAXUINT, &value, NULL))
            return false;
    }
    return true;
}

static bool
parse_usb(DomainDeviceAddress *address, xmlNode *node, GError **error)
{
    address->usb.port = conf_xml_attr(node, "port");
    if (address->usb.port && !is_usb_port(address->usb.port))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("Cannot parse <address> 'port' attribute '%s'"),
                                address->usb.port);
    return parse_number(node, "bus", &address->usb.bus, error);
}

static bool
parse_address(DomainDeviceInfo *info, xmlNode *node, GError **error)
{
    static bool (*const parsers[])(DomainDeviceAddress *, xmlNode *, GError **) = {
        [DOMAIN_ADDRESS_PCI] = domain_pci_address_parse,
        [DOMAIN_ADDRESS_DRIVE] = parse_drive,
        [DOMAIN_ADDRESS_CCID] = parse_ccid,
        [DOMAIN_ADDRESS_VIRTIO_SERIAL] = parse_virtio_serial,
        [DOMAIN_ADDRESS_USB] = parse_usb,
    };
    int type = DOMAIN_ADDRESS_NONE;

    if (!conf_xml_attr_enum(node, "type", address_type_names, &type, VIR_ERR_CONFIG_UNSUPPORTED,
                            error))
        return false;
    if (type == DOMAIN_ADDRESS_NONE)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("Missing required attribute 'type' in element 'address'"));
    info->address.type = (DomainAddressType)MIN(type, DOMAIN_ADDRESS_OTHER);
    if (info->address.type == DOMAIN_ADDRESS_OTHER) {
        conf_xml_unsee(node);
        return true;
    }
    return parsers[type](&info->address, node, error);
}

/* An alias of the user's own, which survives in the inactive definition. */
static bool
is_user_alias(const char *alias)
{
    return g_str_has_prefix(alias, "ua-") &&
           strspn(alias, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
               strlen(alias);
}

static void
parse_alias(DomainDeviceInfo *info, xmlNode *node, const DomainParseContext *context)
{
    g_autofree char *alias = conf_xml_attr(node, "name");

    if (alias && (!(context->flags & DOMAIN_PARSE_INACTIVE) || is_user_alias(alias)))
        info->alias = g_steal_pointer(&alias);
}

static bool
parse_boot(DomainDeviceInfo *info, xmlNode *node, GError **error)
{
    g_autofree char *order = conf_xml_attr(node, "order");
    guint64 number;

    if (!order)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Missing required attribute 'order' in element 'boot'"));
    if (!conf_parse_uint64(order, &number) || number == 0 || number > G_MAXUINT)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Invalid value for attribute 'order' in element 'boot': '%s'"),
                                order);
    info->boot_order = (unsigned)number;
    return true;
}

bool
domain_device_info_parse(DomainDeviceInfo *info, xmlNode *node, const DomainParseContext *context,
                         GError **error)
{
    xmlNode *alias = conf_xml_child(node, "alias");
    xmlNode *address = conf_xml_child(node, "address");
    xmlNode *boot = conf_xml_child(node, "boot");

    if (alias)
        parse_alias(info, alias, context);
    if (address && !parse_address(info, address, error))
        return false;
    if (boot && !parse_boot(info, boot, error))
        return false;
    info->kept = conf_xml_keep(node);
    return true;
}

/* --- formatting ----------------------------------------------------------- */

void
domain_device_info_format_boot(const DomainDeviceInfo *info, xmlNode *device)
{
    if (info->boot_order > 0)
        conf_xml_setf(conf_xml_add(device, "boot"), "order", "%u", info->boot_order);
}

bool
domain_pci_address_equal(const DomainDeviceAddress *left, const DomainDeviceAddress *right)
{
    return left->pci.domain == right->pci.domain && left->pci.bus == right->pci.bus &&
           left->pci.slot == right->pci.slot && left->pci.function == right->pci.function;
}

void
domain_pci_address_format(const DomainDeviceAddress *address, xmlNode *node)
{
    if (address->pci.empty)
        return;
    conf_xml_setf(node, "domain", "0x%04x", address->pci.domain);
    conf_xml_setf(node, "bus", "0x%02x", address->pci.bus);
    conf_xml_setf(node, "slot", "0x%02x", address->pci.slot);
    conf_xml_setf(node, "function", "0x%x", address->pci.function);
    conf_xml_set_on_off(node, "multifunction", address->pci.multifunction);
}

static void
format_address(const DomainDeviceAddress *address, xmlNode *device)
{
    xmlNode *node = conf_xml_add(device, "address");

    conf_xml_set(node, "type", address_type_names[address->type]);
    switch (address->type) {
    case DOMAIN_ADDRESS_PCI:
        domain_pci_address_format(address, node);
        break;
    case DOMAIN_ADDRESS_DRIVE:
        conf_xml_setf(node, "controller", "%u", address->drive.controller);
        conf_xml_setf(node, "bus", "%u", address->drive.bus);
        conf_xml_setf(node, "target", "%u", address->drive.target);
        conf_xml_setf(node, "unit", "%u", address->drive.unit);
        break;
    case DOMAIN_ADDRESS_VIRTIO_SERIAL:
        conf_xml_setf(node, "controller", "%u", address->virtio_serial.controller);
        conf_xml_setf(node, "bus", "%u", address->virtio_serial.bus);
        conf_xml_setf(node, "port", "%u", address->virtio_serial.port);
        break;
    case DOMAIN_ADDRESS_CCID:
        conf_xml_setf(node, "controller", "%u", address->ccid.controller);
        conf_xml_setf(node, "slot", "%u", address->ccid.slot);
        break;
    case DOMAIN_ADDRESS_USB:
        conf_xml_setf(node, "bus", "%u", address->usb.bus);
        conf_xml_set(node, "port", address->usb.port);
        break;
    case DOMAIN_ADDRESS_NONE:
    case DOMAIN_ADDRESS_OTHER:
        break;
    }
}

void
domain_device_info_format(const DomainDeviceInfo *info, xmlNode *device, const ConfXmlOrder *order,
                          unsigned flags)
{
    bool for_next_start = flags & (VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_MIGRATABLE);

    if (info->alias && (!for_next_start || is_user_alias(info->alias)))
        conf_xml_set(conf_xml_add(device, "alias"), "name", info->alias);
    if (info->address.type != DOMAIN_ADDRESS_NONE && info->address.type != DOMAIN_ADDRESS_OTHER)
        format_address(&info->address, device);
    conf_xml_put_kept(device, info->kept, order);
}
