/* How a client becomes an authenticated one.
 *
 * Most are when they connect (rpc_auth.h). On a socket with the policy "polkit" the others
 * find in the list of authentications that they have to ask for it, and do so by a call that
 * is answered when polkit has decided (remote_polkit.h). Until then nothing but these two
 * calls is served.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "remote/remote_call.h"

/* Ends the authentications that are under way, of @client or (NULL) of all; their calls are
 * answered by VIR_ERR_AUTH_CANCELLED, later. */
void remote_auth_cancel(RemoteServer *server, const RpcClient *client);
