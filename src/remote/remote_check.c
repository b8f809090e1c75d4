/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_check.h"

#include "remote/remote_dispatch.h"
#include "remote/remote_server_private.h"

RemoteCheck *
remote_check_begin(RemoteCall *call)
{
    RemoteCheck *check = g_new0(RemoteCheck, 1);

    check->call = call;
    check->cancellable = g_cancellable_new();
    if (call->server->stopping)
        g_cancellable_cancel(check->cancellable);
    g_ptr_array_add(call->server->checks, check);
    return check;
}

void
remote_check_end(RemoteCheck *check)
{
    RemoteCall *call = check->call;
    RemoteServer *server = call->server;

    g_ptr_array_remove_fast(server->checks, check);
    g_object_unref(check->cancellable);
    g_free(check);
    remote_dispatch_resume(call);
    remote_server_tell_if_stopped(server);
}

bool
remote_check_is_under_way(const RemoteServer *server, const RpcClient *client)
{
    for (guint i = 0; i < server->checks->len; i++) {
        const RemoteCheck *check = server->checks->pdata[i];

        if (check->call->rpc == client)
            return true;
    }
    return false;
}

void
remote_check_cancel(RemoteServer *server, const RpcClient *client)
{
    for (guint i = 0; i < server->checks->len; i++) {
        const RemoteCheck *check = server->checks->pdata[i];

        if (!client || check->call->rpc == client)
            g_cancellable_cancel(check->cancellable);
    }
}
