/* Programs of the administrator's that are run and waited for.
 *
 * Input and output are files in memory, not pipes: a script that reads nothing, or leaves a
 * process behind that keeps its output open, is no problem.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Runs @argv (to a NULL) with @input as its standard input, until it ends, however long that
 * takes, unless it writes more than 16 MiB; in a thread that may wait. It gets a PATH, LC_ALL=C,
 * and of our environment who and where the user is. @output: what it has written, or NULL if that
 * does not matter. Errors: VIR_ERR_HOOK_SCRIPT_FAILED with the end of what it has said. */
bool script_run(const char *const *argv, const char *input, char **output, GError **error);
