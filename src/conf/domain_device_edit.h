/* One device by itself, as clients attach and detach it, and the definition that
 * it goes into or comes out of. For every family of the table in domain_devices.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_devices.h"

typedef struct {
    const DomainDeviceFamily *family;
    gpointer device; /* of the family's own structure; owned */
    bool has_type;   /* its element has the attribute `type` */
} DomainDevice;

void domain_device_free(DomainDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainDevice, domain_device_free)

/* Parses a document whose root is the device's element. @flags: DOMAIN_PARSE_*.
 * Errors: VIR_ERR_XML_ERROR for what is no device, VIR_ERR_CONFIG_UNSUPPORTED for
 * one of a family that isn't modelled, and those of the family's parser. */
DomainDevice *domain_device_parse_string(const char *xml, const DomainParseDefaults *defaults,
                                         unsigned flags, GError **error);

/* Its XML, as of a domain that does not run. Returns a new string. */
char *domain_device_print(const DomainDevice *device);

/* Puts the device into @def and gives it, and no other one, what the domain as a
 * whole decides: numbers, defaults, a controller for its address. Takes
 * @device->device over, also on failure; it stays where it is in memory. */
bool domain_def_add_device(DomainDef *def, DomainDevice *device,
                           const DomainParseDefaults *defaults, unsigned flags, GError **error);

/* Takes @device, which is in @def, out of it and frees it. */
void domain_def_remove_device(DomainDef *def, const DomainDeviceFamily *family, gpointer device);

/* The device of @def that is printed as @device would be in it, or NULL. Aliases that
 * libvirt makes up, and what else is live only, do not count. */
gpointer domain_def_find_device(const DomainDef *def, const DomainDevice *device);

/* The device with @alias, and its family, or NULL. */
gpointer domain_def_find_alias(const DomainDef *def, const char *alias,
                               const DomainDeviceFamily **family);
