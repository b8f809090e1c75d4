/* Devices of the host (pci=, usbdev=), USB controllers (usbctrl=) and the limits of the
 * Xen bus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <libxl.h>
#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

static xmlNode *
add_hostdev(xmlNode *domain, const char *type)
{
    xmlNode *hostdev = xen_xl_add_device(domain, "hostdev");

    conf_xml_set(hostdev, "mode", "subsystem");
    conf_xml_set(hostdev, "type", type);
    conf_xml_set(hostdev, "managed", "no");
    return hostdev;
}

/* --- PCI -------------------------------------------------------------------------- */

#define PERMISSIVE "permissive="

static xmlNode *
add_pci(xmlNode *domain)
{
    xmlNode *hostdev = add_hostdev(domain, "pci");

    conf_xml_add_with_attr(hostdev, "driver", "name", "xen");
    return hostdev;
}

/* What follows the address. A definition has a word for one option: whether the guest may
 * write what Xen filters. */
static void
parse_pci_options(XenXlConfig *config, const char *item, xmlNode *source)
{
    g_auto(GStrv) options = g_strsplit(item, ",", -1);
    const char *permissive = NULL;

    for (char **option = options + 1; *option; option++) {
        if (g_str_has_prefix(g_strstrip(*option), PERMISSIVE))
            permissive = *option + strlen(PERMISSIVE);
        else
            xen_xl_config_ignore(config, "pci", *option);
    }
    if (permissive)
        conf_xml_set(source, "writeFiltering",
                     g_ascii_strtoll(permissive, NULL, 10) != 0 ? "no" : "yes");
}

/* libxlutil reads past the end of an address that has other parts than these (4.17). */
static int
parse_address(XenXlConfig *config, libxl_device_pci *pci, const char *item)
{
    if (!g_regex_match_simple("^([[:xdigit:]]{1,4}:)?[[:xdigit:]]{1,2}:[[:xdigit:]]{1,2}\\."
                              "[0-7](@[[:xdigit:]]{1,2})?(,|$)",
                              item, 0, 0))
        return -1;
    return xlu_pci_parse_bdf(xen_xl_config_parser(config), pci, item);
}

static bool
parse_pci(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) items = xen_xl_config_list(config, "pci", error);

    for (guint i = 0; items && i < items->len; i++) {
        libxl_device_pci pci;
        xmlNode *address;
        bool done;

        libxl_device_pci_init(&pci);
        done = parse_address(config, &pci, items->pdata[i]) == 0;
        if (done) {
            address = xen_xl_make(add_pci(domain), "source/address");
            conf_xml_setf(address, "domain", "0x%04x", (unsigned)pci.domain);
            conf_xml_setf(address, "bus", "0x%02x", pci.bus);
            conf_xml_setf(address, "slot", "0x%02x", pci.dev);
            conf_xml_setf(address, "function", "0x%x", pci.func);
            parse_pci_options(config, items->pdata[i], address->parent);
        }
        libxl_device_pci_dispose(&pci);
        if (!done)
            return xen_xl_config_refuse_item(config, "pci", items->pdata[i], error);
    }
    return items != NULL;
}

static unsigned
read_hex(xmlNode *address, const char *name)
{
    g_autofree char *text = conf_xml_attr(address, name);

    return text ? (unsigned)g_ascii_strtoull(text, NULL, 0) : 0;
}

static char *
format_pci(xmlNode *hostdev)
{
    xmlNode *address = xen_xl_find(hostdev, "source/address");
    g_autofree char *filtering = xen_xl_get(hostdev, "source", "writeFiltering");
    const char *option = "";

    conf_xml_drop_attr(hostdev, "managed");
    g_free(conf_xml_child_attr(hostdev, "driver", "name"));
    if (!address)
        return NULL;
    if (filtering)
        option = strcmp(filtering, "no") == 0 ? "," PERMISSIVE "1" : "," PERMISSIVE "0";
    return g_strdup_printf("%04x:%02x:%02x.%x%s", read_hex(address, "domain"),
                           read_hex(address, "bus"), read_hex(address, "slot"),
                           read_hex(address, "function"), option);
}

/* --- USB -------------------------------------------------------------------------- */

static ConfNames usbdev_parts = {"type", "hostbus", "hostaddr", NULL};
static ConfNames usbctrl_parts = {"type", "version", "ports", NULL};

static bool
is_number(const char *text)
{
    guint64 number;

    return text && conf_parse_uint64(text, &number);
}

static bool
parse_usb(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) items = xen_xl_config_list(config, "usbdev", error);

    for (guint i = 0; items && i < items->len; i++) {
        g_autoptr(GHashTable) parts =
            xen_xl_parts_parse(config, "usbdev", items->pdata[i], usbdev_parts);
        const char *bus = g_hash_table_lookup(parts, "hostbus");
        const char *device = g_hash_table_lookup(parts, "hostaddr");
        xmlNode *address;

        if (!is_number(bus) || !is_number(device))
            return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                    _("usbdev: '%s' needs numbers as hostbus= and hostaddr="),
                                    (const char *)items->pdata[i]);
        address = xen_xl_make(add_hostdev(domain, "usb"), "source/address");
        conf_xml_set(address, "bus", bus);
        conf_xml_set(address, "device", device);
    }
    return items != NULL;
}

static char *
format_usb(xmlNode *hostdev)
{
    g_autoptr(GString) item = g_string_new(NULL);
    xmlNode *address = xen_xl_find(hostdev, "source/address");
    g_autofree char *bus = address ? conf_xml_attr(address, "bus") : NULL;
    g_autofree char *device = address ? conf_xml_attr(address, "device") : NULL;

    conf_xml_drop_attr(hostdev, "managed");
    if (!bus || !device)
        return NULL;
    xen_xl_add_part(item, "hostbus", bus);
    xen_xl_add_part(item, "hostaddr", device);
    return g_strdup(item->str);
}

bool
xen_xl_hostdevs_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    return parse_pci(config, domain, error) && parse_usb(config, domain, error);
}

void
xen_xl_hostdevs_format(xmlNode *domain, GString *out)
{
    g_autoptr(GPtrArray) pci = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) usb = g_ptr_array_new_with_free_func(g_free);

    for (xmlNode *hostdev = NULL; (hostdev = xen_xl_next_device(domain, hostdev, "hostdev"));) {
        g_autofree char *mode = conf_xml_attr(hostdev, "mode");
        g_autofree char *type = conf_xml_attr(hostdev, "type");
        char *item = NULL;

        if (g_strcmp0(mode, "subsystem") == 0 && g_strcmp0(type, "pci") == 0) {
            item = format_pci(hostdev);
            g_ptr_array_add(pci, item);
        } else if (g_strcmp0(mode, "subsystem") == 0 && g_strcmp0(type, "usb") == 0) {
            item = format_usb(hostdev);
            g_ptr_array_add(usb, item);
        }
        if (!item)
            conf_xml_unsee(hostdev);
    }
    g_ptr_array_remove(pci, NULL);
    g_ptr_array_remove(usb, NULL);
    xen_xl_put_list(out, "pci", pci);
    xen_xl_put_list(out, "usbdev", usb);
}

/* --- controllers -------------------------------------------------------------------- */

/* Settings that are attributes of the xenbus controller. */
static const char *const limits[][2] = {
    {"max_grant_frames", "maxGrantFrames"},
    {"max_event_channels", "maxEventChannels"},
};

static bool
parse_limits(XenXlConfig *config, xmlNode *domain, GError **error)
{
    xmlNode *xenbus = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
        gint64 number = 0;

        if (!xen_xl_config_number(config, limits[i][0], &number, error))
            return false;
        if (number <= 0)
            continue;
        if (!xenbus) {
            xenbus = xen_xl_add_device(domain, "controller");
            conf_xml_set(xenbus, "type", "xenbus");
        }
        conf_xml_setf(xenbus, limits[i][1], "%" G_GINT64_FORMAT, number);
    }
    return true;
}

/* Paravirtual controllers are models by version; QEMU's have no word. */
static bool
is_paravirtual(const char *type, const char *version)
{
    return g_strcmp0(type, "devicemodel") != 0 && g_strcmp0(version, "3") != 0;
}

static bool
parse_usbctrls(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) items = xen_xl_config_list(config, "usbctrl", error);

    for (guint i = 0; items && i < items->len; i++) {
        g_autoptr(GHashTable) parts =
            xen_xl_parts_parse(config, "usbctrl", items->pdata[i], usbctrl_parts);
        const char *version = g_hash_table_lookup(parts, "version");
        const char *type = g_hash_table_lookup(parts, "type");
        xmlNode *usb;

        if (!is_paravirtual(type, version)) {
            xen_xl_config_ignore(config, "usbctrl", items->pdata[i]);
            continue;
        }
        usb = xen_xl_add_device(domain, "controller");
        conf_xml_set(usb, "type", "usb");
        conf_xml_setf(usb, "index", "%u", i);
        conf_xml_set(usb, "model", g_strcmp0(version, "1") == 0 ? "qusb1" : "qusb2");
        conf_xml_set(usb, "ports", g_hash_table_lookup(parts, "ports"));
    }
    return items != NULL;
}

bool
xen_xl_controllers_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    return parse_limits(config, domain, error) && parse_usbctrls(config, domain, error);
}

static char *
format_usbctrl(xmlNode *usb)
{
    GString *item = g_string_new("type=qusb");
    g_autofree char *model = conf_xml_attr(usb, "model");
    g_autofree char *ports = conf_xml_attr(usb, "ports");

    conf_xml_drop_attr(usb, "index");
    xen_xl_add_part(item, "version", g_strcmp0(model, "qusb1") == 0 ? "1" : "2");
    xen_xl_add_part(item, "ports", ports);
    return g_string_free(item, FALSE);
}

static void
format_limits(xmlNode *xenbus, GString *out)
{
    conf_xml_drop_attr(xenbus, "index");
    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autofree char *number = conf_xml_attr(xenbus, limits[i][1]);

        if (number)
            xen_xl_put_number(out, limits[i][0], g_ascii_strtoll(number, NULL, 10));
    }
}

void
xen_xl_controllers_format(xmlNode *domain, GString *out)
{
    g_autoptr(GPtrArray) usb = g_ptr_array_new_with_free_func(g_free);

    for (xmlNode *controller = NULL;
         (controller = xen_xl_next_device(domain, controller, "controller"));) {
        g_autofree char *type = conf_xml_attr(controller, "type");

        if (g_strcmp0(type, "xenbus") == 0)
            format_limits(controller, out);
        else if (g_strcmp0(type, "usb") == 0)
            g_ptr_array_add(usb, format_usbctrl(controller));
        else
            /* buses that the machine has by itself */
            conf_xml_drop_attr(controller, "index");
    }
    xen_xl_put_list(out, "usbctrl", usb);
}
