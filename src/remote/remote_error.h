/* Errors on the wire.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The payload of an error reply, a new reference: code, domain and complete
 * message of @error, or VIR_ERR_INTERNAL_ERROR for an error that is not
 * VIRTXL_ERROR. A message of absurd length is cut. Any thread. */
GBytes *remote_error_encode(const GError *error);

/* The same for a client that is not let in, whatever it calls. */
GBytes *remote_error_encode_refusal(const GError *error);
