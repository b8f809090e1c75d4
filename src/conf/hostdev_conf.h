/* Devices of the host that a definition gives to the guest: <hostdev>.
 *
 * PCI and USB devices are what Xen can give, and are modelled; of the other types only
 * that they are there, and the rest of their XML is kept as it is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

typedef struct DomainDef DomainDef;

typedef enum {
    DOMAIN_HOSTDEV_USB = 0,
    DOMAIN_HOSTDEV_PCI,
    DOMAIN_HOSTDEV_OTHER, /* scsi, mdev, mode='capabilities', ...: kept, not interpreted */
} DomainHostdevType;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainHostdevType type;
    char *type_name;   /* as written */
    bool capabilities; /* mode='capabilities': a part of the host's system, for containers */
    bool managed;      /* the device is taken from the host's driver at start */

    DomainDeviceAddress pci; /* where it is on the host */
    ConfTristate write_filtering;
    char *driver; /* of a PCI device; "xen" on Xen */

    struct {
        unsigned vendor, product; /* 0: not given */
        bool has_address;
        unsigned bus, device; /* of the host */
    } usb;
} DomainHostdevDef;

DomainHostdevDef *domain_hostdev_def_new(void);
void domain_hostdev_def_free(DomainHostdevDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainHostdevDef, domain_hostdev_def_free)

/* Parses the <hostdev> element @node. Errors: VIR_ERR_XML_ERROR,
 * VIR_ERR_INTERNAL_ERROR, VIR_ERR_CONFIG_UNSUPPORTED, as libvirt's. */
DomainHostdevDef *domain_hostdev_def_parse(xmlNode *node, const DomainParseContext *context,
                                           GError **error);

/* Appends the device's element to @devices. */
void domain_hostdev_def_format(const DomainHostdevDef *def, xmlNode *devices, unsigned flags);

/* --- rows of the table of families, see domain_devices.h ------------------- */

/* A PCI device is Xen's to give. */
bool domain_hostdev_complete(DomainDef *def, gpointer hostdev, const DomainParseContext *context,
                             GError **error);
/* Refuses what is for containers. Errors: VIR_ERR_CONFIG_UNSUPPORTED. */
bool domain_hostdev_validate(const DomainDef *def, gconstpointer hostdev, GError **error);
/* Errors: VIR_ERR_XML_ERROR for a device that is given twice. */
bool domain_hostdevs_validate(const DomainDef *def, GError **error);
