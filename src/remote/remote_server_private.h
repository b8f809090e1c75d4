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
    guint keepalive_interval_ms;
    guint keepalive_count;
    bool stopping;
    bool clients_gone; /* after stopping: the last is */
    RemoteServerStopped on_stopped;
    gpointer on_stopped_data;
};
