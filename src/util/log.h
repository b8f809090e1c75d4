/* Where log lines go: to the journal if that is what stderr is connected to,
 * with all their fields; to stderr otherwise, as lines with a time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* From now on, everything that is logged with GLib. Once, before threads. */
void log_start(void);

/* 1 debug, 2 information, 3 warnings, 4 errors: lines of less importance are
 * dropped. */
void log_set_level(guint level);
