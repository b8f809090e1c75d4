/* One XDR value to bytes and back, with the functions that rpcgen makes.
 *
 * The bounds of strings and arrays are in those functions (from the .x file);
 * the bound of the whole is the payload of a frame.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_frame.h"

#include <rpc/rpc.h>

/* The encoding of @value, at most RPC_PAYLOAD_MAX bytes. Error: VIR_ERR_RPC, if
 * it is longer, or breaks a bound of the .x file. @what names the value in the
 * message. Any thread. */
GBytes *rpc_xdr_encode(xdrproc_t proc, gconstpointer value, const char *what, GError **error);

/* Decodes @payload into @value, which the caller has filled with zeros, and
 * frees by rpc_xdr_free() on success. On failure nothing is left to free.
 * Bytes behind the value are ignored, as libvirt's own server does. Error:
 * VIR_ERR_RPC. Any thread. */
bool rpc_xdr_decode(xdrproc_t proc, GBytes *payload, gpointer value, gsize value_size,
                    const char *what, GError **error);

/* Frees what the value at @value points to, not @value itself. */
void rpc_xdr_free(xdrproc_t proc, gpointer value);
