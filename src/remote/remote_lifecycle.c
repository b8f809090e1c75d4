/* Calls that make a domain, change its state or what it is called, or end it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_handlers.h"
#include "remote/remote_util.h"

#include <string.h>

bool
remote_domain_create(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_create_args *args = data;
    int id;

    return libxl_driver_domain_create(call->driver, remote_domain_uuid(&args->dom), 0, &id, error);
}

bool
remote_domain_create_with_flags(RemoteCall *call, gconstpointer data, gpointer result,
                                GError **error)
{
    const remote_domain_create_with_flags_args *args = data;
    remote_domain_create_with_flags_ret *ret = result;

    if (!libxl_driver_domain_create(call->driver, remote_domain_uuid(&args->dom), args->flags,
                                    &ret->dom.id, error))
        return false;
    ret->dom.name = g_strdup(args->dom.name);
    memcpy(ret->dom.uuid, args->dom.uuid, sizeof(ret->dom.uuid));
    return true;
}

bool
remote_domain_create_xml(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_create_xml_args *args = data;
    remote_domain_create_xml_ret *ret = result;

    return remote_domain_take(&ret->dom, libxl_driver_domain_create_xml(
                                             call->driver, args->xml_desc, args->flags, error));
}

bool
remote_domain_define_xml(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_define_xml_args *args = data;
    remote_domain_define_xml_ret *ret = result;

    return remote_domain_take(&ret->dom,
                              libxl_driver_domain_define_xml(call->driver, args->xml, 0, error));
}

bool
remote_domain_define_xml_flags(RemoteCall *call, gconstpointer data, gpointer result,
                               GError **error)
{
    const remote_domain_define_xml_flags_args *args = data;
    remote_domain_define_xml_flags_ret *ret = result;

    return remote_domain_take(
        &ret->dom, libxl_driver_domain_define_xml(call->driver, args->xml, args->flags, error));
}

bool
remote_domain_undefine(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_undefine_args *args = data;

    return libxl_driver_domain_undefine(call->driver, remote_domain_uuid(&args->dom), 0, error);
}

bool
remote_domain_undefine_flags(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_undefine_flags_args *args = data;

    return libxl_driver_domain_undefine(call->driver, remote_domain_uuid(&args->dom), args->flags,
                                        error);
}

bool
remote_domain_destroy(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_destroy_args *args = data;

    return libxl_driver_domain_destroy(call->driver, remote_domain_uuid(&args->dom), 0, error);
}

bool
remote_domain_destroy_flags(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_destroy_flags_args *args = data;

    return libxl_driver_domain_destroy(call->driver, remote_domain_uuid(&args->dom), args->flags,
                                       error);
}

bool
remote_domain_shutdown(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_shutdown_args *args = data;

    return libxl_driver_domain_shutdown(call->driver, remote_domain_uuid(&args->dom), 0, error);
}

bool
remote_domain_shutdown_flags(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_shutdown_flags_args *args = data;

    return libxl_driver_domain_shutdown(call->driver, remote_domain_uuid(&args->dom), args->flags,
                                        error);
}

bool
remote_domain_shutdown_asks_agent(gconstpointer data)
{
    const remote_domain_shutdown_flags_args *args = data;

    return args->flags & VIR_DOMAIN_SHUTDOWN_GUEST_AGENT;
}

bool
remote_domain_reboot(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_reboot_args *args = data;

    return libxl_driver_domain_reboot(call->driver, remote_domain_uuid(&args->dom), args->flags,
                                      error);
}

bool
remote_domain_reboot_asks_agent(gconstpointer data)
{
    const remote_domain_reboot_args *args = data;

    return args->flags & VIR_DOMAIN_REBOOT_GUEST_AGENT;
}

bool
remote_domain_suspend(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_suspend_args *args = data;

    return libxl_driver_domain_suspend(call->driver, remote_domain_uuid(&args->dom), error);
}

bool
remote_domain_resume(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_resume_args *args = data;

    return libxl_driver_domain_resume(call->driver, remote_domain_uuid(&args->dom), error);
}

bool
remote_domain_set_autostart(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_set_autostart_args *args = data;

    return libxl_driver_domain_set_autostart(call->driver, remote_domain_uuid(&args->dom),
                                             args->autostart != 0, error);
}

bool
remote_domain_set_metadata(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_set_metadata_args *args = data;
    const LibxlMetadata metadata = {
        .type = args->type,
        .value = args->metadata ? *args->metadata : NULL,
        .key = args->key ? *args->key : NULL,
        .uri = args->uri ? *args->uri : NULL,
    };

    return libxl_driver_domain_set_metadata(call->driver, remote_domain_uuid(&args->dom), &metadata,
                                            args->flags, error);
}

bool
remote_domain_rename(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_rename_args *args = data;

    return libxl_driver_domain_rename(call->driver, remote_domain_uuid(&args->dom),
                                      args->new_name ? *args->new_name : "", args->flags, error);
}

bool
remote_domain_reset(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_reset_args *args = data;

    return libxl_driver_domain_reset(call->driver, remote_domain_uuid(&args->dom), args->flags,
                                     error);
}

bool
remote_domain_pm_wakeup(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_pm_wakeup_args *args = data;

    return libxl_driver_domain_pm_wakeup(call->driver, remote_domain_uuid(&args->dom), args->flags,
                                         error);
}

bool
remote_domain_send_key(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_send_key_args *args = data;

    return libxl_driver_domain_send_key(call->driver, remote_domain_uuid(&args->dom), args->codeset,
                                        args->holdtime, args->keycodes.keycodes_val,
                                        args->keycodes.keycodes_len, args->flags, error);
}

bool
remote_domain_inject_nmi(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_inject_nmi_args *args = data;

    return libxl_driver_domain_inject_nmi(call->driver, remote_domain_uuid(&args->dom), args->flags,
                                          error);
}
