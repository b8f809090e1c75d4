/* The server: libvirt's wire protocol in front of the driver.
 *
 * Brings the three together: connections (src/rpc), the dispatcher with its
 * workers, and the driver. All functions are for the main thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"
#include "rpc/rpc_server.h"

typedef struct RemoteServer RemoteServer;

typedef struct {
    RpcServerLimits limits;
    guint n_workers;             /* calls that may block at the same time */
    guint n_priority_workers;    /* and calls of high priority beside them */
    guint keepalive_interval_ms; /* 0: the server asks no client for a sign of life */
    guint keepalive_count;
    bool checks_access; /* polkit is asked about each call: remote_access.h */
} RemoteServerOptions;

typedef void (*RemoteServerStopped)(gpointer user_data);

/* A server that does not listen yet. */
RemoteServer *remote_server_new(const RemoteServerOptions *options);

/* Closes all connections at once and waits for the calls on workers. */
void remote_server_free(RemoteServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RemoteServer, remote_server_free)

/* Whom the calls go to; before the first client. @driver outlives the server's
 * last call. */
void remote_server_set_driver(RemoteServer *server, LibxlDriver *driver);

/* The connections, to listen. */
RpcServer *remote_server_get_rpc(RemoteServer *server);

/* For libxl_driver_open(); @user_data is the RemoteServer. */
void remote_server_handle_event(const LibxlDriverEvent *event, gpointer user_data);

/* Stops listening, lets clients have the answers to their calls for @grace_ms
 * milliseconds, lets every operation end (those that wait for a guest's agent at
 * once), then calls @on_stopped. */
void remote_server_stop(RemoteServer *server, guint grace_ms, RemoteServerStopped on_stopped,
                        gpointer user_data);
