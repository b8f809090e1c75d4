/* What can be done to the devices of each family while a domain is there: a table.
 *
 * A row says how a device is found by the XML that a client gives, what would make it a
 * second one of its kind, and how it is named in messages: all that a definition needs.
 * For a domain that runs it has what Xen needs, too: libxl's structure of it, or, for
 * channels, functions of their own (libxl_channel_hotplug.h).
 *
 * Nothing here asks the hypervisor.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_device_edit.h"
#include "libxl/libxl_driver_state.h"
#include "xen/xen_device.h"

/* Functions take the family's own structure. */
typedef struct {
    const char *element;

    /* "disk 'xvda'", a new string. */
    char *(*describe)(gconstpointer device);
    /* The device of @def that @wanted means, or NULL: none. Errors:
     * VIR_ERR_OPERATION_FAILED if it can't be told which. */
    gpointer (*find)(const DomainDef *def, const DomainDevice *wanted, GError **error);
    /* Whether @other is in the way of @device: the same target, address, name. */
    bool (*is_same)(gconstpointer device, gconstpointer other);
    /* The code of the error then. */
    virErrorNumber same_code;
    /* Makes @device, which is in a definition, what @from says, as far as that can be
     * changed; what it was is left in @from. NULL: nothing can. Errors:
     * VIR_ERR_CONFIG_UNSUPPORTED. */
    bool (*update)(const DomainDef *def, gpointer device, gpointer from, GError **error);

    /* Devices that libxl makes. Can @device come and go while the domain runs? NULL: all
     * can. Errors: VIR_ERR_CONFIG_UNSUPPORTED. */
    bool (*check_hotplug)(const DomainDef *def, gconstpointer device, GError **error);
    /* Initialises and fills @xen. */
    bool (*map)(const DomainDef *def, gconstpointer device, XenDevice *xen, GError **error);

    /* Devices that libxl does not make; NULL for those that it does. */
    bool (*attach)(LibxlDriver *driver, LibxlDomain *domain, DomainDevice *device, GError **error);
    bool (*detach)(LibxlDriver *driver, LibxlDomain *domain, gconstpointer device, bool force,
                   GError **error);
} LibxlDeviceFamily;

/* The row of @family, or NULL: its devices stay as they are. */
const LibxlDeviceFamily *libxl_device_family(const DomainDeviceFamily *family);

/* The device of @def that @wanted means. Errors: VIR_ERR_DEVICE_MISSING. */
gpointer libxl_device_find(const DomainDef *def, const DomainDevice *wanted, GError **error);

/* Can @device go into @def beside what is there? Its alias must be free, too. */
bool libxl_device_check_is_new(const DomainDef *def, const DomainDevice *device, GError **error);

/* libxl's structure of @device, a device that libxl makes and that can come and go. @xen
 * is XEN_DEVICE_NONE before. Errors: VIR_ERR_CONFIG_UNSUPPORTED. */
bool libxl_device_map(const LibxlDeviceFamily *row, const DomainDef *def, gconstpointer device,
                      XenDevice *xen, GError **error);

/* Gives each device of @live (a definition of a domain that runs, or will at once) that
 * can be attached or detached and has no alias one that is free, in libvirt's way:
 * "xen-disk0", "ide0-0-1", "net0", "usb0", "hostdev0". (Channels get theirs with
 * their device id.) */
void libxl_device_name_all(DomainDef *live);
