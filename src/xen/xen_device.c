/* Devices that libxl makes; see xen_device.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "xen/xen_device.h"

#include <string.h>

const char *const xen_device_type_names[XEN_DEVICE_TYPES] = {
    [XEN_DEVICE_DISK] = "disk", [XEN_DEVICE_NIC] = "nic",       [XEN_DEVICE_USBCTRL] = "usbctrl",
    [XEN_DEVICE_PCI] = "pci",   [XEN_DEVICE_USBDEV] = "usbdev",
};

void
xen_device_init(XenDevice *device, XenDeviceType type)
{
    memset(device, 0, sizeof(*device));
    device->type = type;
    switch (type) {
    case XEN_DEVICE_DISK:
        libxl_device_disk_init(&device->disk);
        break;
    case XEN_DEVICE_NIC:
        libxl_device_nic_init(&device->nic);
        break;
    case XEN_DEVICE_USBCTRL:
        libxl_device_usbctrl_init(&device->usbctrl);
        break;
    case XEN_DEVICE_PCI:
        libxl_device_pci_init(&device->pci);
        break;
    case XEN_DEVICE_USBDEV:
        libxl_device_usbdev_init(&device->usbdev);
        break;
    case XEN_DEVICE_TYPES:
        g_assert_not_reached();
    }
}

void
xen_device_clear(XenDevice *device)
{
    switch (device->type) {
    case XEN_DEVICE_DISK:
        libxl_device_disk_dispose(&device->disk);
        break;
    case XEN_DEVICE_NIC:
        libxl_device_nic_dispose(&device->nic);
        break;
    case XEN_DEVICE_USBCTRL:
        libxl_device_usbctrl_dispose(&device->usbctrl);
        break;
    case XEN_DEVICE_PCI:
        libxl_device_pci_dispose(&device->pci);
        break;
    case XEN_DEVICE_USBDEV:
        libxl_device_usbdev_dispose(&device->usbdev);
        break;
    case XEN_DEVICE_TYPES:
        break;
    }
}

char *
xen_device_dup_name(const XenDevice *device)
{
    const guint8 *mac = device->nic.mac;

    switch (device->type) {
    case XEN_DEVICE_DISK:
        return g_strdup(device->disk.vdev);
    case XEN_DEVICE_NIC:
        return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                               mac[4], mac[5]);
    case XEN_DEVICE_USBCTRL:
        return g_strdup_printf("%d", device->usbctrl.devid);
    case XEN_DEVICE_PCI:
        return g_strdup_printf("%04x:%02x:%02x.%x", (unsigned)device->pci.domain, device->pci.bus,
                               device->pci.dev, device->pci.func);
    case XEN_DEVICE_USBDEV:
        return g_strdup_printf("%u.%u", device->usbdev.u.hostdev.hostbus,
                               device->usbdev.u.hostdev.hostaddr);
    case XEN_DEVICE_TYPES:
        break;
    }
    g_assert_not_reached();
}

char *
xen_device_format(XenDevice *device)
{
    switch (device->type) {
    case XEN_DEVICE_DISK:
        return libxl_device_disk_to_json(NULL, &device->disk);
    case XEN_DEVICE_NIC:
        return libxl_device_nic_to_json(NULL, &device->nic);
    case XEN_DEVICE_USBCTRL:
        return libxl_device_usbctrl_to_json(NULL, &device->usbctrl);
    case XEN_DEVICE_PCI:
        return libxl_device_pci_to_json(NULL, &device->pci);
    case XEN_DEVICE_USBDEV:
        return libxl_device_usbdev_to_json(NULL, &device->usbdev);
    case XEN_DEVICE_TYPES:
        break;
    }
    g_assert_not_reached();
}

XenDeviceInfo *
xen_device_info_new(XenDeviceType type, char *name)
{
    XenDeviceInfo *info = g_new0(XenDeviceInfo, 1);

    info->type = type;
    info->name = name;
    return info;
}

void
xen_device_info_free(XenDeviceInfo *info)
{
    if (!info)
        return;
    g_free(info->name);
    g_free(info);
}

bool
xen_device_is_listed(const GPtrArray *infos, XenDeviceType type, const char *name)
{
    for (guint i = 0; i < infos->len; i++) {
        const XenDeviceInfo *info = infos->pdata[i];

        if (info->type == type && g_strcmp0(info->name, name) == 0)
            return true;
    }
    return false;
}
