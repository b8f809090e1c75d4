/* Calls that open a domain's consoles, channels and screen. The dispatcher makes a stream of the
 * lease that a handler leaves in the call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_stream.h"
#include "remote/remote_handlers.h"
#include "remote/remote_util.h"

bool
remote_domain_open_console(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_open_console_args *args = data;

    call->lease = libxl_driver_domain_open_console(call->driver, remote_domain_uuid(&args->dom),
                                                   args->dev_name ? *args->dev_name : NULL,
                                                   args->flags, error);
    return call->lease != NULL;
}

bool
remote_domain_open_channel(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_open_channel_args *args = data;

    call->lease =
        libxl_driver_domain_open_channel(call->driver, remote_domain_uuid(&args->dom),
                                         args->name ? *args->name : NULL, args->flags, error);
    return call->lease != NULL;
}

bool
remote_domain_screenshot(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_screenshot_args *args = data;
    remote_domain_screenshot_ret *ret = result;

    call->lease = libxl_driver_domain_screenshot(call->driver, remote_domain_uuid(&args->dom),
                                                 args->screen, args->flags, error);
    if (!call->lease)
        return false;
    ret->mime = g_new(char *, 1);
    *ret->mime = g_strdup("image/x-portable-pixmap");
    return true;
}
