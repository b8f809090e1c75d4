/* Disks as libxl's configuration.
 *
 * A disk's <driver name> says who serves it and its format which of the server's
 * formats it has; drivers[] holds both. Without a driver libxl chooses the
 * server.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/disk_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

#define FORMAT(name) (1u << DOMAIN_DISK_FORMAT_##name)
#define ALL_FORMATS  (FORMAT(RAW) | FORMAT(QCOW) | FORMAT(QCOW2) | FORMAT(VHD) | FORMAT(QED))

static const struct {
    const char *name;
    unsigned formats;
    libxl_disk_backend backend;
} drivers[] = {
    {"qemu", ALL_FORMATS, LIBXL_DISK_BACKEND_QDISK},
    {"tap", FORMAT(RAW) | FORMAT(QCOW) | FORMAT(QCOW2) | FORMAT(VHD), LIBXL_DISK_BACKEND_UNKNOWN},
    {"tap2", FORMAT(RAW) | FORMAT(QCOW) | FORMAT(QCOW2) | FORMAT(VHD), LIBXL_DISK_BACKEND_UNKNOWN},
    {"file", FORMAT(RAW), LIBXL_DISK_BACKEND_QDISK},
    {"phy", FORMAT(RAW), LIBXL_DISK_BACKEND_PHY},
    {NULL, ALL_FORMATS, LIBXL_DISK_BACKEND_UNKNOWN},
};

static libxl_disk_format
map_format(DomainDiskFormat format)
{
    switch (format) {
    case DOMAIN_DISK_FORMAT_QCOW:
        return LIBXL_DISK_FORMAT_QCOW;
    case DOMAIN_DISK_FORMAT_QCOW2:
        return LIBXL_DISK_FORMAT_QCOW2;
    case DOMAIN_DISK_FORMAT_VHD:
        return LIBXL_DISK_FORMAT_VHD;
    case DOMAIN_DISK_FORMAT_QED:
        return LIBXL_DISK_FORMAT_QED;
    default:
        return LIBXL_DISK_FORMAT_RAW;
    }
}

static bool
map_driver(const DomainDef *def, const DomainDiskDef *disk, libxl_device_disk *device,
           GError **error)
{
    DomainDiskFormat format = disk->driver.format == DOMAIN_DISK_FORMAT_NONE
                                  ? DOMAIN_DISK_FORMAT_RAW
                                  : disk->driver.format;

    for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++) {
        if (g_strcmp0(drivers[i].name, disk->driver.name) != 0)
            continue;
        if (!(drivers[i].formats & (1u << format)))
            return libxl_conf_refuse(
                def, error, _("disk '%s': format '%s' is not possible with driver '%s' on Xen"),
                disk->target, domain_disk_format_names[format],
                disk->driver.name ? disk->driver.name : "");
        device->backend = drivers[i].backend;
        device->format = map_format(format);
        return true;
    }
    return libxl_conf_refuse(def, error,
                             _("disk '%s': driver '%s' is not possible on Xen; use 'qemu', 'phy', "
                               "'file' or 'tap'"),
                             disk->target, disk->driver.name);
}

/* --- where it is ----------------------------------------------------------- */

/* An IPv6 address is in brackets, and its colons are escaped, too. */
static void
add_rbd_host(GString *text, const DomainDiskHost *host)
{
    g_auto(GStrv) parts = g_strsplit(host->name, ":", -1);
    g_autofree char *name = g_strjoinv("\\:", parts);

    g_string_append_printf(text, parts[1] ? "[%s]" : "%s", name);
    if (host->port)
        g_string_append_printf(text, "\\:%u", host->port);
}

/* The text of QEMU's rbd driver: "rbd:pool/image:mon_host=a\:6789\;b". A colon
 * separates options, so one within a value is escaped. */
static char *
rbd_text(const DomainDiskSource *source)
{
    GString *text = g_string_new("rbd:");

    g_string_append(text, source->name);
    if (source->snapshot)
        g_string_append_printf(text, "@%s", source->snapshot);
    g_string_append(text, ":auth_supported=none");
    for (guint i = 0; i < source->hosts->len; i++) {
        g_string_append(text, i == 0 ? ":mon_host=" : "\\;");
        add_rbd_host(text, source->hosts->pdata[i]);
    }
    if (source->config)
        g_string_append_printf(text, ":conf=%s", source->config);
    return g_string_free(text, FALSE);
}

static bool
map_source(const DomainDef *def, const DomainDiskDef *disk, libxl_device_disk *device,
           GError **error)
{
    const DomainDiskSource *source = &disk->source;

    switch (source->type) {
    case DOMAIN_DISK_SOURCE_NONE:
    case DOMAIN_DISK_SOURCE_FILE:
    case DOMAIN_DISK_SOURCE_BLOCK:
        device->pdev_path = g_strdup(source->path);
        return true;
    case DOMAIN_DISK_SOURCE_NETWORK:
        /* QEMU's xen-block opens what xenstore names as a file of the host (by its "file"
         * driver since 4.0, and only if stat() finds it since 6.1): there is no "nbd:" or
         * "iscsi://" for a Xen disk. "rbd:" is written as libvirt's own driver writes it. */
        if (source->protocol != DOMAIN_DISK_PROTOCOL_RBD)
            return libxl_conf_refuse(
                def, error,
                _("disk '%s': protocol '%s' is not possible on Xen; use 'rbd', or connect the "
                  "host to it and use its block device"),
                disk->target, domain_disk_protocol_names[source->protocol]);
        device->pdev_path = rbd_text(source);
        return true;
    default:
        return libxl_conf_refuse(def, error,
                                 _("disk '%s': source type '%s' is not possible on Xen"),
                                 disk->target, domain_disk_source_type_names[source->type]);
    }
}

/* --- one disk --------------------------------------------------------------- */

bool
libxl_conf_map_disk(const DomainDef *def, const DomainDiskDef *disk, libxl_device_disk *device,
                    GError **error)
{
    if (disk->transient)
        return libxl_conf_refuse(def, error, _("disk '%s': <transient> is not possible on Xen"),
                                 disk->target);
    if (!map_source(def, disk, device, error) || !map_driver(def, disk, device, error))
        return false;

    device->vdev = g_strdup(disk->target);
    device->backend_domname = g_strdup(disk->backend_domain);
    device->removable = 1;
    device->readwrite = !disk->readonly;
    device->is_cdrom = disk->device == DOMAIN_DISK_DEVICE_CDROM;
    /* libxl refuses a drive without a medium that has a format. */
    if (device->is_cdrom && !device->pdev_path)
        device->format = LIBXL_DISK_FORMAT_EMPTY;
    if (disk->driver.discard != DOMAIN_DISK_DISCARD_DEFAULT && device->readwrite)
        libxl_defbool_set(&device->discard_enable,
                          disk->driver.discard == DOMAIN_DISK_DISCARD_UNMAP);
    return true;
}

bool
libxl_conf_map_disks(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    config->disks = g_new0(libxl_device_disk, def->disks->len);
    for (guint i = 0; i < def->disks->len; i++) {
        libxl_device_disk *device = &config->disks[config->num_disks++];

        libxl_device_disk_init(device);
        if (!libxl_conf_map_disk(def, def->disks->pdata[i], device, error))
            return false;
    }
    return true;
}
