/* Calls that attach, detach and update devices.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_handlers.h"
#include "remote/remote_util.h"

bool
remote_domain_attach_device(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_attach_device_args *args = data;

    return libxl_driver_domain_attach_device(call->driver, remote_domain_uuid(&args->dom),
                                             args->xml, VIR_DOMAIN_AFFECT_LIVE, error);
}

bool
remote_domain_attach_device_flags(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_domain_attach_device_flags_args *args = data;

    return libxl_driver_domain_attach_device(call->driver, remote_domain_uuid(&args->dom),
                                             args->xml, args->flags, error);
}

bool
remote_domain_detach_device(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_detach_device_args *args = data;

    return libxl_driver_domain_detach_device(call->driver, remote_domain_uuid(&args->dom),
                                             args->xml, VIR_DOMAIN_AFFECT_LIVE, error);
}

bool
remote_domain_detach_device_flags(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_domain_detach_device_flags_args *args = data;

    return libxl_driver_domain_detach_device(call->driver, remote_domain_uuid(&args->dom),
                                             args->xml, args->flags, error);
}

bool
remote_domain_detach_device_alias(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_domain_detach_device_alias_args *args = data;

    return libxl_driver_domain_detach_device_alias(call->driver, remote_domain_uuid(&args->dom),
                                                   args->alias, args->flags, error);
}

bool
remote_domain_update_device_flags(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_domain_update_device_flags_args *args = data;

    return libxl_driver_domain_update_device(call->driver, remote_domain_uuid(&args->dom),
                                             args->xml, args->flags, error);
}
