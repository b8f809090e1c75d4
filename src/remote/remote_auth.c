/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-remote"

#include "remote/remote_auth.h"

#include "remote/remote_dispatch.h"
#include "remote/remote_handlers.h"
#include "remote/remote_polkit.h"
#include "remote/remote_server_private.h"
#include "remote_protocol.h"
#include "util/error.h"
#include "util/i18n.h"

/* An authentication under way; one of server->checks. */
typedef struct {
    RemoteCall *call;
    GCancellable *cancellable;
} Check;

static void
check_free(Check *check)
{
    g_object_unref(check->cancellable);
    g_free(check);
}

void
remote_auth_cancel(RemoteServer *server, const RpcClient *client)
{
    for (guint i = 0; i < server->checks->len; i++) {
        const Check *check = server->checks->pdata[i];

        if (!client || check->call->rpc == client)
            g_cancellable_cancel(check->cancellable);
    }
}

static bool
is_under_way(const RemoteServer *server, const RpcClient *client)
{
    for (guint i = 0; i < server->checks->len; i++) {
        const Check *check = server->checks->pdata[i];

        if (check->call->rpc == client)
            return true;
    }
    return false;
}

bool
remote_auth_list(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    bool is_authenticated = rpc_client_get_identity(call->rpc)->authenticated;
    remote_auth_list_ret *ret = result;

    ret->types.types_len = 1;
    ret->types.types_val = g_new0(remote_auth_type, 1);
    ret->types.types_val[0] = is_authenticated ? REMOTE_AUTH_NONE : REMOTE_AUTH_POLKIT;
    return true;
}

static void
handle_decision(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Check *check = user_data;
    RemoteCall *call = check->call;
    RemoteServer *server = call->server;
    const RpcIdentity *identity = rpc_client_get_identity(call->rpc);

    if (!remote_polkit_check_finish(result, &call->error))
        g_info("client %" G_GUINT64_FORMAT " (pid %ld, uid %lu): %s", rpc_client_get_id(call->rpc),
               (long)identity->pid, (unsigned long)identity->uid, call->error->message);
    else
        rpc_client_set_authenticated(call->rpc, true);
    g_ptr_array_remove_fast(server->checks, check);
    check_free(check);
    remote_dispatch_resume(call);
    remote_server_tell_if_stopped(server);
}

bool
remote_auth_polkit_begin(RemoteCall *call, GError **error)
{
    const RpcIdentity *identity = rpc_client_get_identity(call->rpc);
    Check *check;

    if (identity->authenticated)
        return virtxl_error_set(error, VIR_ERR_AUTH_FAILED,
                                _("authentication failed: none by polkit is asked for"));
    if (is_under_way(call->server, call->rpc))
        return virtxl_error_set(error, VIR_ERR_AUTH_FAILED,
                                _("authentication failed: another one is under way"));
    check = g_new0(Check, 1);
    check->call = call;
    check->cancellable = g_cancellable_new();
    g_ptr_array_add(call->server->checks, check);
    remote_polkit_check_async(
        identity, identity->readonly ? "org.libvirt.unix.monitor" : "org.libvirt.unix.manage",
        check->cancellable, handle_decision, check);
    if (call->server->stopping)
        g_cancellable_cancel(check->cancellable);
    return true;
}

bool
remote_auth_polkit(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    remote_auth_polkit_ret *ret = result;

    ret->complete = 1;
    return true;
}
