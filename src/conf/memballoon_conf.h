/* The memory balloon of a definition: <memballoon>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

typedef struct DomainDef DomainDef;

typedef enum {
    DOMAIN_MEMBALLOON_VIRTIO = 0,
    DOMAIN_MEMBALLOON_XEN,
    DOMAIN_MEMBALLOON_NONE,
    DOMAIN_MEMBALLOON_VIRTIO_TRANSITIONAL,
    DOMAIN_MEMBALLOON_VIRTIO_NON_TRANSITIONAL,
} DomainMemballoonModel;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainMemballoonModel model;
    ConfTristate autodeflate;
    ConfTristate free_page_reporting;
    unsigned stats_period; /* seconds; 0: none */
} DomainMemballoonDef;

extern ConfNames domain_memballoon_model_names;

DomainMemballoonDef *domain_memballoon_def_new(DomainMemballoonModel model);
void domain_memballoon_def_free(DomainMemballoonDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainMemballoonDef, domain_memballoon_def_free)

/* Parses the <memballoon> element @node. Errors: VIR_ERR_XML_ERROR,
 * VIR_ERR_INTERNAL_ERROR, as libvirt's. */
DomainMemballoonDef *domain_memballoon_def_parse(xmlNode *node, const DomainParseContext *context,
                                                 GError **error);

/* Appends the device's element to @devices. */
void domain_memballoon_def_format(const DomainMemballoonDef *def, xmlNode *devices, unsigned flags);

/* --- rows of the table of families, see domain_devices.h ------------------- */

bool domain_memballoon_imply(DomainDef *def, const DomainParseContext *context, GError **error);
/* Errors: VIR_ERR_INTERNAL_ERROR for more than one. */
bool domain_memballoons_validate(const DomainDef *def, GError **error);
