/* The other side of `virtxl-simhost --ctl`.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Has the simulated host of @root do @command, quoted as for a shell, and
 * prints what it says. Blocks. Errors: what the host says, VIR_ERR_NO_CONNECT
 * if there is none. */
bool sim_ctl_run(const char *root, const char *command, GError **error);
