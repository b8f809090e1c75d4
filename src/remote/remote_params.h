/* Typed parameters: libvirt's (libxl_params.h) and the wire's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "remote_protocol.h"

/* A new array of *n of the wire's, of malloc()'s family, as replies have it. */
remote_typed_param *remote_params_from(const GArray *params, u_int *n);
void remote_params_free(remote_typed_param *array, u_int n);

/* The same for a reply; frees @params, and fails if it is NULL or longer than @limit. */
bool remote_params_take(GArray *params, gsize limit, u_int *n, remote_typed_param **array,
                        GError **error);

/* The parameters that a client sends, in a new array of virTypedParameter. Errors:
 * VIR_ERR_INVALID_ARG. */
GArray *remote_params_read(const remote_typed_param *array, u_int n, GError **error);
