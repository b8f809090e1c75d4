/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_node_device.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

/* --- names: "pci_0000_00_1f_2" here is "0000:00:1f.2" in sysfs --------------------- */

static bool
parse_name(const char *name, DomainDeviceAddress *address)
{
    if (!g_regex_match_simple("^pci_[0-9a-f]{4}_[0-9a-f]{2}_[01][0-9a-f]_[0-7]$", name,
                              G_REGEX_DOLLAR_ENDONLY, 0))
        return false;
    *address = (DomainDeviceAddress){.type = DOMAIN_ADDRESS_PCI};
    address->pci.domain = (unsigned)g_ascii_strtoull(name + strlen("pci_"), NULL, 16);
    address->pci.bus = (unsigned)g_ascii_strtoull(name + strlen("pci_0000_"), NULL, 16);
    address->pci.slot = (unsigned)g_ascii_strtoull(name + strlen("pci_0000_00_"), NULL, 16);
    address->pci.function = (unsigned)g_ascii_strtoull(name + strlen("pci_0000_00_1f_"), NULL, 16);
    return true;
}

/* NULL for the name of a folder that is none of a device's. */
static char *
dup_name(const char *folder)
{
    g_autofree char *name = g_strconcat("pci_", folder, NULL);
    DomainDeviceAddress address;

    g_strdelimit(name, ":.", '_');
    return parse_name(name, &address) ? g_steal_pointer(&name) : NULL;
}

char *
libxl_node_device_dup_path(const char *sysfs, const char *name)
{
    DomainDeviceAddress address;
    g_autofree char *folder = NULL;

    if (!parse_name(name, &address))
        return NULL;
    folder = g_strdup_printf("%04x:%02x:%02x.%x", address.pci.domain, address.pci.bus,
                             address.pci.slot, address.pci.function);
    return g_build_filename(sysfs, "bus/pci/devices", folder, NULL);
}

/* --- finding them ------------------------------------------------------------------ */

static gint
compare(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

GPtrArray *
libxl_node_device_list(const char *sysfs)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = g_build_filename(sysfs, "bus/pci/devices", NULL);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *entry;

    while (folder && (entry = g_dir_read_name(folder))) {
        char *name = dup_name(entry);

        if (name)
            g_ptr_array_add(names, name);
    }
    g_ptr_array_sort(names, compare);
    return names;
}

bool
libxl_node_device_find(const char *sysfs, const char *name, DomainDeviceAddress *address,
                       GError **error)
{
    g_autofree char *path = libxl_node_device_dup_path(sysfs, name);

    if (path && g_file_test(path, G_FILE_TEST_IS_DIR))
        return parse_name(name, address);
    return virtxl_error_set(error, VIR_ERR_NO_NODE_DEVICE,
                            _("no node device with matching name '%s'"), name);
}

/* --- what is known of one ----------------------------------------------------------- */

/* The folder's own place among the buses of the host, NULL if it has gone. */
static char *
dup_real_path(const char *sysfs, const char *name)
{
    g_autofree char *path = libxl_node_device_dup_path(sysfs, name);
    char *real = realpath(path, NULL);
    char *copy = g_strdup(real);

    free(real);
    return copy;
}

char *
libxl_node_device_dup_parent(const char *sysfs, const char *name)
{
    g_autofree char *path = dup_real_path(sysfs, name);
    g_autofree char *parent = path ? g_path_get_dirname(path) : NULL;
    g_autofree char *folder = parent ? g_path_get_basename(parent) : NULL;

    return folder ? dup_name(folder) : NULL;
}

/* One line of the kernel's, "" if it is not there. */
static char *
read_line(const char *path, const char *file)
{
    g_autofree char *full = g_build_filename(path, file, NULL);
    char *text = NULL;

    return g_file_get_contents(full, &text, NULL, NULL) ? g_strstrip(text) : g_strdup("");
}

static void
add_driver(xmlNode *device, const char *path)
{
    g_autofree char *link = g_build_filename(path, "driver", NULL);
    g_autofree char *target = g_file_read_link(link, NULL);
    g_autofree char *driver = target ? g_path_get_basename(target) : NULL;

    if (driver)
        conf_xml_add_text(conf_xml_add(device, "driver"), "name", driver);
}

static void
add_number(xmlNode *parent, const char *name, unsigned number)
{
    g_autofree char *text = g_strdup_printf("%u", number);

    conf_xml_add_text(parent, name, text);
}

static void
add_capability(xmlNode *device, const char *path, const DomainDeviceAddress *address)
{
    g_autofree char *class = read_line(path, "class");
    g_autofree char *product = read_line(path, "device");
    g_autofree char *vendor = read_line(path, "vendor");
    xmlNode *capability = conf_xml_add(device, "capability");

    conf_xml_set(capability, "type", "pci");
    conf_xml_add_text(capability, "class", class);
    add_number(capability, "domain", address->pci.domain);
    add_number(capability, "bus", address->pci.bus);
    add_number(capability, "slot", address->pci.slot);
    add_number(capability, "function", address->pci.function);
    conf_xml_set(conf_xml_add(capability, "product"), "id", product);
    conf_xml_set(conf_xml_add(capability, "vendor"), "id", vendor);
}

char *
libxl_node_device_print(const char *sysfs, const char *name)
{
    g_autofree char *path = libxl_node_device_dup_path(sysfs, name);
    g_autofree char *real_path = dup_real_path(sysfs, name);
    g_autofree char *parent = libxl_node_device_dup_parent(sysfs, name);
    g_autoptr(xmlDoc) doc = conf_xml_new("device");
    xmlNode *device = conf_xml_root(doc);
    DomainDeviceAddress address = {0};

    parse_name(name, &address);
    conf_xml_add_text(device, "name", name);
    conf_xml_add_text(device, "path", real_path ? real_path : path);
    if (parent)
        conf_xml_add_text(device, "parent", parent);
    add_driver(device, path);
    add_capability(device, path, &address);
    return conf_xml_print(device, 0);
}
