/* How xl.cfg has a guest boot, its features, its CPU model and its clock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- boot ------------------------------------------------------------------------- */

/* The letters of boot=, and what a definition calls them. */
static const char boot_letters[] = "acdn";
static ConfNames boot_devices = {"fd", "hd", "cdrom", "network", NULL};

static bool
parse_boot(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *order = NULL;

    if (!xen_xl_config_text(config, "boot", &order, error))
        return false;
    for (; order && *order; order++) {
        const char *letter = strchr(boot_letters, *order);
        char other[] = {*order, '\0'};

        if (letter)
            conf_xml_set(conf_xml_add(xen_xl_make(domain, "os"), "boot"), "dev",
                         boot_devices[letter - boot_letters]);
        else
            xen_xl_config_ignore(config, "boot", other);
    }
    return true;
}

static void
format_boot(xmlNode *domain, GString *out)
{
    g_autoptr(GString) order = g_string_new(NULL);
    xmlNode *os = xen_xl_find(domain, "os");

    for (xmlNode *boot = NULL; os && (boot = conf_xml_next_child(os, boot, "boot"));) {
        g_autofree char *device = conf_xml_attr(boot, "dev");
        int i = device ? conf_names_find(boot_devices, device) : -1;

        if (i >= 0)
            g_string_append_c(order, boot_letters[i]);
    }
    if (order->len > 0)
        xen_xl_put_text(out, "boot", order->str);
}

/* cmdline=, or what xl makes of the older root= and extra=. */
static bool
parse_command_line(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *whole = NULL, *root = NULL, *extra = NULL;
    g_autofree char *joined = NULL;

    if (!xen_xl_config_text(config, "cmdline", &whole, error) ||
        !xen_xl_config_text(config, "root", &root, error) ||
        !xen_xl_config_text(config, "extra", &extra, error))
        return false;
    if (whole && root)
        xen_xl_config_ignore(config, "root", root);
    if (whole && extra)
        xen_xl_config_ignore(config, "extra", extra);
    if (!whole && root)
        joined = g_strconcat("root=", root, extra ? " " : NULL, extra, NULL);
    if (whole || joined || extra)
        xen_xl_set(domain, "os/cmdline", NULL, whole ? whole : joined ? joined : extra);
    return true;
}

/* Settings of kernels and boot loaders that are one element each. */
static const struct {
    const char *setting;
    const char *path;
    bool of_hvm;
    bool of_others;
} boot_texts[] = {
    {"kernel", "os/kernel", true, true},
    {"ramdisk", "os/initrd", true, true},
    {"bootloader", "bootloader", false, true},
    {"bootargs", "bootloader_args", false, true},
};

static bool
parse_boot_texts(XenXlConfig *config, xmlNode *domain, GError **error)
{
    bool is_hvm = xen_xl_is_hvm(domain);

    for (gsize i = 0; i < G_N_ELEMENTS(boot_texts); i++) {
        const char *text = NULL;

        if (!(is_hvm ? boot_texts[i].of_hvm : boot_texts[i].of_others))
            continue;
        if (!xen_xl_config_text(config, boot_texts[i].setting, &text, error))
            return false;
        if (text)
            xen_xl_set(domain, boot_texts[i].path, NULL, text);
    }
    return true;
}

/* bootloader_args= is a list, or a text as the older bootargs=. */
static bool
parse_bootloader_args(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) items = NULL;
    g_autoptr(GString) joined = g_string_new(NULL);

    if (xen_xl_is_hvm(domain) || !xen_xl_config_has(config, "bootloader_args"))
        return true;
    items = xen_xl_config_list(config, "bootloader_args", error);
    if (!items)
        return false;
    for (guint i = 0; i < items->len; i++)
        g_string_append_printf(joined, "%s%s", i ? " " : "", (const char *)items->pdata[i]);
    if (!conf_xml_written_child(domain, "bootloader_args"))
        xen_xl_set(domain, "bootloader_args", NULL, joined->str);
    return true;
}

/* Where Xen's own are, as libvirt says it. OVMF is a flash memory of its own. */
#define HVMLOADER_PATH "/usr/lib/xen/boot/hvmloader"
#define OVMF_PATH      "/usr/lib/xen/boot/ovmf.bin"

static void
set_loader(xmlNode *domain, const char *type, const char *path)
{
    conf_xml_set(xen_xl_make(domain, "os/loader"), "type", type);
    xen_xl_set(domain, "os/loader", NULL, path);
}

static bool
parse_firmware(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *bios = NULL, *path = NULL;

    if (!xen_xl_config_text(config, "bios", &bios, error))
        return false;
    if (g_strcmp0(bios, "ovmf") != 0) {
        if (bios && strcmp(bios, "seabios") != 0)
            xen_xl_config_ignore(config, "bios", bios);
        set_loader(domain, "rom", HVMLOADER_PATH);
        return true;
    }
    if (!xen_xl_config_text(config, "bios_path_override", &path, error))
        return false;
    xen_xl_set(domain, "os/loader", "readonly", "yes");
    set_loader(domain, "pflash", path ? path : OVMF_PATH);
    return true;
}

/* Tables for the guest's ACPI: a definition has one kind. */
static bool
parse_acpi_tables(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *path = NULL;

    if (!xen_xl_config_text(config, "acpi_firmware", &path, error))
        return false;
    if (path) {
        xen_xl_set(domain, "os/acpi/table", NULL, path);
        xen_xl_set(domain, "os/acpi/table", "type", "slic");
    }
    return true;
}

static void
format_acpi_tables(xmlNode *domain, GString *out)
{
    g_autofree char *path = xen_xl_get(domain, "os/acpi/table", NULL);

    if (!path)
        return;
    conf_xml_drop_attr(xen_xl_find(domain, "os/acpi/table"), "type");
    xen_xl_put_text(out, "acpi_firmware", path);
}

static void
format_firmware(xmlNode *domain, GString *out)
{
    g_autofree char *type = xen_xl_get(domain, "os/loader", "type");
    g_autofree char *path = xen_xl_get(domain, "os/loader", NULL);

    g_free(xen_xl_get(domain, "os/loader", "readonly"));
    if (g_strcmp0(type, "pflash") != 0)
        return;
    xen_xl_put_text(out, "bios", "ovmf");
    if (g_strcmp0(path, OVMF_PATH) != 0)
        xen_xl_put_text(out, "bios_path_override", path);
}

bool
xen_xl_os_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    if (!parse_boot_texts(config, domain, error) || !parse_bootloader_args(config, domain, error) ||
        !parse_command_line(config, domain, error))
        return false;
    return !xen_xl_is_hvm(domain) ||
           (parse_firmware(config, domain, error) && parse_acpi_tables(config, domain, error) &&
            parse_boot(config, domain, error));
}

void
xen_xl_os_format(xmlNode *domain, GString *out)
{
    g_autofree char *cmdline = xen_xl_get(domain, "os/cmdline", NULL);
    bool is_hvm = xen_xl_is_hvm(domain);

    /* what the host has decided */
    g_free(xen_xl_get(domain, "os/type", "arch"));
    g_free(xen_xl_get(domain, "os/type", "machine"));
    if (is_hvm)
        format_firmware(domain, out);
    if (is_hvm)
        format_acpi_tables(domain, out);
    for (gsize i = 0; i < G_N_ELEMENTS(boot_texts); i++) {
        if (is_hvm ? boot_texts[i].of_hvm : boot_texts[i].of_others) {
            g_autofree char *text = xen_xl_get(domain, boot_texts[i].path, NULL);

            xen_xl_put_text(out, boot_texts[i].setting, text);
        }
    }
    xen_xl_put_text(out, "cmdline", cmdline);
    if (is_hvm)
        format_boot(domain, out);
}

/* --- features ------------------------------------------------------------------------ */

/* Features that are a number, 0 or 1. Those with a state say both; the others are there
 * or not. @absent is what it means that the setting isn't there. */
static const struct {
    const char *setting;
    const char *path;
    bool has_state;
    bool absent;
    bool of_pvh;
} features[] = {
    {"pae", "features/pae", false, true, false},
    {"acpi", "features/acpi", false, true, false},
    {"apic", "features/apic", false, true, false},
    {"hap", "features/hap", true, true, true},
    {"viridian", "features/viridian", false, false, false},
};

static bool
has_feature(gsize i, xmlNode *domain)
{
    g_autofree char *type = xen_xl_get(domain, "os/type", NULL);

    return g_strcmp0(type, "hvm") == 0 || (features[i].of_pvh && g_strcmp0(type, "xenpvh") == 0);
}

/* viridian= may be a list of groups of enlightenments; which ones can't be said. */
static bool
read_feature(XenXlConfig *config, gsize i, bool *value, GError **error)
{
    g_autoptr(GPtrArray) groups = NULL;

    if (xen_xl_config_is_number(config, features[i].setting))
        return xen_xl_config_bool(config, features[i].setting, value, error);
    groups = xen_xl_config_list(config, features[i].setting, error);
    if (!groups)
        return false;
    for (guint group = 0; group < groups->len; group++)
        xen_xl_config_ignore(config, features[i].setting, groups->pdata[group]);
    *value = groups->len > 0;
    return true;
}

/* passthrough=: whether there is an IOMMU for the guest, and how its page tables are. */
static ConfNames passthrough_modes = {"sync_pt", "share_pt", NULL};

static bool
parse_passthrough(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *value = NULL;
    xmlNode *element;
    bool has_mode;

    if (!xen_xl_config_text(config, "passthrough", &value, error))
        return false;
    if (!value)
        return true;
    has_mode = conf_names_find(passthrough_modes, value) >= 0;
    if (!has_mode && strcmp(value, "enabled") != 0 && strcmp(value, "disabled") != 0) {
        xen_xl_config_ignore(config, "passthrough", value);
        return true;
    }
    element = xen_xl_make(domain, "features/xen/passthrough");
    conf_xml_set(element, "state", strcmp(value, "disabled") == 0 ? "off" : "on");
    if (has_mode)
        conf_xml_set(element, "mode", value);
    return true;
}

static void
format_passthrough(xmlNode *domain, GString *out)
{
    g_autofree char *state = xen_xl_get(domain, "features/xen/passthrough", "state");
    g_autofree char *mode = xen_xl_get(domain, "features/xen/passthrough", "mode");

    if (g_strcmp0(state, "on") == 0)
        xen_xl_put_text(out, "passthrough", mode ? mode : "enabled");
    else if (state)
        xen_xl_put_text(out, "passthrough", "disabled");
}

bool
xen_xl_features_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(features); i++) {
        bool written = xen_xl_config_has(config, features[i].setting);
        bool value = features[i].absent;

        if (!has_feature(i, domain))
            continue;
        if (written && !read_feature(config, i, &value, error))
            return false;
        if (features[i].has_state && value != features[i].absent)
            xen_xl_set(domain, features[i].path, "state", value ? "on" : "off");
        else if (!features[i].has_state && value)
            xen_xl_make(domain, features[i].path);
    }
    return parse_passthrough(config, domain, error);
}

void
xen_xl_features_format(xmlNode *domain, GString *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(features); i++) {
        g_autofree char *state = NULL;
        bool value;

        if (!has_feature(i, domain))
            continue;
        state = xen_xl_get(domain, features[i].path, "state");
        value = xen_xl_find(domain, features[i].path) != NULL;
        if (!features[i].has_state || value)
            xen_xl_put_number(out, features[i].setting, value && g_strcmp0(state, "off") != 0);
    }
    format_passthrough(domain, out);
}
