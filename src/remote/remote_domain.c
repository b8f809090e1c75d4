/* Calls that ask what a domain is and does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_handlers.h"
#include "remote/remote_util.h"
#include "util/error.h"
#include "util/i18n.h"

bool
remote_domain_get_xml_desc(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_xml_desc_args *args = data;
    remote_domain_get_xml_desc_ret *ret = result;

    ret->xml = libxl_driver_domain_get_xml_desc(call->driver, remote_domain_uuid(&args->dom),
                                                args->flags, error);
    return ret->xml != NULL;
}

/* Passwords are for those who may change them. */
bool
remote_domain_get_xml_desc_writes(gconstpointer data)
{
    const remote_domain_get_xml_desc_args *args = data;

    return args->flags & (VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE);
}

bool
remote_domain_get_autostart(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_autostart_args *args = data;
    remote_domain_get_autostart_ret *ret = result;
    bool autostart = false;

    if (!libxl_driver_domain_get_autostart(call->driver, remote_domain_uuid(&args->dom), &autostart,
                                           error))
        return false;
    ret->autostart = autostart;
    return true;
}

bool
remote_domain_get_info(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_info_args *args = data;
    remote_domain_get_info_ret *ret = result;
    virDomainInfo info = {0};

    if (!libxl_driver_domain_get_info(call->driver, remote_domain_uuid(&args->dom), &info, error))
        return false;
    ret->state = info.state;
    ret->maxMem = info.maxMem;
    ret->memory = info.memory;
    ret->nrVirtCpu = info.nrVirtCpu;
    ret->cpuTime = info.cpuTime;
    return true;
}

bool
remote_domain_get_info_blocks(RemoteCall *call, gconstpointer data)
{
    const remote_domain_get_info_args *args = data;

    return !libxl_driver_domain_info_is_fresh(call->driver, remote_domain_uuid(&args->dom));
}

bool
remote_domain_get_state(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_state_args *args = data;
    remote_domain_get_state_ret *ret = result;

    return libxl_driver_domain_get_state(call->driver, remote_domain_uuid(&args->dom), args->flags,
                                         &ret->state, &ret->reason, error);
}

bool
remote_domain_get_max_memory(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_max_memory_args *args = data;
    remote_domain_get_max_memory_ret *ret = result;
    guint64 kib = 0;

    if (!libxl_driver_domain_get_max_memory(call->driver, remote_domain_uuid(&args->dom), &kib,
                                            error))
        return false;
    ret->memory = kib;
    return true;
}

bool
remote_domain_get_max_vcpus(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_max_vcpus_args *args = data;
    remote_domain_get_max_vcpus_ret *ret = result;

    ret->num = libxl_driver_domain_get_vcpus_flags(call->driver, remote_domain_uuid(&args->dom),
                                                   VIR_DOMAIN_VCPU_MAXIMUM, error);
    return ret->num >= 0;
}

bool
remote_domain_get_vcpus_flags(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_vcpus_flags_args *args = data;
    remote_domain_get_vcpus_flags_ret *ret = result;

    ret->num = libxl_driver_domain_get_vcpus_flags(call->driver, remote_domain_uuid(&args->dom),
                                                   args->flags, error);
    return ret->num >= 0;
}

/* Who asks the agent in the guest may tell it something, too. */
bool
remote_domain_get_vcpus_flags_asks_agent(gconstpointer data)
{
    const remote_domain_get_vcpus_flags_args *args = data;

    return args->flags & VIR_DOMAIN_VCPU_GUEST;
}

bool
remote_domain_get_os_type(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_os_type_args *args = data;
    remote_domain_get_os_type_ret *ret = result;

    ret->type =
        libxl_driver_domain_get_os_type(call->driver, remote_domain_uuid(&args->dom), error);
    return ret->type != NULL;
}

bool
remote_domain_is_active(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_is_active_args *args = data;
    remote_domain_is_active_ret *ret = result;
    bool active = false;

    if (!libxl_driver_domain_is_active(call->driver, remote_domain_uuid(&args->dom), &active,
                                       error))
        return false;
    ret->active = active;
    return true;
}

bool
remote_domain_is_persistent(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_is_persistent_args *args = data;
    remote_domain_is_persistent_ret *ret = result;
    bool persistent = false;

    if (!libxl_driver_domain_is_persistent(call->driver, remote_domain_uuid(&args->dom),
                                           &persistent, error))
        return false;
    ret->persistent = persistent;
    return true;
}

bool
remote_domain_is_updated(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_is_updated_args *args = data;
    remote_domain_is_updated_ret *ret = result;
    bool updated = false;

    if (!libxl_driver_domain_is_updated(call->driver, remote_domain_uuid(&args->dom), &updated,
                                        error))
        return false;
    ret->updated = updated;
    return true;
}

bool
remote_domain_has_managed_save_image(RemoteCall *call, gconstpointer data, gpointer result,
                                     GError **error)
{
    const remote_domain_has_managed_save_image_args *args = data;
    remote_domain_has_managed_save_image_ret *ret = result;
    bool has = false;

    if (!libxl_driver_domain_has_managed_save_image(call->driver, remote_domain_uuid(&args->dom),
                                                    args->flags, &has, error))
        return false;
    ret->result = has;
    return true;
}

bool
remote_domain_get_metadata(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_metadata_args *args = data;
    remote_domain_get_metadata_ret *ret = result;

    ret->metadata =
        libxl_driver_domain_get_metadata(call->driver, remote_domain_uuid(&args->dom), args->type,
                                         args->uri ? *args->uri : NULL, args->flags, error);
    return ret->metadata != NULL;
}

bool
remote_domain_get_messages(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_messages_args *args = data;
    remote_domain_get_messages_ret *ret = result;
    GStrv messages = libxl_driver_domain_get_messages(call->driver, remote_domain_uuid(&args->dom),
                                                      args->flags, error);

    if (!messages)
        return false;
    ret->msgs.msgs_len = g_strv_length(messages);
    ret->msgs.msgs_val = messages;
    return true;
}
