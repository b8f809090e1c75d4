/* What the host's clients can ask of it: one call for each function of the port
 * (src/xen/xen_host.h), those of the backend (channel_calls.h), and "control" for
 * whoever arranges things.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

#include "simhost/connection.h"
#include "simhost/faults.h"
#include "simhost/host.h"

/* What a call works on, and what it wants of the server that made it. */
typedef struct {
    SimHost *host;
    const char *root; /* where the machine's files are */
    SimFaults *faults;
    SimConnection *caller;
    bool is_own; /* the caller does it by itself, whenever that is; see xen_host_set_own() */
    bool watch;  /* set: send events to the caller from now on */
    bool serve;  /* set: the caller is the backend from now on */
    bool quit;   /* set: end the host once the reply is sent */
} SimCallContext;

/* How long the call named @name is to be put off, in milliseconds. */
guint sim_call_get_delay(const SimCallContext *context, const char *name);

/* Makes the call. Adds what it gives to @result. Errors carry the code that the
 * port's caller gets; VIR_ERR_NO_SUPPORT for an unknown name. */
bool sim_call(SimCallContext *context, const char *name, struct json_object *args,
              struct json_object *result, GError **error);

/* Is there such a call that can be made to fail? */
bool sim_call_exists(const char *name);
