/* Devices that libxl makes: disks, network interfaces, USB controllers, and devices of the
 * host that it gives to a guest.
 *
 * One comes to a running domain as libxl's own structure. Once it is there, it goes by
 * its type and its name:
 *
 *   disk      the target in the guest, "xvda"
 *   nic       the MAC address, "00:16:3e:01:02:03"
 *   usbctrl   the device id, "0"
 *   pci       where it is on the host, "0000:03:00.0"
 *   usbdev    bus and device of the host, "1.4"
 *
 * libxl's device ids of disks and interfaces follow from those, or from the order in
 * which the devices came, and are nobody's business here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libxl.h>
#include <stdbool.h>

typedef enum {
    XEN_DEVICE_DISK = 0,
    XEN_DEVICE_NIC,
    XEN_DEVICE_USBCTRL,
    XEN_DEVICE_PCI,
    XEN_DEVICE_USBDEV,
    XEN_DEVICE_TYPES, /* so many; as a type: none yet */
} XenDeviceType;

/* "disk", "nic", ... */
extern const char *const xen_device_type_names[XEN_DEVICE_TYPES];

/* To be cleared with xen_device_clear(); libxl owns strings as malloc() gives them, which
 * is what GLib's are. */
typedef struct {
    XenDeviceType type;
    union {
        libxl_device_disk disk;
        libxl_device_nic nic;
        libxl_device_usbctrl usbctrl;
        libxl_device_pci pci;
        libxl_device_usbdev usbdev;
    };
} XenDevice;

/* What g_auto(XenDevice) begins with. */
#define XEN_DEVICE_NONE                                                                            \
    {                                                                                              \
        .type = XEN_DEVICE_TYPES                                                                   \
    }

void xen_device_init(XenDevice *device, XenDeviceType type);
void xen_device_clear(XenDevice *device);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(XenDevice, xen_device_clear)

/* Its name, a new string. */
char *xen_device_dup_name(const XenDevice *device);

/* As libxl's JSON, to be freed with free(). */
char *xen_device_format(XenDevice *device);

/* A device that a domain has. */
typedef struct {
    XenDeviceType type;
    char *name;
} XenDeviceInfo;

/* Takes @name over. */
XenDeviceInfo *xen_device_info_new(XenDeviceType type, char *name);
void xen_device_info_free(XenDeviceInfo *info);

/* Is it among @infos (of XenDeviceInfo)? */
bool xen_device_is_listed(const GPtrArray *infos, XenDeviceType type, const char *name);
