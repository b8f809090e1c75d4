/* Input devices of a definition: <input>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

typedef struct DomainDef DomainDef;

typedef enum {
    DOMAIN_INPUT_MOUSE = 0,
    DOMAIN_INPUT_TABLET,
    DOMAIN_INPUT_KEYBOARD,
    DOMAIN_INPUT_PASSTHROUGH,
    DOMAIN_INPUT_EVDEV,
} DomainInputType;

typedef enum {
    DOMAIN_INPUT_BUS_DEFAULT = 0, /* chosen by the domain's type after parsing */
    DOMAIN_INPUT_BUS_PS2,
    DOMAIN_INPUT_BUS_USB,
    DOMAIN_INPUT_BUS_XEN,
    DOMAIN_INPUT_BUS_PARALLELS,
    DOMAIN_INPUT_BUS_VIRTIO,
    DOMAIN_INPUT_BUS_NONE,
} DomainInputBus;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainInputType type;
    DomainInputBus bus;
    char *model; /* "virtio", ...; or NULL */
} DomainInputDef;

extern ConfNames domain_input_type_names;
extern ConfNames domain_input_bus_names;

DomainInputDef *domain_input_def_new(DomainInputType type, DomainInputBus bus);
void domain_input_def_free(DomainInputDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainInputDef, domain_input_def_free)

/* Parses the <input> element @node. Errors: VIR_ERR_XML_ERROR,
 * VIR_ERR_INTERNAL_ERROR, VIR_ERR_CONFIG_UNSUPPORTED, as libvirt's. */
DomainInputDef *domain_input_def_parse(xmlNode *node, const DomainParseContext *context,
                                       GError **error);

/* Appends the device's element to @devices. */
void domain_input_def_format(const DomainInputDef *def, xmlNode *devices, unsigned flags);

/* --- rows of the table of families, see domain_devices.h ------------------- */

bool domain_input_complete(DomainDef *def, gpointer input, const DomainParseContext *context,
                           GError **error);
/* Every guest has a mouse and a keyboard. */
bool domain_input_imply(DomainDef *def, const DomainParseContext *context, GError **error);
bool domain_input_validate(const DomainDef *def, gconstpointer input, GError **error);
