/* The simulated host's socket.
 *
 * One JSON object a line. A request {"id": N, "call": NAME, "args": {...}} is
 * answered by {"id": N, "result": {...}} or {"id": N, "error": {"code": C,
 * "message": M}}, C being a virErrorNumber; calls that are not delayed are
 * answered in order. A client that called "watch" gets {"event": NAME, "domid":
 * N, "uuid": U, "reason": R} between the replies. A line that is no request is
 * answered by an error without an id.
 *
 * With "own": true the client says that it calls by itself, whenever that is, and was not asked
 * to: such a call is not counted for the failure of the K-th call, of whatever name.
 *
 * One client can become the backend of channels by the call "backend". It then gets
 * {"event": "channel", ...} with all that the store has of a channel, for each that is
 * there, {"event": "channels-complete"}, and later "channel" for each change and
 * {"event": "channel-gone", "domid": N, "devid": N}.
 *
 * A call whose client goes while the call is delayed is never made.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct SimServer SimServer;

/* The host's place under @root; a new string. */
char *sim_server_get_directory(const char *root);
char *sim_server_get_socket(const char *root);

/* Becomes the simulated host of @root. Sets *@is_running and fails if another
 * process is that already. Ends when nobody is connected any more and no
 * guest is there for @linger_ms. Errors: VIR_ERR_SYSTEM_ERROR. */
SimServer *sim_server_new(const char *root, guint linger_ms, bool *is_running, GError **error);
/* Ends all domains and removes every file. */
void sim_server_free(SimServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimServer, sim_server_free)

/* Serves until it ends by itself, is told to quit or gets SIGTERM or SIGINT. */
void sim_server_run(SimServer *server);
