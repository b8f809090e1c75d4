/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_error.h"

#include "remote_protocol.h"
#include "rpc/rpc_xdr.h"
#include "util/error.h"

#include <string.h>

/* A message may quote what the client sent, which may be megabytes. */
#define MESSAGE_MAX (16 * 1024)

static char *
fit_message(char *message)
{
    if (strlen(message) > MESSAGE_MAX)
        message[MESSAGE_MAX] = '\0';
    if (g_utf8_validate(message, -1, NULL))
        return message;

    char *valid = g_utf8_make_valid(message, -1);

    g_free(message);
    return valid;
}

/* Of the answer to a call. By polkit's virsh knows that it has to start an agent, and then asks
 * again. */
static virErrorDomain
error_origin(virErrorNumber code)
{
    switch (code) {
    case VIR_ERR_RPC:
        return VIR_FROM_RPC;
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_UNAVAILABLE:
    case VIR_ERR_AUTH_CANCELLED:
        return VIR_FROM_POLKIT;
    default:
        return VIR_FROM_LIBXL;
    }
}

static virErrorNumber
get_code(const GError *error)
{
    return error->domain == VIRTXL_ERROR ? (virErrorNumber)error->code : VIR_ERR_INTERNAL_ERROR;
}

static GBytes *
encode(const GError *error, virErrorDomain origin)
{
    virErrorNumber code = get_code(error);
    g_autofree char *message = fit_message(virtxl_error_format_message(code, error->message));
    /* Clients know these as the format of the message and its argument. */
    g_autofree char *format = virtxl_error_format_message(code, "%s");
    g_autofree char *detail = fit_message(g_strdup(error->message));
    const remote_error wire = {
        .code = code,
        .domain = origin,
        .message = &message,
        .level = VIR_ERR_ERROR,
        .str1 = &format,
        .str2 = &detail,
        .int1 = -1,
        .int2 = -1,
    };

    return rpc_xdr_encode((xdrproc_t)xdr_remote_error, &wire, "error", NULL);
}

GBytes *
remote_error_encode(const GError *error)
{
    return encode(error, error_origin(get_code(error)));
}

GBytes *
remote_error_encode_refusal(const GError *error)
{
    return encode(error, VIR_FROM_RPC);
}
