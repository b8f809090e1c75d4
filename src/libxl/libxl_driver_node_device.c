/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_driver_node_device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "conf/domain_conf.h"
#include "conf/hostdev_conf.h"
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_node_device.h"
#include "util/error.h"
#include "util/i18n.h"

#define LIST_STATES (VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE | VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE)
/* Of capabilities, from that of a system to the last that libvirt 9.0 has. */
#define LIST_CAPS   ((guint)VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD * 2 - 1)

/* --- lists and lookups ---------------------------------------------------------------- */

GPtrArray *
libxl_driver_node_list_devices(LibxlDriver *driver, const char *cap, guint flags, GError **error)
{
    if (!libxl_driver_check_flags(flags, 0, "virNodeListDevices", error))
        return NULL;
    if (cap && strcmp(cap, "pci") != 0)
        return g_ptr_array_new();
    return libxl_node_device_list(driver->config->sysfs_dir);
}

GPtrArray *
libxl_driver_connect_list_all_node_devices(LibxlDriver *driver, guint flags, GError **error)
{
    guint caps = flags & LIST_CAPS, states = flags & LIST_STATES;

    if (!libxl_driver_check_flags(flags, LIST_CAPS | LIST_STATES, "virConnectListAllNodeDevices",
                                  error))
        return NULL;
    if ((caps && !(caps & VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV)) ||
        states == VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE)
        return g_ptr_array_new();
    return libxl_node_device_list(driver->config->sysfs_dir);
}

bool
libxl_driver_node_device_lookup_by_name(LibxlDriver *driver, const char *name, GError **error)
{
    DomainDeviceAddress address;

    return libxl_node_device_find(driver->config->sysfs_dir, name, &address, error);
}

char *
libxl_driver_node_device_get_xml_desc(LibxlDriver *driver, const char *name, guint flags,
                                      GError **error)
{
    if (!libxl_driver_check_flags(flags, 0, "virNodeDeviceGetXMLDesc", error) ||
        !libxl_driver_node_device_lookup_by_name(driver, name, error))
        return NULL;
    return libxl_node_device_print(driver->config->sysfs_dir, name);
}

bool
libxl_driver_node_device_get_parent(LibxlDriver *driver, const char *name, char **parent,
                                    GError **error)
{
    if (!libxl_driver_node_device_lookup_by_name(driver, name, error))
        return false;
    *parent = libxl_node_device_dup_parent(driver->config->sysfs_dir, name);
    return true;
}

/* --- to guests and back --------------------------------------------------------------- */

static bool
has_device(LibxlDomain *domain, const DomainDeviceAddress *address)
{
    bool found = false;

    g_mutex_lock(&domain->lock);
    for (guint i = 0; domain->live && i < domain->live->hostdevs->len; i++) {
        const DomainHostdevDef *hostdev = domain->live->hostdevs->pdata[i];

        found |=
            hostdev->type == DOMAIN_HOSTDEV_PCI && domain_pci_address_equal(&hostdev->pci, address);
    }
    g_mutex_unlock(&domain->lock);
    return found;
}

/* Finds a device that no guest of ours has. */
static bool
find_unused(LibxlDriver *driver, const char *name, DomainDeviceAddress *address, GError **error)
{
    g_autoptr(GPtrArray) domains = NULL;

    if (!libxl_node_device_find(driver->config->sysfs_dir, name, address, error))
        return false;
    domains = libxl_domain_list_get_all(driver->domains);
    for (guint i = 0; i < domains->len; i++) {
        LibxlDomain *domain = domains->pdata[i];

        if (has_device(domain, address))
            return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                    _("node device '%s' is in use by domain '%s'"), name,
                                    domain->name);
    }
    return true;
}

static bool
set_assignable(LibxlDriver *driver, const char *name, bool assignable, GError **error)
{
    DomainDeviceAddress address;
    g_auto(XenDevice) device = XEN_DEVICE_NONE;

    if (!find_unused(driver, name, &address, error))
        return false;
    xen_device_init(&device, XEN_DEVICE_PCI);
    device.pci.domain = (int)address.pci.domain;
    device.pci.bus = (uint8_t)address.pci.bus;
    device.pci.dev = (uint8_t)address.pci.slot;
    device.pci.func = (uint8_t)address.pci.function;
    return driver->host->ops->set_assignable(driver->host, &device, assignable, error);
}

bool
libxl_driver_node_device_detach(LibxlDriver *driver, const char *name, const char *driver_name,
                                guint flags, GError **error)
{
    if (!libxl_driver_check_flags(flags, 0, "virNodeDeviceDetachFlags", error))
        return false;
    if (driver_name && strcmp(driver_name, "xen") != 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("node device '%s': unsupported driver name '%s'; on Xen it is "
                                  "'xen'"),
                                name, driver_name);
    return set_assignable(driver, name, true, error);
}

bool
libxl_driver_node_device_re_attach(LibxlDriver *driver, const char *name, GError **error)
{
    return set_assignable(driver, name, false, error);
}

bool
libxl_driver_node_device_reset(LibxlDriver *driver, const char *name, GError **error)
{
    DomainDeviceAddress address;
    g_autofree char *path = NULL;
    g_autofree char *file = NULL;
    int fd;
    bool ok;

    if (!find_unused(driver, name, &address, error))
        return false;
    path = libxl_node_device_dup_path(driver->config->sysfs_dir, name);
    file = g_build_filename(path, "reset", NULL);
    fd = open(file, O_WRONLY | O_CLOEXEC);
    ok = fd >= 0 && write(fd, "1", 1) == 1;
    if (!ok)
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot reset node device '%s': %s: %s"),
                         name, file, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}
