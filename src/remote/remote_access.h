/* What an authenticated client may do, if access_drivers has "polkit".
 *
 * For each call, polkit is asked about each permission that the call takes (procedures.tsv,
 * as libvirt documents them), by libvirt's action for it, with what the call is about as
 * details. Only then is the call served. A list has no more in it than its client may know
 * of: polkit is asked about each element, some of them at a time, and the handler leaves out
 * the others.
 *
 * polkit lets root do everything, so it is not asked about root.
 *
 * Main thread only, but for the functions that handlers call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "remote/remote_call.h"
#include "remote/remote_subject.h"

/* Is polkit to be asked about @call? It is decoded, and nothing else has begun. */
bool remote_access_is_checked(const RemoteCall *call);

/* Asks. The call goes on when all has been answered, or ends with VIR_ERR_ACCESS_DENIED. */
void remote_access_begin(RemoteCall *call);

/* One question: may the client @rpc do @action with @subject (NULL: it is about the
 * connection)? Finish with remote_polkit_ask_finish(). */
void remote_access_ask_async(const RpcClient *rpc, const char *action, const RemoteSubject *subject,
                             GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data);

/* Removes what the client may not know of. */
void remote_access_filter_domains(const RemoteCall *call, GPtrArray *refs);
void remote_access_filter_names(const RemoteCall *call, GPtrArray *names);

bool remote_access_shows_domain(const RemoteCall *call, const guint8 *uuid);
