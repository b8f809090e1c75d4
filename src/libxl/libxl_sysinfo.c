/* The kernel has read the SMBIOS tables and shows the strings of the first of each kind as
 * files, some of them to root only. A string that isn't there is left out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_sysinfo.h"

#include "conf/conf_xml.h"
#include "util/error.h"
#include "util/i18n.h"

static const struct {
    const char *block; /* the document's names */
    const char *entry;
    const char *file; /* the kernel's */
} entries[] = {
    {"bios", "vendor", "bios_vendor"},
    {"bios", "version", "bios_version"},
    {"bios", "date", "bios_date"},
    {"bios", "release", "bios_release"},
    {"system", "manufacturer", "sys_vendor"},
    {"system", "product", "product_name"},
    {"system", "version", "product_version"},
    {"system", "serial", "product_serial"},
    {"system", "uuid", "product_uuid"},
    {"system", "sku", "product_sku"},
    {"system", "family", "product_family"},
    {"baseBoard", "manufacturer", "board_vendor"},
    {"baseBoard", "product", "board_name"},
    {"baseBoard", "version", "board_version"},
    {"baseBoard", "serial", "board_serial"},
    {"baseBoard", "asset", "board_asset_tag"},
    {"chassis", "manufacturer", "chassis_vendor"},
    {"chassis", "version", "chassis_version"},
    {"chassis", "serial", "chassis_serial"},
    {"chassis", "asset", "chassis_asset_tag"},
};

/* A string of the firmware can be any bytes. */
static char *
read_entry(const char *directory, const char *file)
{
    g_autofree char *path = g_build_filename(directory, file, NULL);
    g_autofree char *text = NULL;
    g_autofree char *valid = NULL;
    gsize size;

    if (!g_file_get_contents(path, &text, &size, NULL))
        return NULL;
    valid = g_utf8_make_valid(text, (gssize)size);
    for (char *at = valid; *at; at++) {
        if ((guchar)*at < ' ')
            *at = ' ';
    }
    g_strstrip(valid);
    return *valid ? g_steal_pointer(&valid) : NULL;
}

char *
libxl_sysinfo_format(const char *directory, GError **error)
{
    g_autoptr(xmlDoc) doc = conf_xml_new("sysinfo");
    xmlNode *root = conf_xml_root(doc);
    xmlNode *block = NULL;

    conf_xml_set(root, "type", "smbios");
    for (gsize i = 0; i < G_N_ELEMENTS(entries); i++) {
        g_autofree char *value = read_entry(directory, entries[i].file);

        if (!value)
            continue;
        if (!block || !conf_xml_is(block, entries[i].block))
            block = conf_xml_add(root, entries[i].block);
        conf_xml_set(conf_xml_add_text(block, "entry", value), "name", entries[i].entry);
    }
    if (!block) {
        virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                         _("Host SMBIOS information is not available"));
        return NULL;
    }
    return conf_xml_print(root, 0);
}
