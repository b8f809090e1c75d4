/* Calls about a domain's resources and counters, for the table in calls.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "simhost/calls.h"

#define SIM_RESOURCE_CALL(name)                                                                    \
    bool name(SimCallContext *context, struct json_object *args, struct json_object *result,       \
              GError **error)

SIM_RESOURCE_CALL(sim_call_list_vcpus);
SIM_RESOURCE_CALL(sim_call_set_online_vcpus);
SIM_RESOURCE_CALL(sim_call_pin_vcpu);
SIM_RESOURCE_CALL(sim_call_set_memory);
SIM_RESOURCE_CALL(sim_call_set_max_memory);
SIM_RESOURCE_CALL(sim_call_get_scheduler);
SIM_RESOURCE_CALL(sim_call_set_scheduler);
SIM_RESOURCE_CALL(sim_call_send_trigger);
SIM_RESOURCE_CALL(sim_call_tell_qemu);
SIM_RESOURCE_CALL(sim_call_get_block_stats);
SIM_RESOURCE_CALL(sim_call_get_interface_stats);
SIM_RESOURCE_CALL(sim_call_list_nodes);
