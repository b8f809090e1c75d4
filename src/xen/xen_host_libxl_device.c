/* Devices that libxl makes, on the real host.
 *
 * libxl has the same functions for all types, but each with its own structure. What is to
 * be removed is first looked up by its name; if it is not there (any more), that is no
 * failure.
 *
 * Without force, a disk that the guest does not let go of stays with it: libxl's
 * "safe" removal. Of the others libxl has no such, and takes them away after a while.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

/* --- a drive's medium -------------------------------------------------------- */

bool
xen_device_change_medium(XenContext *context, guint32 domid, XenDevice *disk, GError **error)
{
    int rc = libxl_cdrom_insert(context->libxl, domid, &disk->disk, NULL);

    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot change the medium in '%s' of domain %u"),
                                       disk->disk.vdev, domid);
    return true;
}

/* --- listing ------------------------------------------------------------------ */

/* Puts the name of *@device, of which the list keeps its own, into @infos. */
static void
add_info(GPtrArray *infos, const XenDevice *device)
{
    g_ptr_array_add(infos, xen_device_info_new(device->type, xen_device_dup_name(device)));
}

static void
list_disks(libxl_ctx *libxl, guint32 domid, GPtrArray *infos)
{
    int n_disks = 0;
    libxl_device_disk *disks = libxl_device_disk_list(libxl, domid, &n_disks);

    for (int i = 0; i < n_disks; i++)
        add_info(infos, &(XenDevice){.type = XEN_DEVICE_DISK, .disk = disks[i]});
    libxl_device_disk_list_free(disks, n_disks);
}

static void
list_nics(libxl_ctx *libxl, guint32 domid, GPtrArray *infos)
{
    int n_nics = 0;
    libxl_device_nic *nics = libxl_device_nic_list(libxl, domid, &n_nics);

    for (int i = 0; i < n_nics; i++)
        add_info(infos, &(XenDevice){.type = XEN_DEVICE_NIC, .nic = nics[i]});
    libxl_device_nic_list_free(nics, n_nics);
}

static void
list_usbctrls(libxl_ctx *libxl, guint32 domid, GPtrArray *infos)
{
    int n_ctrls = 0;
    libxl_device_usbctrl *ctrls = libxl_device_usbctrl_list(libxl, domid, &n_ctrls);

    for (int i = 0; i < n_ctrls; i++)
        add_info(infos, &(XenDevice){.type = XEN_DEVICE_USBCTRL, .usbctrl = ctrls[i]});
    libxl_device_usbctrl_list_free(ctrls, n_ctrls);
}

static void
list_pcis(libxl_ctx *libxl, guint32 domid, GPtrArray *infos)
{
    int n_pcis = 0;
    libxl_device_pci *pcis = libxl_device_pci_list(libxl, domid, &n_pcis);

    for (int i = 0; i < n_pcis; i++)
        add_info(infos, &(XenDevice){.type = XEN_DEVICE_PCI, .pci = pcis[i]});
    libxl_device_pci_list_free(pcis, n_pcis);
}

static void
list_usbdevs(libxl_ctx *libxl, guint32 domid, GPtrArray *infos)
{
    int n_devs = 0;
    libxl_device_usbdev *devs = libxl_device_usbdev_list(libxl, domid, &n_devs);

    for (int i = 0; i < n_devs; i++)
        add_info(infos, &(XenDevice){.type = XEN_DEVICE_USBDEV, .usbdev = devs[i]});
    libxl_device_usbdev_list_free(devs, n_devs);
}

GPtrArray *
xen_device_list(XenContext *context, guint32 domid)
{
    GPtrArray *infos = g_ptr_array_new_with_free_func((GDestroyNotify)xen_device_info_free);

    list_disks(context->libxl, domid, infos);
    list_nics(context->libxl, domid, infos);
    list_usbctrls(context->libxl, domid, infos);
    list_pcis(context->libxl, domid, infos);
    list_usbdevs(context->libxl, domid, infos);
    return infos;
}

/* --- removing ----------------------------------------------------------------- */

static int
remove_disk(libxl_ctx *libxl, guint32 domid, const char *name, bool force)
{
    libxl_device_disk disk;
    int rc;

    libxl_device_disk_init(&disk);
    rc = libxl_vdev_to_device_disk(libxl, domid, name, &disk);
    if (rc == 0)
        rc = force ? libxl_device_disk_destroy(libxl, domid, &disk, NULL)
                   : libxl_device_disk_safe_remove(libxl, domid, &disk, NULL);
    libxl_device_disk_dispose(&disk);
    return rc;
}

static int
remove_nic(libxl_ctx *libxl, guint32 domid, const char *name, bool force)
{
    libxl_device_nic nic;
    int rc;

    libxl_device_nic_init(&nic);
    rc = libxl_mac_to_device_nic(libxl, domid, name, &nic);
    if (rc == 0)
        rc = force ? libxl_device_nic_destroy(libxl, domid, &nic, NULL)
                   : libxl_device_nic_remove(libxl, domid, &nic, NULL);
    libxl_device_nic_dispose(&nic);
    return rc;
}

static int
remove_usbctrl(libxl_ctx *libxl, guint32 domid, const char *name, bool force)
{
    libxl_device_usbctrl ctrl;
    int rc;

    libxl_device_usbctrl_init(&ctrl);
    rc = libxl_devid_to_device_usbctrl(libxl, domid, atoi(name), &ctrl);
    if (rc == 0)
        rc = force ? libxl_device_usbctrl_destroy(libxl, domid, &ctrl, NULL)
                   : libxl_device_usbctrl_remove(libxl, domid, &ctrl, NULL);
    libxl_device_usbctrl_dispose(&ctrl);
    return rc;
}

/* The device of the list that has @name, or NULL. */
static libxl_device_pci *
find_pci(libxl_device_pci *pcis, int n_pcis, const char *name)
{
    for (int i = 0; i < n_pcis; i++) {
        g_autofree char *other =
            xen_device_dup_name(&(XenDevice){.type = XEN_DEVICE_PCI, .pci = pcis[i]});

        if (strcmp(other, name) == 0)
            return &pcis[i];
    }
    return NULL;
}

static int
remove_pci(libxl_ctx *libxl, guint32 domid, const char *name, bool force)
{
    int n_pcis = 0;
    libxl_device_pci *pcis = libxl_device_pci_list(libxl, domid, &n_pcis);
    libxl_device_pci *pci = find_pci(pcis, n_pcis, name);
    int rc = ERROR_FAIL;

    if (pci)
        rc = force ? libxl_device_pci_destroy(libxl, domid, pci, NULL)
                   : libxl_device_pci_remove(libxl, domid, pci, NULL);
    libxl_device_pci_list_free(pcis, n_pcis);
    return rc;
}

static libxl_device_usbdev *
find_usbdev(libxl_device_usbdev *devs, int n_devs, const char *name)
{
    for (int i = 0; i < n_devs; i++) {
        g_autofree char *other =
            xen_device_dup_name(&(XenDevice){.type = XEN_DEVICE_USBDEV, .usbdev = devs[i]});

        if (strcmp(other, name) == 0)
            return &devs[i];
    }
    return NULL;
}

static int
remove_usbdev(libxl_ctx *libxl, guint32 domid, const char *name)
{
    int n_devs = 0;
    libxl_device_usbdev *devs = libxl_device_usbdev_list(libxl, domid, &n_devs);
    libxl_device_usbdev *dev = find_usbdev(devs, n_devs, name);
    int rc = dev ? libxl_device_usbdev_remove(libxl, domid, dev, NULL) : ERROR_FAIL;

    libxl_device_usbdev_list_free(devs, n_devs);
    return rc;
}

static int
remove_device(libxl_ctx *libxl, guint32 domid, XenDeviceType type, const char *name, bool force)
{
    switch (type) {
    case XEN_DEVICE_DISK:
        return remove_disk(libxl, domid, name, force);
    case XEN_DEVICE_NIC:
        return remove_nic(libxl, domid, name, force);
    case XEN_DEVICE_USBCTRL:
        return remove_usbctrl(libxl, domid, name, force);
    case XEN_DEVICE_PCI:
        return remove_pci(libxl, domid, name, force);
    case XEN_DEVICE_USBDEV:
        return remove_usbdev(libxl, domid, name);
    case XEN_DEVICE_TYPES:
        break;
    }
    return ERROR_INVAL;
}

bool
xen_device_remove(XenContext *context, guint32 domid, XenDeviceType type, const char *name,
                  bool force, GError **error)
{
    g_autoptr(GPtrArray) infos = xen_device_list(context, domid);
    int rc;

    if (!xen_device_is_listed(infos, type, name))
        return true;
    rc = remove_device(context->libxl, domid, type, name, force);
    if (rc == ERROR_TIMEDOUT)
        return virtxl_error_set(error, VIR_ERR_OPERATION_TIMEOUT,
                                _("the guest of domain %u does not let go of %s '%s'"), domid,
                                xen_device_type_names[type], name);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot remove %s '%s' from domain %u"),
                                       xen_device_type_names[type], name, domid);
    return true;
}

/* --- adding ------------------------------------------------------------------- */

static int
add(libxl_ctx *libxl, guint32 domid, XenDevice *device)
{
    switch (device->type) {
    case XEN_DEVICE_DISK:
        return libxl_device_disk_add(libxl, domid, &device->disk, NULL);
    case XEN_DEVICE_NIC:
        return libxl_device_nic_add(libxl, domid, &device->nic, NULL);
    case XEN_DEVICE_USBCTRL:
        return libxl_device_usbctrl_add(libxl, domid, &device->usbctrl, NULL);
    case XEN_DEVICE_PCI:
        return libxl_device_pci_add(libxl, domid, &device->pci, NULL);
    case XEN_DEVICE_USBDEV:
        return libxl_device_usbdev_add(libxl, domid, &device->usbdev, NULL);
    case XEN_DEVICE_TYPES:
        break;
    }
    return ERROR_INVAL;
}

/* What is there already is another toolstack's, or the domain's own: not ours to remove
 * when libxl refuses it. */
bool
xen_device_add(XenContext *context, guint32 domid, XenDevice *device, GError **error)
{
    g_autoptr(GPtrArray) infos = xen_device_list(context, domid);
    g_autofree char *name = xen_device_dup_name(device);
    const char *type = xen_device_type_names[device->type];
    int rc;

    if (xen_device_is_listed(infos, device->type, name))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("domain %u has a %s '%s'"),
                                domid, type, name);
    rc = add(context->libxl, domid, device);
    if (rc == 0)
        return true;
    xen_context_fail_domain(context, rc, domid, error, _("cannot add %s '%s' to domain %u"), type,
                            name, domid);
    /* libxl leaves what it made before a script or a backend failed. */
    xen_device_remove(context, domid, device->type, name, true, NULL);
    return false;
}

/* --- devices of the host ------------------------------------------------------ */

/* libxl remembers the driver in xenstore, and binds it again. */
bool
xen_device_set_assignable(XenContext *context, XenDevice *pci, bool assignable, GError **error)
{
    g_autofree char *name = xen_device_dup_name(pci);
    int rc = assignable ? libxl_device_pci_assignable_add(context->libxl, &pci->pci, 1)
                        : libxl_device_pci_assignable_remove(context->libxl, &pci->pci, 1);

    if (rc && assignable)
        return xen_context_fail(context, rc, error, _("cannot make PCI device '%s' assignable"),
                                name);
    if (rc)
        return xen_context_fail(context, rc, error,
                                _("cannot give PCI device '%s' back to the host"), name);
    return true;
}
