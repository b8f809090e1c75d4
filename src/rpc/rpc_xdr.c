/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_xdr.h"

#include "util/error.h"
#include "util/i18n.h"

#include <string.h>

/* Most replies fit the first, which costs no allocation of that size. */
#define SMALL_SIZE 1024u
#define LARGE_SIZE (16u * 1024u)

/* Encodes into @buffer and tells in @used how much of it. False: it did not fit,
 * or @value breaks a bound; XDR does not tell which. */
static bool
encode_into(xdrproc_t proc, gconstpointer value, guint8 *buffer, gsize size, gsize *used)
{
    XDR xdr;
    bool ok;

    xdrmem_create(&xdr, (char *)buffer, (u_int)size, XDR_ENCODE);
    ok = proc(&xdr, (void *)value);
    *used = xdr_getpos(&xdr);
    xdr_destroy(&xdr);
    return ok;
}

GBytes *
rpc_xdr_encode(xdrproc_t proc, gconstpointer value, const char *what, GError **error)
{
    guint8 small[SMALL_SIZE];
    gsize size = LARGE_SIZE;
    gsize used;

    if (encode_into(proc, value, small, sizeof(small), &used))
        return g_bytes_new(small, used);

    for (;;) {
        guint8 *buffer = g_malloc(size);

        if (encode_into(proc, value, buffer, size, &used))
            return g_bytes_new_take(g_realloc(buffer, MAX(used, 1)), used);
        g_free(buffer);
        if (size == RPC_PAYLOAD_MAX)
            break;
        size = MIN(size * 2, RPC_PAYLOAD_MAX);
    }
    virtxl_error_set(error, VIR_ERR_RPC, _("%s is too large for the wire"), what);
    return NULL;
}

bool
rpc_xdr_decode(xdrproc_t proc, GBytes *payload, gpointer value, gsize value_size, const char *what,
               GError **error)
{
    gsize size;
    gconstpointer data = g_bytes_get_data(payload, &size);
    XDR xdr;
    bool ok;

    /* No bytes are NULL to a GBytes, and XDR adds to the pointer. */
    xdrmem_create(&xdr, data ? (char *)data : (char *)"", (u_int)size, XDR_DECODE);
    ok = proc(&xdr, value);
    xdr_destroy(&xdr);
    if (ok)
        return true;
    xdr_free(proc, value);
    memset(value, 0, value_size);
    return virtxl_error_set(error, VIR_ERR_RPC, _("%s can't be decoded from %zu bytes"), what,
                            size);
}

void
rpc_xdr_free(xdrproc_t proc, gpointer value)
{
    xdr_free(proc, value);
}
