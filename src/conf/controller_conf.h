/* Controllers of a definition: <controller>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

typedef struct DomainDef DomainDef;

typedef enum {
    DOMAIN_CONTROLLER_IDE = 0,
    DOMAIN_CONTROLLER_FDC,
    DOMAIN_CONTROLLER_SCSI,
    DOMAIN_CONTROLLER_SATA,
    DOMAIN_CONTROLLER_VIRTIO_SERIAL,
    DOMAIN_CONTROLLER_CCID,
    DOMAIN_CONTROLLER_USB,
    DOMAIN_CONTROLLER_PCI,
    DOMAIN_CONTROLLER_XENBUS,
    DOMAIN_CONTROLLER_ISA,
} DomainControllerType;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainControllerType type;
    int index;   /* -1: to be chosen after parsing */
    char *model; /* "piix3-uhci", "qemu-xhci", "pci-root", ...: as written; or NULL */

    int ports;   /* usb, virtio-serial; -1: not set */
    int vectors; /* virtio-serial; -1: not set */

    int master_start_port; /* usb: of a companion controller; -1: it is none */

    int max_grant_frames;   /* xenbus; -1: not set */
    int max_event_channels; /* xenbus; -1: not set */
} DomainControllerDef;

extern ConfNames domain_controller_type_names;

/* A controller with index @index (-1: to be chosen) and no model. */
DomainControllerDef *domain_controller_def_new(DomainControllerType type, int index);
void domain_controller_def_free(DomainControllerDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainControllerDef, domain_controller_def_free)

/* Parses the <controller> element @node. Errors: VIR_ERR_XML_ERROR,
 * VIR_ERR_INTERNAL_ERROR, VIR_ERR_CONFIG_UNSUPPORTED, as libvirt's. */
DomainControllerDef *domain_controller_def_parse(xmlNode *node, const DomainParseContext *context,
                                                 GError **error);

/* Appends the device's element to @devices. */
void domain_controller_def_format(const DomainControllerDef *def, xmlNode *devices, unsigned flags);

/* --- rows of the table of families, see domain_devices.h ------------------- */

/* libvirt's order: by number, among controllers of a type. */
void domain_controller_insert(GPtrArray *controllers, gpointer controller);
bool domain_controller_complete(DomainDef *def, gpointer controller,
                                const DomainParseContext *context, GError **error);
/* A xenbus, and what the addresses of disks and channels need. */
bool domain_controller_imply(DomainDef *def, const DomainParseContext *context, GError **error);
bool domain_controller_validate(const DomainDef *def, gconstpointer controller, GError **error);
/* Errors: VIR_ERR_XML_ERROR for two with one number, VIR_ERR_XML_DETAIL for
 * USB. */
bool domain_controllers_validate(const DomainDef *def, GError **error);
