/* Disks: disk=, whose syntax is xl-disk-configuration(5) and is read by libxlutil.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <libxl.h>
#include <string.h>

#include "conf/disk_conf.h"
#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

#define RBD_PREFIX "rbd:"

/* A format's name in xl.cfg and in a definition. */
static const struct {
    libxl_disk_format format;
    const char *setting;
    const char *element;
} formats[] = {
    {LIBXL_DISK_FORMAT_RAW, "raw", "raw"},       {LIBXL_DISK_FORMAT_QCOW, "qcow", "qcow"},
    {LIBXL_DISK_FORMAT_QCOW2, "qcow2", "qcow2"}, {LIBXL_DISK_FORMAT_VHD, "vhd", "vhd"},
    {LIBXL_DISK_FORMAT_QED, "qed", "qed"},
};

/* Likewise who serves it. */
static const struct {
    libxl_disk_backend backend;
    const char *setting;
    const char *element;
} backends[] = {
    {LIBXL_DISK_BACKEND_QDISK, "qdisk", "qemu"},
    {LIBXL_DISK_BACKEND_PHY, "phy", "phy"},
    {LIBXL_DISK_BACKEND_TAP, "tap", "tap"},
    {LIBXL_DISK_BACKEND_UNKNOWN, "qdisk", "qemu"},
};

/* --- network disks ------------------------------------------------------------------- */

static void
add_rbd_host(xmlNode *source, const char *text)
{
    const char *port = strrchr(text, ':');
    gsize length = port ? (gsize)(port - text) : strlen(text);
    g_autofree char *name = NULL;

    if (length > 1 && text[0] == '[' && text[length - 1] == ']')
        name = g_strndup(text + 1, length - 2);
    else
        name = g_strndup(text, length);
    conf_xml_set(conf_xml_add(source, "host"), "name", name);
    if (port)
        conf_xml_set(source->last, "port", port + 1);
}

/* The parts of QEMU's text for rbd, which ':' separates unless it is escaped. */
static GPtrArray *
split_rbd(const char *text)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) part = g_string_new(NULL);

    for (; *text; text++) {
        if (*text == ':') {
            g_ptr_array_add(parts, g_strdup(part->str));
            g_string_truncate(part, 0);
        } else {
            text += text[0] == '\\' && text[1] ? 1 : 0;
            g_string_append_c(part, *text);
        }
    }
    g_ptr_array_add(parts, g_strdup(part->str));
    return parts;
}

static void
parse_rbd(XenXlConfig *config, const char *text, xmlNode *source)
{
    g_autoptr(GPtrArray) parts = split_rbd(text + strlen(RBD_PREFIX));

    conf_xml_set(source, "protocol", "rbd");
    conf_xml_set(source, "name", parts->pdata[0]);
    for (guint i = 1; i < parts->len; i++) {
        const char *part = parts->pdata[i];

        if (g_str_has_prefix(part, "mon_host=")) {
            g_auto(GStrv) hosts = g_strsplit(part + strlen("mon_host="), ";", -1);

            for (char **host = hosts; *host; host++)
                add_rbd_host(source, *host);
        } else if (g_str_has_prefix(part, "conf=")) {
            conf_xml_set(conf_xml_add(source, "config"), "file", part + strlen("conf="));
        } else if (strcmp(part, "auth_supported=none") != 0) {
            xen_xl_config_ignore(config, "disk", part);
        }
    }
}

static char *
format_rbd(xmlNode *source)
{
    GString *text = g_string_new(RBD_PREFIX);
    g_autofree char *name = conf_xml_attr(source, "name");
    g_autofree char *file = conf_xml_child_attr(source, "config", "file");
    const char *separator = ":mon_host=";

    g_string_append_printf(text, "%s:auth_supported=none", name ? name : "");
    for (xmlNode *host = NULL; (host = conf_xml_next_child(source, host, "host"));
         separator = "\\;") {
        g_autofree char *address = conf_xml_attr(host, "name");
        g_autofree char *port = conf_xml_attr(host, "port");

        g_string_append_printf(text, strchr(address ? address : "", ':') ? "%s[%s]" : "%s%s",
                               separator, address ? address : "");
        if (port)
            g_string_append_printf(text, "\\:%s", port);
    }
    if (file)
        g_string_append_printf(text, ":conf=%s", file);
    return g_string_free(text, FALSE);
}

/* --- reading ---------------------------------------------------------------------- */

static void
set_source(XenXlConfig *config, const libxl_device_disk *disk, xmlNode *element)
{
    const char *path = disk->pdev_path;
    const char *type = "file", *attribute = "file";

    if (path && g_str_has_prefix(path, RBD_PREFIX)) {
        conf_xml_set(element, "type", "network");
        parse_rbd(config, path, conf_xml_add(element, "source"));
        return;
    }
    if (disk->backend == LIBXL_DISK_BACKEND_PHY) {
        type = "block";
        attribute = "dev";
    }
    conf_xml_set(element, "type", type);
    if (path && *path)
        conf_xml_add_with_attr(element, "source", attribute, path);
}

static void
set_driver(const libxl_device_disk *disk, xmlNode *element)
{
    xmlNode *driver = conf_xml_add(element, "driver");

    for (gsize i = 0; i < G_N_ELEMENTS(backends); i++) {
        if (backends[i].backend == disk->backend)
            conf_xml_set(driver, "name", backends[i].element);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (formats[i].format == disk->format)
            conf_xml_set(driver, "type", formats[i].element);
    }
    if (!libxl_defbool_is_default(disk->discard_enable) && libxl_defbool_val(disk->discard_enable))
        conf_xml_set(driver, "discard", "unmap");
    conf_xml_drop_if_empty(driver);
}

static void
add_disk(XenXlConfig *config, const libxl_device_disk *disk, xmlNode *domain)
{
    xmlNode *element = xen_xl_add_device(domain, "disk");

    set_source(config, disk, element);
    conf_xml_set(element, "device", disk->is_cdrom ? "cdrom" : "disk");
    set_driver(disk, element);
    conf_xml_add_with_attr(element, "target", "dev", disk->vdev);
    if (!disk->readwrite)
        conf_xml_add(element, "readonly");
    conf_xml_add_with_attr(element, "backenddomain", "name", disk->backend_domname);
    if (disk->script)
        xen_xl_config_ignore(config, "disk", "script");
    if (disk->direct_io_safe)
        xen_xl_config_ignore(config, "disk", "direct-io-safe");
}

bool
xen_xl_disks_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) items = xen_xl_config_list(config, "disk", error);

    for (guint i = 0; items && i < items->len; i++) {
        const char *item = items->pdata[i];
        libxl_device_disk disk;
        bool done;

        libxl_device_disk_init(&disk);
        done = xlu_disk_parse(xen_xl_config_parser(config), 1, &item, &disk) == 0;
        if (done)
            add_disk(config, &disk, domain);
        libxl_device_disk_dispose(&disk);
        if (!done)
            return xen_xl_config_refuse_item(config, "disk", item, error);
    }
    return items != NULL;
}

/* --- writing ---------------------------------------------------------------------- */

static const char *
find_backend(const char *name)
{
    for (gsize i = 0; name && i < G_N_ELEMENTS(backends); i++) {
        if (strcmp(backends[i].element, name) == 0)
            return backends[i].setting;
    }
    return NULL;
}

static const char *
find_format(const char *type)
{
    for (gsize i = 0; type && i < G_N_ELEMENTS(formats); i++) {
        if (strcmp(formats[i].element, type) == 0)
            return formats[i].setting;
    }
    return type ? NULL : "raw";
}

/* "" for a drive without a medium, NULL for a source that there is no text for. */
static char *
format_source(xmlNode *disk)
{
    g_autofree char *type = conf_xml_attr(disk, "type");
    xmlNode *source = conf_xml_child(disk, "source");
    g_autofree char *protocol = source ? conf_xml_attr(source, "protocol") : NULL;
    char *path = NULL;

    if (source && g_strcmp0(protocol, "rbd") == 0)
        return format_rbd(source);
    if (g_strcmp0(type, "file") == 0)
        path = source ? conf_xml_attr(source, "file") : g_strdup("");
    else if (g_strcmp0(type, "block") == 0)
        path = source ? conf_xml_attr(source, "dev") : g_strdup("");
    return path;
}

/* NULL if xl.cfg has no word for the disk. */
static char *
format_disk(xmlNode *disk)
{
    g_autoptr(GString) item = g_string_new(NULL);
    g_autofree char *path = format_source(disk);
    g_autofree char *device = conf_xml_attr(disk, "device");
    g_autofree char *driver = conf_xml_child_attr(disk, "driver", "name");
    g_autofree char *type = conf_xml_child_attr(disk, "driver", "type");
    g_autofree char *discard = conf_xml_child_attr(disk, "driver", "discard");
    g_autofree char *target = conf_xml_child_attr(disk, "target", "dev");
    g_autofree char *backend = conf_xml_child_attr(disk, "backenddomain", "name");
    bool is_cdrom = g_strcmp0(device, "cdrom") == 0;

    if (!path || !find_format(type) || !target || domain_disk_target_index(target, NULL) < 0 ||
        (!is_cdrom && g_strcmp0(device, "disk") != 0))
        return NULL;
    g_free(conf_xml_child_attr(disk, "target", "bus"));
    xen_xl_add_part(item, "format", find_format(type));
    xen_xl_add_part(item, "vdev", target);
    xen_xl_add_part(item, "access", conf_xml_has_child(disk, "readonly") ? "ro" : "rw");
    xen_xl_add_part(item, "backend", backend);
    xen_xl_add_part(item, "backendtype", find_backend(driver));
    xen_xl_add_part(item, "devtype", is_cdrom ? "cdrom" : NULL);
    if (discard)
        g_string_append(item, strcmp(discard, "unmap") == 0 ? ",discard" : ",no-discard");
    /* the rest of the text, with commas */
    if (*path)
        g_string_append_printf(item, ",target=%s", path);
    return g_strdup(item->str);
}

void
xen_xl_disks_format(xmlNode *domain, GString *out)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);

    for (xmlNode *disk = NULL; (disk = xen_xl_next_device(domain, disk, "disk"));) {
        char *item = format_disk(disk);

        if (item)
            g_ptr_array_add(items, item);
        else
            conf_xml_unsee(disk);
    }
    xen_xl_put_list(out, "disk", items);
}
