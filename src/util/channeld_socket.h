/* The socket at which virtxl-channeld tells what channels there are: who connects gets
 * one JSON object and the end of the connection. channel/control.h says what is in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The socket's path under @root ("" for none); a new string. */
char *channeld_socket_get_path(const char *root);

/* Returns what the daemon at @path says, a new string. Blocks, for @timeout_ms at most,
 * however slowly it comes. Errors: VIR_ERR_NO_CONNECT if nobody listens there or the answer
 * breaks off, VIR_ERR_OPERATION_TIMEOUT if it does not come in time. */
char *channeld_socket_ask(const char *path, guint timeout_ms, GError **error);
