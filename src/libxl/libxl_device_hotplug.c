/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_device_hotplug.h"

#include "conf/disk_conf.h"
#include "libxl/libxl_conf.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- attach ------------------------------------------------------------------- */

/* In the files and on the host, or in neither. */
static bool
make(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *next, XenDevice *xen,
     GError **error)
{
    XenHost *host = driver->host;

    if (!libxl_store_change_live(driver, domain, next, error))
        return false;
    if (host->ops->add_device(host, (guint32)next->id, xen, error))
        return true;
    libxl_store_restore_live(driver, domain);
    return false;
}

static bool
attach(LibxlDriver *driver, LibxlDomain *domain, const LibxlDeviceFamily *row, DomainDevice *device,
       GError **error)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(driver);
    g_autoptr(DomainDef) next = domain_def_copy(domain->live);
    DomainDeviceInfo *info = device->device;
    g_autofree char *words = NULL;
    g_autofree char *alias = NULL;
    g_auto(XenDevice) xen = XEN_DEVICE_NONE;

    if (!domain_def_add_device(next, device, &defaults, DOMAIN_PARSE_INACTIVE, error) ||
        !domain_def_validate(next, error) || !libxl_device_map(row, next, info, &xen, error))
        return false;
    libxl_device_name_all(next);
    if (!make(driver, domain, next, &xen, error))
        return false;
    words = row->describe(info);
    alias = g_strdup(info->alias);
    g_message("domain '%s': %s is attached", domain->name, words);
    libxl_domain_change_live(domain, g_steal_pointer(&next));
    libxl_driver_emit_device(driver, domain, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, alias);
    return true;
}

static bool
is_medium(const LibxlDeviceFamily *row, const DomainDevice *device)
{
    return row->update && domain_disk_is_removable(device->device);
}

bool
libxl_device_attach(LibxlDriver *driver, LibxlDomain *domain, DomainDevice *device, GError **error)
{
    const LibxlDeviceFamily *row = libxl_device_family(device->family);

    if (is_medium(row, device) && row->find(domain->live, device, NULL))
        return libxl_device_update(driver, domain, device, error);
    return libxl_device_check_is_new(domain->live, device, error) &&
           attach(driver, domain, row, device, error);
}

/* --- detach ------------------------------------------------------------------- */

static DomainDef *
copy_without(const DomainDef *live, const DomainDeviceFamily *family, gconstpointer device)
{
    DomainDef *next = domain_def_copy(live);
    guint index = 0;

    if (g_ptr_array_find(domain_def_devices(live, family), device, &index))
        g_ptr_array_remove_index(domain_def_devices(next, family), index);
    return next;
}

static bool
remove_from_host(LibxlDriver *driver, LibxlDomain *domain, const XenDevice *xen, const char *words,
                 const char *alias, bool force, GError **error)
{
    g_autofree char *name = xen_device_dup_name(xen);
    g_autoptr(GError) reason = NULL;

    if (driver->host->ops->remove_device(driver->host, (guint32)domain->live->id, xen->type, name,
                                         force, &reason))
        return true;
    libxl_driver_emit_device(driver, domain, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, alias);
    g_propagate_prefixed_error(error, g_steal_pointer(&reason),
                               _("domain '%s': %s is not detached: "), domain->name, words);
    return false;
}

bool
libxl_device_detach(LibxlDriver *driver, LibxlDomain *domain, const DomainDeviceFamily *family,
                    gconstpointer device, bool force, GError **error)
{
    const LibxlDeviceFamily *row = libxl_device_family(family);
    g_autoptr(DomainDef) next = copy_without(domain->live, family, device);
    g_autofree char *alias = g_strdup(((const DomainDeviceInfo *)device)->alias);
    g_autofree char *words = row->describe(device);
    g_autoptr(GError) warning = NULL;
    g_auto(XenDevice) xen = XEN_DEVICE_NONE;

    if (!libxl_device_map(row, domain->live, device, &xen, error) ||
        !remove_from_host(driver, domain, &xen, words, alias, force, error))
        return false;
    /* It has gone: if the files can't say so, the next driver will see it. */
    if (!libxl_store_change_live(driver, domain, next, &warning))
        g_warning("domain '%s': %s is detached: %s", domain->name, words, warning->message);
    g_message("domain '%s': %s is detached", domain->name, words);
    libxl_domain_change_live(domain, g_steal_pointer(&next));
    libxl_driver_emit_device(driver, domain, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, alias);
    return true;
}

/* --- update: another medium ------------------------------------------------------ */

static bool
change_medium(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *next,
              const DomainDiskDef *disk, GError **error)
{
    XenHost *host = driver->host;
    g_auto(XenDevice) xen = XEN_DEVICE_NONE;

    xen_device_init(&xen, XEN_DEVICE_DISK);
    if (!domain_def_validate(next, error) || !libxl_conf_map_disk(next, disk, &xen.disk, error) ||
        !libxl_store_change_live(driver, domain, next, error))
        return false;
    if (host->ops->change_medium(host, (guint32)next->id, &xen, error))
        return true;
    libxl_store_restore_live(driver, domain);
    return false;
}

bool
libxl_device_update(LibxlDriver *driver, LibxlDomain *domain, DomainDevice *device, GError **error)
{
    const LibxlDeviceFamily *row = libxl_device_family(device->family);
    g_autoptr(DomainDef) next = domain_def_copy(domain->live);
    DomainDiskDef *disk = libxl_device_find(next, device, error);

    if (!disk || !row->update(next, disk, device->device, error))
        return false;
    if (disk->device != DOMAIN_DISK_DEVICE_CDROM)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': the medium in '%s' cannot be changed while the "
                                  "domain runs; that of a cdrom drive can"),
                                domain->name, disk->target);
    if (!change_medium(driver, domain, next, disk, error))
        return false;
    g_message("domain '%s': '%s' has another medium", domain->name, disk->target);
    libxl_domain_change_live(domain, g_steal_pointer(&next));
    return true;
}

/* --- a domain that runs already --------------------------------------------------- */

/* What can't come or go is where it was at the start. */
static bool
is_gone(const LibxlDeviceFamily *row, const DomainDef *live, gconstpointer device,
        const GPtrArray *infos)
{
    g_autofree char *name = NULL;
    g_auto(XenDevice) xen = XEN_DEVICE_NONE;

    if (!libxl_device_map(row, live, device, &xen, NULL))
        return false;
    name = xen_device_dup_name(&xen);
    return !xen_device_is_listed(infos, xen.type, name);
}

static void
drop_gone(DomainDef *live, const DomainDeviceFamily *family, const LibxlDeviceFamily *row,
          const GPtrArray *infos)
{
    GPtrArray *devices = domain_def_devices(live, family);

    for (guint i = devices->len; i-- > 0;) {
        g_autofree char *words = row->describe(devices->pdata[i]);

        if (!is_gone(row, live, devices->pdata[i], infos))
            continue;
        g_message("domain '%s' has no %s any more", live->name, words);
        g_ptr_array_remove_index(devices, i);
    }
}

bool
libxl_devices_adopt(DomainDef *live, XenHost *host, GError **error)
{
    g_autoptr(GPtrArray) infos = host->ops->list_devices(host, (guint32)live->id, error);

    if (!infos)
        return false;
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        const LibxlDeviceFamily *row = libxl_device_family(family);

        if (row && row->map)
            drop_gone(live, family, row, infos);
    }
    libxl_device_name_all(live);
    return true;
}
