/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_dispatch.h"

#include "remote/remote_access.h"
#include "remote/remote_error.h"
#include "remote/remote_server_private.h"
#include "remote/remote_stream.h"
#include "util/error.h"
#include "util/i18n.h"

static RemoteCall *
call_new(RemoteServer *server, RpcClient *rpc, const RpcHeader *header)
{
    RemoteCall *call = g_new0(RemoteCall, 1);

    call->server = server;
    call->driver = server->driver;
    call->rpc = rpc_client_ref(rpc);
    call->client = rpc_client_get_data(rpc);
    call->header = *header;
    return call;
}

static void
call_free(RemoteCall *call)
{
    if (call->args) {
        rpc_xdr_free(call->route->args_xdr, call->args);
        g_free(call->args);
    }
    g_clear_pointer(&call->lease, libxl_chr_lease_release);
    g_clear_pointer(&call->visible, g_hash_table_unref);
    g_free(call->image_xml);
    if (call->reply)
        g_bytes_unref(call->reply);
    g_clear_error(&call->error);
    rpc_client_unref(call->rpc);
    g_free(call);
}

static bool
call_is_permitted(const RemoteCall *call, GError **error)
{
    bool before_auth = call->route && call->route->before_auth;
    bool before_open = call->route && call->route->before_open;

    if (!rpc_client_get_identity(call->rpc)->authenticated && !before_auth)
        return virtxl_error_set(error, VIR_ERR_RPC, _("authentication required for %s"),
                                call->procedure->api);
    if (!call->client->opened && !before_open)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("connection not open: %s comes before virConnectOpen"),
                                call->procedure->api);
    if (call->client->readonly && call->procedure->access == REMOTE_ACCESS_WRITE)
        return virtxl_error_set(error, VIR_ERR_OPERATION_DENIED, _("read only access prevents %s"),
                                call->procedure->api);
    return true;
}

static bool
call_decode(RemoteCall *call, GBytes *payload, GError **error)
{
    const RemoteRoute *route = call->route;
    g_autofree gpointer args = NULL;

    if (!route->args_xdr)
        return true;
    args = g_malloc0(route->args_size);
    if (!rpc_xdr_decode(route->args_xdr, payload, args, route->args_size, call->procedure->name,
                        error))
        return false;
    call->args = g_steal_pointer(&args);
    return true;
}

static bool
call_arguments_are_permitted(const RemoteCall *call, GError **error)
{
    if (call->client->readonly && call->route->writes && call->route->writes(call->args))
        return virtxl_error_set(error, VIR_ERR_OPERATION_DENIED,
                                _("read only access prevents %s with these flags"),
                                call->procedure->api);
    return true;
}

static bool
call_prepare(RemoteCall *call, GBytes *payload, GError **error)
{
    const RpcHeader *header = &call->header;

    call->procedure =
        remote_procedure_find(header->program, header->version, header->procedure, error);
    if (!call->procedure)
        return false;
    call->route = remote_route_find(header->program, header->procedure);
    if (!call_is_permitted(call, error))
        return false;
    if (!call->route) {
        g_debug("client %" G_GUINT64_FORMAT ": '%s' is not served", rpc_client_get_id(call->rpc),
                call->procedure->name);
        return virtxl_error_set(error, VIR_ERR_NO_SUPPORT, "%s", call->procedure->api);
    }
    return call_decode(call, payload, error) && call_arguments_are_permitted(call, error);
}

/* Calls the handler and encodes what it gives. Any thread. */
void
remote_dispatch_run(RemoteCall *call)
{
    const RemoteRoute *route = call->route;
    g_autofree gpointer ret = route->ret_xdr ? g_malloc0(route->ret_size) : NULL;

    if (!route->handler(call, call->args, ret, &call->error)) {
        if (!call->error)
            virtxl_error_set(&call->error, VIR_ERR_INTERNAL_ERROR, _("%s failed"),
                             call->procedure->api);
    } else if (route->ret_xdr) {
        call->reply = rpc_xdr_encode(route->ret_xdr, ret, call->procedure->name, &call->error);
    }
    if (route->ret_xdr)
        rpc_xdr_free(route->ret_xdr, ret);
}

/* If that fails, the call has. */
static void
call_open_stream(RemoteCall *call)
{
    if (call->lease && !call->error)
        remote_stream_open(call->client->streams, &call->header, g_steal_pointer(&call->lease),
                           &call->error);
}

void
remote_dispatch_finish(RemoteCall *call)
{
    call_open_stream(call);
    if (call->error) {
        g_autoptr(GBytes) payload = remote_error_encode(call->error);

        g_debug("client %" G_GUINT64_FORMAT ": %s: %s", rpc_client_get_id(call->rpc),
                call->procedure ? call->procedure->name : "call", call->error->message);
        rpc_client_send_error(call->rpc, &call->header, payload);
    } else {
        rpc_client_send_reply(call->rpc, &call->header, call->reply);
    }
    call_free(call);
}

static bool
call_asks_agent(const RemoteCall *call)
{
    return call->route->where == REMOTE_AGENT ||
           (call->route->asks_agent && call->route->asks_agent(call->args));
}

static bool
call_belongs_on_worker(RemoteCall *call)
{
    switch (call->route->where) {
    case REMOTE_LOOP:
        return false;
    case REMOTE_WORKER:
    case REMOTE_AGENT:
        return true;
    case REMOTE_EITHER:
        return call->route->blocks(call, call->args);
    }
    g_return_val_if_reached(true);
}

static void
push(RemoteServer *server, RemoteCall *call)
{
    bool first = call->procedure->high_priority || call->route->where == REMOTE_EITHER;

    remote_workers_push(server->workers, call, first ? REMOTE_POOL_PRIORITY : REMOTE_POOL_ORDINARY);
}

/* True: something is to be waited for. */
static bool
call_begin(RemoteCall *call, GError **error)
{
    if (call->route->begin)
        return call->route->begin(call, error);
    if (!remote_access_is_checked(call))
        return false;
    remote_access_begin(call);
    return true;
}

void
remote_dispatch_call(RemoteServer *server, RpcClient *rpc, const RpcMessage *message)
{
    RemoteCall *call = call_new(server, rpc, &message->header);

    if (!call_prepare(call, message->payload, &call->error) || !call_begin(call, &call->error))
        remote_dispatch_resume(call);
}

void
remote_dispatch_resume(RemoteCall *call)
{
    if (call->error) {
        remote_dispatch_finish(call);
    } else if (call_asks_agent(call)) {
        remote_workers_push(call->server->workers, call, REMOTE_POOL_AGENT);
    } else if (call_belongs_on_worker(call)) {
        push(call->server, call);
    } else {
        remote_dispatch_run(call);
        remote_dispatch_finish(call);
    }
}
