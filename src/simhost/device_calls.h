/* Calls about devices that libxl makes, see hardware.h, and those of the host, see pci.h.
 *
 *   list_devices    domid                         devices: [{type, name}]
 *   add_device      domid type name device        device: libxl's JSON
 *   remove_device   domid type name force
 *   change_medium   domid type name device
 *   set_assignable  name assignable
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "simhost/calls.h"

/* Each as sim_call(). */
bool sim_call_list_devices(SimCallContext *context, struct json_object *args,
                           struct json_object *result, GError **error);
bool sim_call_add_device(SimCallContext *context, struct json_object *args,
                         struct json_object *result, GError **error);
bool sim_call_remove_device(SimCallContext *context, struct json_object *args,
                            struct json_object *result, GError **error);
bool sim_call_change_medium(SimCallContext *context, struct json_object *args,
                            struct json_object *result, GError **error);
bool sim_call_set_assignable(SimCallContext *context, struct json_object *args,
                             struct json_object *result, GError **error);
