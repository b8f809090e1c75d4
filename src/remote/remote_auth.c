/* How a client becomes an authenticated one.
 *
 * Most are when they connect (rpc_auth.h). On a socket with the policy "polkit" the others
 * find in the list of authentications that they have to ask for it, and do so by a call that
 * is answered when polkit has decided (remote_polkit.h). Until then nothing but these two
 * calls is served.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define G_LOG_DOMAIN "virtxl-remote"

#include "remote/remote_check.h"
#include "remote/remote_handlers.h"
#include "remote/remote_polkit.h"
#include "remote_protocol.h"
#include "util/error.h"
#include "util/i18n.h"

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
    RemoteCheck *check = user_data;
    RemoteCall *call = check->call;
    const RpcIdentity *identity = rpc_client_get_identity(call->rpc);

    if (!remote_polkit_ask_finish(result, &call->error))
        g_info("client %" G_GUINT64_FORMAT " (pid %ld, uid %lu): %s", rpc_client_get_id(call->rpc),
               (long)identity->pid, (unsigned long)identity->uid, call->error->message);
    else
        rpc_client_set_authenticated(call->rpc, true);
    remote_check_end(check);
}

bool
remote_auth_polkit_begin(RemoteCall *call, GError **error)
{
    const RpcIdentity *identity = rpc_client_get_identity(call->rpc);
    const RemotePolkitQuestion question = {
        .identity = identity,
        .action = identity->readonly ? "org.libvirt.unix.monitor" : "org.libvirt.unix.manage",
        .is_interactive = true,
    };
    RemoteCheck *check;

    if (identity->authenticated)
        return virtxl_error_set(error, VIR_ERR_AUTH_FAILED, _("none by polkit is asked for"));
    if (remote_check_is_under_way(call->server, call->rpc))
        return virtxl_error_set(error, VIR_ERR_AUTH_FAILED, _("another one is under way"));
    check = remote_check_begin(call);
    remote_polkit_ask_async(&question, check->cancellable, handle_decision, check);
    return true;
}

bool
remote_auth_polkit(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    remote_auth_polkit_ret *ret = result;

    ret->complete = 1;
    return true;
}
