/* The backend's connection to the simulated host: lines of JSON out and in, none of
 * which blocks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

typedef struct HostSimClient HostSimClient;

typedef struct {
    /* @message stays the client's. */
    void (*message)(struct json_object *message, gpointer user_data);
    /* The host has gone. The callee may free the client. Once. */
    void (*lost)(gpointer user_data);
} HostSimClientCallbacks;

/* Connects to @socket and makes the call "backend", for whose answer it waits, the only
 * time that it blocks. Errors: VIR_ERR_NO_CONNECT. */
HostSimClient *host_sim_client_new(const char *socket, GError **error);
void host_sim_client_free(HostSimClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostSimClient, host_sim_client_free)

/* From now on calls back, from the main loop only. Nothing that came before is lost. */
void host_sim_client_start(HostSimClient *client, const HostSimClientCallbacks *callbacks,
                           gpointer user_data);

/* Sends the call @name; its answer will have the id @id. Takes @args over. */
void host_sim_client_call(HostSimClient *client, gint64 id, const char *name,
                          struct json_object *args);
