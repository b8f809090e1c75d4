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

typedef struct {
    const RpcIdentity *identity; /* of the client */
    const char *action;          /* "org.libvirt.unix.manage" */
    const char *const *details;  /* names and values for polkit's rules, to a NULL; may be NULL */
    bool is_interactive;         /* may a person be asked? */
} RemotePolkitQuestion;

/* May the client do that? What @question points to is copied. @cancellable also takes back
 * what polkit may be asking a person. @callback gets @user_data. */
void remote_polkit_ask_async(const RemotePolkitQuestion *question, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data);

/* True: it may. Errors: VIR_ERR_AUTH_FAILED; VIR_ERR_AUTH_UNAVAILABLE if a person would
 * have to be asked and no agent of polkit can do so, from which clients conclude that they
 * have to start one; VIR_ERR_AUTH_CANCELLED. */
bool remote_polkit_ask_finish(GAsyncResult *result, GError **error);
