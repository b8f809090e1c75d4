/* Calls about what the host is and what guests on it can have.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_host.h"
#include "remote/remote_handlers.h"
#include "remote_protocol.h"

static const char *
get_optional(const remote_string string)
{
    return string ? *string : NULL;
}

bool
remote_connect_get_domain_capabilities(RemoteCall *call, gconstpointer data, gpointer result,
                                       GError **error)
{
    const remote_connect_get_domain_capabilities_args *args = data;
    remote_connect_get_domain_capabilities_ret *ret = result;

    ret->capabilities = libxl_driver_connect_get_domain_capabilities(
        call->driver, get_optional(args->emulatorbin), get_optional(args->arch),
        get_optional(args->machine), get_optional(args->virttype), args->flags, error);
    return ret->capabilities != NULL;
}

bool
remote_connect_get_sysinfo(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_get_sysinfo_args *args = data;
    remote_connect_get_sysinfo_ret *ret = result;

    ret->sysinfo = libxl_driver_connect_get_sysinfo(call->driver, args->flags, error);
    return ret->sysinfo != NULL;
}
