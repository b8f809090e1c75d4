/* The host's name as clients are told it: fully qualified if the name service
 * knows it so, as libvirt's drivers do.
 *
 * The name service may take its time, so an answer is kept for as long as the
 * host's own name stays the same; one that it could not give is asked for again
 * after a while. Any thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Does remote_hostname_get() return at once? */
bool remote_hostname_is_known(void);

/* Returns a new string. Error: VIR_ERR_SYSTEM_ERROR. */
char *remote_hostname_get(GError **error);
