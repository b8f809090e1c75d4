/* Commands for tests and people: `virtxl-simhost --ctl 'COMMAND...'`.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "simhost/calls.h"

/* The commands, one a line, for --help. Returns a new string. */
char *sim_control_get_help(void);

/* The call "control": args.command is a list of words; for the command "create",
 * args.config is what its file holds. result.text is for the person to read. */
bool sim_control_call(SimCallContext *context, struct json_object *args, struct json_object *result,
                      GError **error);

/* Reads a number from 0 to @max. Errors: VIR_ERR_INVALID_ARG. */
bool sim_control_parse_number(const char *text, guint64 max, guint64 *number, GError **error);
