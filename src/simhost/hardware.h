/* Disks, network interfaces, USB controllers and devices of the host of a simulated
 * domain: libxl's devices, of which nothing is simulated but that they are there. (What
 * channels are made of is in device.h.)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

typedef struct SimHardware SimHardware;

/* Those that a libxl_domain_config in libxl's JSON has. */
SimHardware *sim_hardware_new(struct json_object *config);
void sim_hardware_free(SimHardware *hardware);

/* @type and @name: as src/xen/xen_device.h has them. @device: libxl's JSON. Errors:
 * VIR_ERR_INTERNAL_ERROR for one that is there. */
bool sim_hardware_add(SimHardware *hardware, const char *type, const char *name,
                      struct json_object *device, GError **error);
/* One that is not there is no error; one that is stuck is VIR_ERR_OPERATION_TIMEOUT
 * without @force. */
bool sim_hardware_remove(SimHardware *hardware, const char *type, const char *name, bool force,
                         GError **error);
/* The drive @name gets what @device has. Errors: VIR_ERR_INTERNAL_ERROR if there is no
 * such CD-ROM drive. */
bool sim_hardware_change_medium(SimHardware *hardware, const char *name, struct json_object *device,
                                GError **error);

/* The guest does not let go of disk @name. */
bool sim_hardware_set_stuck(SimHardware *hardware, const char *name, bool stuck, GError **error);

/* Adds an object with type and name for each to the array @list. */
void sim_hardware_list(const SimHardware *hardware, struct json_object *list);
/* A line for each, for a person. */
void sim_hardware_describe(const SimHardware *hardware, GString *text);
