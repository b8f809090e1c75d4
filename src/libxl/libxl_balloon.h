/* Memory for a domain that is to start: if not enough is free, Domain-0 gives back some of its
 * own, unless the administrator has fixed what it has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"

/* Is that to be done? If the setting leaves it open, Xen's @command_line decides: Domain-0 has
 * what "dom0_mem=" says. NULL: nobody knows it. */
bool libxl_balloon_is_on(LibxlAutoballoon setting, const char *command_line);

/* Sees to it that there is memory for the domain of @config. Blocks, as long as Domain-0 makes
 * progress. Nothing keeps what has become free for this domain: of two that start at the same
 * moment, the second may find it taken. Errors: VIR_ERR_INTERNAL_ERROR. */
bool libxl_balloon_make_room(LibxlDriver *driver, libxl_domain_config *config, GError **error);
