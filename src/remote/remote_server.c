/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_server.h"

#include "libxl/libxl_driver_agent.h"
#include "remote/remote_check.h"
#include "remote/remote_dispatch.h"
#include "remote/remote_error.h"
#include "remote/remote_event.h"
#include "remote/remote_server_private.h"
#include "remote/remote_stream.h"

static void
handle_client(RpcServer *rpc, RpcClient *client, gpointer user_data)
{
    const RemoteServer *server = user_data;

    rpc_client_set_data(client, remote_client_new(client, server->checks_access),
                        (GDestroyNotify)remote_client_free);
}

static void
handle_call(RpcClient *client, RpcMessage *call, gpointer user_data)
{
    remote_dispatch_call(user_data, client, call);
}

/* NULL: a client that was refused. */
static RpcStreams *
streams_of(RpcClient *client)
{
    RemoteClient *remote = rpc_client_get_data(client);

    return remote ? remote->streams : NULL;
}

static void
handle_stream(RpcClient *client, RpcMessage *frame, gpointer user_data)
{
    RpcStreams *streams = streams_of(client);

    if (streams)
        rpc_streams_handle(streams, frame);
}

static void
handle_output_ready(RpcClient *client, gpointer user_data)
{
    RpcStreams *streams = streams_of(client);

    if (streams)
        rpc_streams_output_ready(streams);
}

static void
handle_closed(RpcClient *client, gpointer user_data)
{
    RpcStreams *streams = streams_of(client);

    remote_check_cancel(user_data, client);
    if (streams)
        rpc_streams_close(streams);
}

static void
stop_streams(RpcClient *client, gpointer user_data)
{
    RpcStreams *streams = streams_of(client);

    if (streams)
        remote_streams_stop(streams);
}

static GBytes *
encode_error(const GError *error, gpointer user_data)
{
    return remote_error_encode_refusal(error);
}

void
remote_server_tell_if_stopped(RemoteServer *server)
{
    if (!server->stopping || !server->clients_gone || server->checks->len > 0 ||
        remote_workers_get_pending(server->workers))
        return;
    server->stopping = false;
    server->on_stopped(server->on_stopped_data);
}

static void
handle_clients_gone(RpcServer *rpc, gpointer user_data)
{
    RemoteServer *server = user_data;

    server->clients_gone = true;
    remote_server_tell_if_stopped(server);
}

static void
run_call(gpointer job, gpointer user_data)
{
    remote_dispatch_run(job);
}

static void
finish_call(gpointer job, gpointer user_data)
{
    remote_dispatch_finish(job);
    remote_server_tell_if_stopped(user_data);
}

RemoteServer *
remote_server_new(const RemoteServerOptions *options)
{
    const RpcServerHandler handler = {
        .on_client = handle_client,
        .client = {.on_call = handle_call,
                   .on_stream = handle_stream,
                   .on_output_ready = handle_output_ready,
                   .on_closed = handle_closed,
                   .encode_error = encode_error},
        .on_stopped = handle_clients_gone,
    };
    RemoteServer *server = g_new0(RemoteServer, 1);

    server->rpc = rpc_server_new(&options->limits, &handler, server);
    server->workers = remote_workers_new(options->n_workers, options->n_priority_workers, run_call,
                                         finish_call, server);
    server->checks = g_ptr_array_new();
    server->keepalive_interval_ms = options->keepalive_interval_ms;
    server->keepalive_count = options->keepalive_count;
    server->checks_access = options->checks_access;
    return server;
}

void
remote_server_free(RemoteServer *server)
{
    if (!server)
        return;
    rpc_server_free(server->rpc);
    remote_workers_free(server->workers);
    g_ptr_array_unref(server->checks);
    g_free(server);
}

void
remote_server_set_driver(RemoteServer *server, LibxlDriver *driver)
{
    server->driver = driver;
}

RpcServer *
remote_server_get_rpc(RemoteServer *server)
{
    return server->rpc;
}

void
remote_server_handle_event(const LibxlDriverEvent *event, gpointer user_data)
{
    RemoteServer *server = user_data;

    remote_event_send(server->rpc, event);
}

void
remote_server_stop(RemoteServer *server, guint grace_ms, RemoteServerStopped on_stopped,
                   gpointer user_data)
{
    server->stopping = true;
    server->on_stopped = on_stopped;
    server->on_stopped_data = user_data;
    if (server->driver)
        libxl_driver_close_agents(server->driver);
    remote_check_cancel(server, NULL);
    rpc_server_foreach_client(server->rpc, stop_streams, NULL);
    rpc_server_stop(server->rpc, grace_ms);
}
