/* A domain into a stream, and out of it: the calls save, resume and restore.
 *
 * The stream is text: a first line that tells what it is, the domain's CPU time, and a last
 * line, so that one that was cut is known. A guest that is restored connects its channels
 * when it first runs, as one that boots.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "simhost/calls.h"

/* args.domid -> result.stream; the guest has suspended itself then. */
bool sim_call_save(SimCallContext *context, struct json_object *args, struct json_object *result,
                   GError **error);
/* args.domid goes on, if it is suspended. */
bool sim_call_resume(SimCallContext *context, struct json_object *args, struct json_object *result,
                     GError **error);
/* args.config, args.stream (in base64) -> result.domid, paused. */
bool sim_call_restore(SimCallContext *context, struct json_object *args, struct json_object *result,
                      GError **error);
