/* The server as its own room sees it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "remote/remote_server.h"
#include "remote/remote_workers.h"

struct RemoteServer {
    RpcServer *rpc;
    RemoteWorkers *workers;
    LibxlDriver *driver; /* not owned */
    GPtrArray *checks;   /* of RemoteCheck: calls that wait for polkit */
    guint keepalive_interval_ms;
    guint keepalive_count;
    bool checks_access;
    bool stopping;
    bool clients_gone; /* after stopping: the last is */
    RemoteServerStopped on_stopped;
    gpointer on_stopped_data;
};

/* Tells whoever has called remote_server_stop(), if nothing is under way any more: to be
 * called when something has ended. */
void remote_server_tell_if_stopped(RemoteServer *server);
