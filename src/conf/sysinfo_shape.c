/* The shape of <sysinfo>: the tables that a firmware shows, by their entries' names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_shapes.h"

static ConfNames types = {"smbios", "fwcfg", NULL};
static ConfNames bios_entries = {"vendor", "version", "date", "release", NULL};
static ConfNames system_entries = {
    "manufacturer", "product", "version", "serial", "uuid", "sku", "family", NULL,
};
static ConfNames board_entries = {
    "manufacturer", "product", "version", "serial", "asset", "location", NULL,
};
static ConfNames chassis_entries = {"manufacturer", "version", "serial", "asset", "sku", NULL};

#define ENTRY_SHAPE(block)                                                                         \
    static const ConfShapeAttr block##_attributes[] = {                                            \
        {"name", CONF_SHAPE_NAME, block##_entries},                                                \
        {NULL},                                                                                    \
    };                                                                                             \
    static const ConfShape block##_children[] = {                                                  \
        {"entry", CONF_SHAPE_REPEATED, block##_attributes, .sorted_by = "name"},                   \
        {NULL},                                                                                    \
    }

ENTRY_SHAPE(bios);
ENTRY_SHAPE(system);
ENTRY_SHAPE(board);
ENTRY_SHAPE(chassis);

static const ConfShape sysinfo_children[] = {
    {"bios", .children = bios_children},
    {"system", .children = system_children},
    {"baseBoard", CONF_SHAPE_REPEATED, .children = board_children},
    {"chassis", .children = chassis_children},
    {"oemStrings"},
    {NULL},
};

static const ConfShapeAttr sysinfo_attributes[] = {
    {"type", CONF_SHAPE_NAME, types, .required = true},
    {NULL},
};

const ConfShape domain_sysinfo_shapes[] = {
    {"sysinfo", CONF_SHAPE_REPEATED, sysinfo_attributes, sysinfo_children},
    {NULL},
};
