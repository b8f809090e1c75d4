/* Arrays of libvirt's typed parameters.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

/* An empty array of virTypedParameter, which owns their strings. */
GArray *libxl_params_new(void);

/* Each adds one, with a printf-formatted name, cut to what a name can have. A string is
 * copied; NULL is left out. */
void libxl_params_add_string(GArray *params, const char *value, const char *name, ...)
    G_GNUC_PRINTF(3, 4);
void libxl_params_add_int(GArray *params, int value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void libxl_params_add_uint(GArray *params, guint value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void libxl_params_add_llong(GArray *params, gint64 value, const char *name, ...)
    G_GNUC_PRINTF(3, 4);
void libxl_params_add_ullong(GArray *params, guint64 value, const char *name, ...)
    G_GNUC_PRINTF(3, 4);
void libxl_params_add_boolean(GArray *params, bool value, const char *name, ...)
    G_GNUC_PRINTF(3, 4);
