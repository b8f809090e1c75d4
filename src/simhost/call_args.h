/* Arguments of a call, out of its JSON.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>

#include "simhost/calls.h"

/* NULL, with VIR_ERR_INVALID_ARG, unless @args has the string @key. */
const char *sim_args_get_string(struct json_object *args, const char *key, GError **error);
/* The domain that args.domid names; get_guest refuses Domain-0. */
SimDomain *sim_args_get_domain(SimCallContext *context, struct json_object *args, GError **error);
SimDomain *sim_args_get_guest(SimCallContext *context, struct json_object *args, GError **error);
