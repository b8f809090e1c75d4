/* The daemon's control socket: who connects gets a description of all channels, one
 * JSON object, and the connection is closed. That it can be connected to at all tells
 * the driver that the daemon serves.
 *
 *   {"channels": [{"domain": NAME, "domid": N, "name": NAME, "devid": N,
 *                  "endpoint": TEXT, "error": TEXT,
 *                  "frontend_state": N, "backend_state": N,   (of xenbus)
 *                  "connected": BOOL, "client_pid": N, "clients": N,
 *                  "in_bytes": N, "out_bytes": N,             (to, from the guest)
 *                  "in_held": N, "out_held": N, "out_discarded": N}, ...]}
 *
 * Numbers of bytes count from when this process began to serve the channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

typedef struct Control Control;

/* Adds "channels" to @object. */
typedef void (*ControlFunc)(struct json_object *object, gpointer user_data);

/* Listens at @path, which nobody but the daemon's user can connect to. Errors:
 * VIR_ERR_SYSTEM_ERROR. */
Control *control_new(const char *path, ControlFunc func, gpointer user_data, GError **error);
void control_free(Control *control);

/* The other side: asks the daemon at @path and prints a table, or the JSON. Blocks, for ten
 * seconds at most. Errors: those of channeld_socket_ask(). */
bool control_print_list(const char *path, bool as_json, GError **error);
