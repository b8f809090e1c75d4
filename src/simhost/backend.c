/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/backend.h"

struct SimBackend {
    SimConnection *connection;
};

SimBackend *
sim_backend_new(void)
{
    return g_new0(SimBackend, 1);
}

void
sim_backend_free(SimBackend *backend)
{
    g_free(backend);
}

SimConnection *
sim_backend_get_connection(const SimBackend *backend)
{
    return backend->connection;
}

bool
sim_backend_is_alive(const SimBackend *backend)
{
    return backend->connection && !sim_connection_is_hung_up(backend->connection);
}

void
sim_backend_set_connection(SimBackend *backend, SimConnection *connection)
{
    backend->connection = connection;
}

void
sim_backend_send(SimBackend *backend, struct json_object *event)
{
    const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

    if (backend->connection)
        sim_connection_send(backend->connection, json_object_to_json_string_ext(event, flags));
    json_object_put(event);
}
