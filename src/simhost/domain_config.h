/* What the simulated host reads of a libxl_domain_config in libxl's own JSON.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

#include "simhost/hardware.h"
#include "simhost/resources.h"

typedef struct {
    guint devid;
    char *name;
    char *socket; /* NULL: a pty */
} SimChannelRequest;

typedef struct {
    char *name;
    char *uuid; /* NULL if it was not given */
    char *type; /* "pv", "pvh" or "hvm" */
    guint64 memory_kib;
    guint64 max_memory_kib;
    guint vcpus;
    guint max_vcpus;
    GPtrArray *channels; /* of SimChannelRequest, by devid */
    GArray *serials;     /* of bool: is it a pty? */
    SimResources *resources;
    SimHardware *hardware;
} SimDomainConfig;

/* As libxl does, numbers channels without a devid by position, and leaves out
 * one with devid 0, which is the primary console's: the domain starts without
 * it. Errors: VIR_ERR_INTERNAL_ERROR naming what is wrong. */
SimDomainConfig *sim_domain_config_parse(struct json_object *config, GError **error);
void sim_domain_config_free(SimDomainConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimDomainConfig, sim_domain_config_free)
