/* What a simulated domain has of the host beside memory and a number of virtual CPUs:
 * where those may run, its weight and cap, and the devices that the host counts.
 *
 * Each disk and interface counts what a guest does that boots: a little, and always the
 * same.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

#define SIM_WEIGHT_DEFAULT 256

typedef struct {
    guint weight;
    guint cap;
    GPtrArray *affinity; /* of GByteArray or NULL (all CPUs), by number of the vCPU */
    GPtrArray *disks;    /* of char *: targets */
    GPtrArray *nets;     /* of char *: MAC addresses */
    char *told;          /* the last trigger, or command for its device model; or NULL */
} SimResources;

/* @config: a libxl_domain_config in libxl's JSON, or NULL. */
SimResources *sim_resources_new(struct json_object *config);
void sim_resources_free(SimResources *resources);

/* Takes @cpus over. */
void sim_resources_pin(SimResources *resources, guint vcpu, GByteArray *cpus);

/* The array of numbers of the CPUs' bytes for @vcpu. */
struct json_object *sim_resources_describe_affinity(const SimResources *resources, guint vcpu);

/* Arrays of what XenBlockStats and XenInterfaceStats have. */
struct json_object *sim_resources_describe_disks(const SimResources *resources);
struct json_object *sim_resources_describe_nets(const SimResources *resources, guint32 domid);
