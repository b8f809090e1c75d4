/* The backend daemon, virtxl-channeld, as the simulated host has it: one client at a
 * time that is told of the channels.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

#include "simhost/connection.h"

typedef struct SimBackend SimBackend;

/* Nobody is there at first. */
SimBackend *sim_backend_new(void);
void sim_backend_free(SimBackend *backend);

/* Whoever is there, dead or alive; NULL if there is nobody. */
SimConnection *sim_backend_get_connection(const SimBackend *backend);
/* Is there one whose process lives? */
bool sim_backend_is_alive(const SimBackend *backend);
/* @connection: of the new one, or NULL. It must be taken out before it is freed. */
void sim_backend_set_connection(SimBackend *backend, SimConnection *connection);

/* Tells it @event, if it is there. Takes @event over. */
void sim_backend_send(SimBackend *backend, struct json_object *event);
