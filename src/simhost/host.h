/* The simulated machine: its memory, its domains, and who is told of them.
 *
 * 8 CPUs and 16 GiB, of which Domain-0 has 2 GiB. Ids count up from 1 and are
 * not used again. As libxl does, a second domain of the same name is refused; so
 * is one of the same UUID.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

#include "simhost/backend.h"
#include "simhost/domain.h"

#define SIM_HOST_CPUS                   8
#define SIM_HOST_MEMORY_KIB             (G_GUINT64_CONSTANT(16) * 1024 * 1024)
#define SIM_HOST_CONTROL_MEMORY_KIB     (G_GUINT64_CONSTANT(2) * 1024 * 1024)
#define SIM_HOST_CONTROL_MEMORY_MIN_KIB (G_GUINT64_CONSTANT(512) * 1024)

typedef struct SimHost SimHost;

/* @event: "created", "gone", or one of a domain's. */
typedef void (*SimHostEventFunc)(const char *event, const SimDomain *domain, gpointer user_data);

/* @directory holds the guests' ends; what a simulated host that was killed has
 * left there is removed. */
SimHost *sim_host_new(const char *directory, SimHostEventFunc func, gpointer user_data);
/* Ends all domains, without events. */
void sim_host_free(SimHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimHost, sim_host_free)

guint64 sim_host_get_free_memory_kib(const SimHost *host);
/* Has Domain-0 give back what is missing for the domain of @config, which needs @need_kib, and
 * for @promised_kib of others, down to SIM_HOST_CONTROL_MEMORY_MIN_KIB. Errors:
 * VIR_ERR_INTERNAL_ERROR. */
bool sim_host_make_room(SimHost *host, struct json_object *config, guint64 promised_kib,
                        guint64 *need_kib, GError **error);
bool sim_host_has_guests(const SimHost *host);

/* Belongs to @host. */
SimBackend *sim_host_get_backend(SimHost *host);
/* Makes @connection the backend, and tells it of all channels. */
void sim_host_attach_backend(SimHost *host, SimConnection *connection);

/* Of SimDomain, by id, Domain-0 included. Belongs to @host. */
GPtrArray *sim_host_get_domains(SimHost *host);
/* Errors: VIR_ERR_NO_DOMAIN. */
SimDomain *sim_host_get_domain(SimHost *host, guint32 domid, GError **error);
SimDomain *sim_host_find_domain(SimHost *host, const char *name, GError **error);

/* @config: a libxl_domain_config in libxl's JSON. The domain is paused and
 * belongs to @host. Errors: VIR_ERR_INTERNAL_ERROR, then nothing of it is left. */
SimDomain *sim_host_create_domain(SimHost *host, struct json_object *config, GError **error);
bool sim_host_destroy_domain(SimHost *host, guint32 domid, GError **error);
