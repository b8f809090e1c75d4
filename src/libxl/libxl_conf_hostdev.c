/* Devices of the host as libxl's configuration.
 *
 * libxl takes a PCI device that is managed from its driver by itself ("seize"). One
 * that isn't must have been made assignable before (`xl pci-assignable-add`).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/hostdev_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

bool
libxl_conf_map_pci(const DomainDef *def, const DomainHostdevDef *hostdev, libxl_device_pci *device,
                   GError **error)
{
    const DomainDeviceAddress *address = &hostdev->pci;

    if (g_strcmp0(hostdev->driver, "vfio") == 0 || g_strcmp0(hostdev->driver, "kvm") == 0)
        return libxl_conf_refuse(
            def, error,
            _("hostdev %04x:%02x:%02x.%x: driver '%s' is not possible on Xen; use 'xen'"),
            address->pci.domain, address->pci.bus, address->pci.slot, address->pci.function,
            hostdev->driver);
    if (def->os.type == DOMAIN_OS_TYPE_XENPVH)
        return libxl_conf_refuse(def, error,
                                 _("<hostdev type='pci'> is not possible for a PVH guest"));
    device->domain = (int)address->pci.domain;
    device->bus = (uint8_t)address->pci.bus;
    device->dev = (uint8_t)address->pci.slot;
    device->func = (uint8_t)address->pci.function;
    device->seize = hostdev->managed;
    device->permissive = hostdev->write_filtering == CONF_TRISTATE_NO;
    return true;
}

bool
libxl_conf_map_usbdev(const DomainDef *def, const DomainHostdevDef *hostdev,
                      libxl_device_usbdev *device, GError **error)
{
    if (!hostdev->usb.has_address)
        return libxl_conf_refuse(
            def, error,
            _("usb hostdev %04x:%04x: Xen finds a USB device by its place only; add "
              "<address bus='...' device='...'/>"),
            hostdev->usb.vendor, hostdev->usb.product);
    if (hostdev->usb.bus > UINT8_MAX || hostdev->usb.device > UINT8_MAX)
        return libxl_conf_refuse(def, error,
                                 _("usb hostdev: there is no bus %u, device %u on any host"),
                                 hostdev->usb.bus, hostdev->usb.device);
    libxl_device_usbdev_init_type(device, LIBXL_USBDEV_TYPE_HOSTDEV);
    device->u.hostdev.hostbus = (uint8_t)hostdev->usb.bus;
    device->u.hostdev.hostaddr = (uint8_t)hostdev->usb.device;
    return true;
}

bool
libxl_conf_check_hostdev(const DomainDef *def, const DomainHostdevDef *hostdev, GError **error)
{
    return hostdev->type != DOMAIN_HOSTDEV_OTHER ||
           libxl_conf_refuse(def, error,
                             _("<hostdev> of type '%s' is not possible on Xen; use 'pci' or 'usb'"),
                             hostdev->type_name);
}

static bool
map_hostdev(const DomainDef *def, const DomainHostdevDef *hostdev, libxl_domain_config *config,
            GError **error)
{
    if (!libxl_conf_check_hostdev(def, hostdev, error))
        return false;
    if (hostdev->type == DOMAIN_HOSTDEV_PCI) {
        libxl_device_pci *device = &config->pcidevs[config->num_pcidevs++];

        libxl_device_pci_init(device);
        return libxl_conf_map_pci(def, hostdev, device, error);
    } else {
        libxl_device_usbdev *device = &config->usbdevs[config->num_usbdevs++];

        libxl_device_usbdev_init(device);
        return libxl_conf_map_usbdev(def, hostdev, device, error);
    }
}

bool
libxl_conf_map_hostdevs(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    config->pcidevs = g_new0(libxl_device_pci, def->hostdevs->len);
    config->usbdevs = g_new0(libxl_device_usbdev, def->hostdevs->len);
    for (guint i = 0; i < def->hostdevs->len; i++) {
        if (!map_hostdev(def, def->hostdevs->pdata[i], config, error))
            return false;
    }
    return true;
}
