/* Asks polkit, over the system's D-Bus, whether a client may do something.
 *
 * polkit may ask a person, so an answer can take minutes; nothing waits for it but the call
 * that is about it. Who is asked about is a process: its id, when it began (ids are used
 * again) and its user.
 *
 * Main thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "rpc/rpc_client.h"

/* May the client @identity do @action ("org.libvirt.unix.manage")? @cancellable also takes
 * back what polkit may be asking a person. @callback gets @user_data. */
void remote_polkit_check_async(const RpcIdentity *identity, const char *action,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);

/* True: it may. Errors: VIR_ERR_AUTH_FAILED; VIR_ERR_AUTH_UNAVAILABLE if a person would
 * have to be asked and no agent of polkit can do so, from which clients conclude that they
 * have to start one; VIR_ERR_AUTH_CANCELLED. */
bool remote_polkit_check_finish(GAsyncResult *result, GError **error);
