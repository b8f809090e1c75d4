/* Memory for a domain that is to start: if not enough is free, Domain-0 gives back some of its
 * own, unless the administrator has fixed what it has.
 *
 * What is free is promised to the domain for which it was counted: a domain that is being built
 * takes its memory bit by bit, and another one that starts meanwhile has to count only what
 * that one will not take any more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"

/* Is that to be done? If the setting leaves it open, Xen's @command_line decides: Domain-0 has
 * what "dom0_mem=" says. NULL: nobody knows it. */
bool libxl_balloon_is_on(LibxlAutoballoon setting, const char *command_line);

LibxlBalloon *libxl_balloon_new(void);
void libxl_balloon_free(LibxlBalloon *balloon);

/* Sees to it that there is memory for the domain of @config, beside what has been promised to
 * others, and promises it, until libxl_balloon_end(). Blocks, as long as Domain-0 makes progress
 * and others come before. On failure nothing is promised. Errors: VIR_ERR_INTERNAL_ERROR. */
bool libxl_balloon_make_room(LibxlDriver *driver, libxl_domain_config *config, GError **error);

/* The domain is built, or never will be. */
void libxl_balloon_end(LibxlDriver *driver, const libxl_domain_config *config);
