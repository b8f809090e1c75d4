/* A call that waits for what polkit says, instead of being served: about who calls
 * (remote_auth.c), or about what may be called (remote_access.h).
 *
 * Main thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "remote/remote_call.h"

typedef struct {
    RemoteCall *call;
    GCancellable *cancellable; /* for the questions */
} RemoteCheck;

/* @call waits from now on. */
RemoteCheck *remote_check_begin(RemoteCall *call);

/* The call goes on (remote_dispatch_resume()): if its error is set, it is answered by that. */
void remote_check_end(RemoteCheck *check);

/* Does a call of @client wait? */
bool remote_check_is_under_way(const RemoteServer *server, const RpcClient *client);

/* Takes back the questions of @client or (NULL) of all; their calls are answered by
 * VIR_ERR_AUTH_CANCELLED, later. */
void remote_check_cancel(RemoteServer *server, const RpcClient *client);
