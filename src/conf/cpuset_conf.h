/* Sets of physical CPUs: "0-3,^2,7" in XML, bits everywhere else. Bit 0 of byte 0 is
 * CPU 0, as on the wire and in Xen.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* CPU numbers are below this. */
#define CPUSET_CPUS_MAX 16384

/* Returns the set, no longer than its last CPU needs (so empty if there is none), or NULL
 * if @text is no list. */
GByteArray *cpuset_parse(const char *text);

/* Sorted ranges (new string); NULL for no CPU at all. */
char *cpuset_format(const guint8 *bits, gsize size);

/* The list @text as cpuset_format() prints it. Errors: VIR_ERR_INVALID_ARG for what is no
 * list, VIR_ERR_CONFIG_UNSUPPORTED for an empty one. */
char *cpuset_tidy(const char *text, GError **error);
