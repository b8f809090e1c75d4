/* The connection to the simulated host: calls and events.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

typedef struct XenSimClient XenSimClient;

/* Called in the default main context, in order. @event is NULL when the host
 * is lost. */
typedef void (*XenSimEventFunc)(struct json_object *event, gpointer user_data);

/* Connects to the host that belongs to @root, starting @program if it is not
 * there. Errors: VIR_ERR_INTERNAL_ERROR saying why it can't be started. */
XenSimClient *xen_sim_client_open(const char *root, const char *program, GError **error);

/* No event comes after it if it is called in the default main context's thread,
 * or when that context no longer runs. No call may be under way. */
void xen_sim_client_close(XenSimClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XenSimClient, xen_sim_client_close)

/* Sets who is told of events; before that they are dropped. */
void xen_sim_client_set_event_func(XenSimClient *client, XenSimEventFunc func, gpointer user_data);

/* Makes the call @name and waits for its end; any thread may, several at once.
 * Takes @args (or NULL) over. Returns what the call gives, to be released with
 * json_object_put(). Errors: those of the call; VIR_ERR_INTERNAL_ERROR if the
 * host is lost. */
struct json_object *xen_sim_client_call(XenSimClient *client, const char *name,
                                        struct json_object *args, GError **error);

/* The same for a call that gives nothing. */
bool xen_sim_client_call_plain(XenSimClient *client, const char *name, struct json_object *args,
                               GError **error);
