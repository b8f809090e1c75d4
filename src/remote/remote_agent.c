/* Calls that the agent in a domain's guest answers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/libxl_driver_agent.h"
#include "remote/remote_handlers.h"
#include "remote/remote_params.h"
#include "remote/remote_util.h"
#include "util/error.h"
#include "util/i18n.h"

#define UUID(args) remote_domain_uuid(&(args)->dom)

static const char *
string_or_null(remote_string string)
{
    return string ? *string : NULL;
}

/* A guest has more to say of something than a message can have. */
static bool
check_number(gsize n, gsize limit, const char *what, GError **error)
{
    if (n > limit)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("the guest agent tells of %zu %s, which is more than %zu"), n,
                                what, limit);
    return true;
}

/* --- any command ------------------------------------------------------------------- */

bool
qemu_domain_agent_command(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const qemu_domain_agent_command_args *args = data;
    qemu_domain_agent_command_ret *ret = result;
    g_autofree char *reply = libxl_driver_domain_qemu_agent_command(
        call->driver, UUID(args), args->cmd, args->timeout, args->flags, error);

    if (!reply)
        return false;
    if (strlen(reply) > REMOTE_STRING_MAX)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("the guest agent's reply has %zu bytes, which is more than %d"),
                                strlen(reply), REMOTE_STRING_MAX);
    ret->result = g_new(char *, 1);
    *ret->result = g_steal_pointer(&reply);
    return true;
}

bool
remote_domain_agent_set_response_timeout(RemoteCall *call, gconstpointer data, gpointer result,
                                         GError **error)
{
    const remote_domain_agent_set_response_timeout_args *args = data;

    return libxl_driver_domain_agent_set_response_timeout(call->driver, UUID(args), args->timeout,
                                                          args->flags, error);
}

/* --- what the guest is and has ------------------------------------------------------ */

bool
remote_domain_get_guest_info(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_guest_info_args *args = data;
    remote_domain_get_guest_info_ret *ret = result;
    GArray *params = libxl_driver_domain_get_guest_info(call->driver, UUID(args), args->types,
                                                        args->flags, error);

    return remote_params_take(params, REMOTE_DOMAIN_GUEST_INFO_PARAMS_MAX, &ret->params.params_len,
                              &ret->params.params_val, error);
}

bool
remote_domain_get_guest_vcpus(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_guest_vcpus_args *args = data;
    remote_domain_get_guest_vcpus_ret *ret = result;
    GArray *params =
        libxl_driver_domain_get_guest_vcpus(call->driver, UUID(args), args->flags, error);

    return remote_params_take(params, REMOTE_DOMAIN_GUEST_VCPU_PARAMS_MAX, &ret->params.params_len,
                              &ret->params.params_val, error);
}

bool
remote_domain_set_guest_vcpus(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_set_guest_vcpus_args *args = data;

    return libxl_driver_domain_set_guest_vcpus(call->driver, UUID(args), args->cpumap, args->state,
                                               args->flags, error);
}

bool
remote_domain_get_hostname(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_hostname_args *args = data;
    remote_domain_get_hostname_ret *ret = result;

    ret->hostname = libxl_driver_domain_get_hostname(call->driver, UUID(args), args->flags, error);
    return ret->hostname != NULL;
}

static void
fill_fs_info(remote_domain_fsinfo *to, const virDomainFSInfo *info)
{
    to->mountpoint = g_strdup(info->mountpoint);
    to->name = g_strdup(info->name);
    to->fstype = g_strdup(info->fstype);
    to->dev_aliases.dev_aliases_val = g_strdupv(info->devAlias);
    to->dev_aliases.dev_aliases_len = (u_int)info->ndevAlias;
}

bool
remote_domain_get_fsinfo(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_fsinfo_args *args = data;
    remote_domain_get_fsinfo_ret *ret = result;
    g_autoptr(GPtrArray) infos =
        libxl_driver_domain_get_fs_info(call->driver, UUID(args), args->flags, error);

    if (!infos || !check_number(infos->len, REMOTE_DOMAIN_FSINFO_MAX, "file systems", error))
        return false;
    for (guint i = 0; i < infos->len; i++) {
        const virDomainFSInfo *info = infos->pdata[i];

        if (!check_number(info->ndevAlias, REMOTE_DOMAIN_FSINFO_DISKS_MAX, "disks", error))
            return false;
    }
    ret->info.info_val = g_new0(remote_domain_fsinfo, infos->len);
    ret->info.info_len = infos->len;
    ret->ret = infos->len;
    for (guint i = 0; i < infos->len; i++)
        fill_fs_info(&ret->info.info_val[i], infos->pdata[i]);
    return true;
}

/* Who asks the guest may change it, too. */
bool
remote_domain_interface_addresses_writes(gconstpointer data)
{
    const remote_domain_interface_addresses_args *args = data;

    return args->source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT;
}

static void
fill_interface(remote_domain_interface *to, const virDomainInterface *interface)
{
    to->name = g_strdup(interface->name);
    if (interface->hwaddr) {
        to->hwaddr = g_new(char *, 1);
        *to->hwaddr = g_strdup(interface->hwaddr);
    }
    to->addrs.addrs_val = g_new0(remote_domain_ip_addr, interface->naddrs);
    to->addrs.addrs_len = interface->naddrs;
    for (guint i = 0; i < interface->naddrs; i++) {
        to->addrs.addrs_val[i].type = interface->addrs[i].type;
        to->addrs.addrs_val[i].addr = g_strdup(interface->addrs[i].addr);
        to->addrs.addrs_val[i].prefix = interface->addrs[i].prefix;
    }
}

bool
remote_domain_interface_addresses(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_domain_interface_addresses_args *args = data;
    remote_domain_interface_addresses_ret *ret = result;
    g_autoptr(GPtrArray) interfaces = libxl_driver_domain_interface_addresses(
        call->driver, UUID(args), args->source, args->flags, error);

    if (!interfaces ||
        !check_number(interfaces->len, REMOTE_DOMAIN_INTERFACE_MAX, "interfaces", error))
        return false;
    for (guint i = 0; i < interfaces->len; i++) {
        const virDomainInterface *interface = interfaces->pdata[i];

        if (!check_number(interface->naddrs, REMOTE_DOMAIN_IP_ADDR_MAX, "addresses", error))
            return false;
    }
    ret->ifaces.ifaces_val = g_new0(remote_domain_interface, interfaces->len);
    ret->ifaces.ifaces_len = interfaces->len;
    for (guint i = 0; i < interfaces->len; i++)
        fill_interface(&ret->ifaces.ifaces_val[i], interfaces->pdata[i]);
    return true;
}

/* --- file systems ------------------------------------------------------------------- */

bool
remote_domain_fsfreeze(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_fsfreeze_args *args = data;
    remote_domain_fsfreeze_ret *ret = result;

    ret->filesystems = libxl_driver_domain_fs_freeze(
        call->driver, UUID(args), (const char *const *)args->mountpoints.mountpoints_val,
        args->mountpoints.mountpoints_len, args->flags, error);
    return ret->filesystems >= 0;
}

bool
remote_domain_fsthaw(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_fsthaw_args *args = data;
    remote_domain_fsthaw_ret *ret = result;

    ret->filesystems = libxl_driver_domain_fs_thaw(
        call->driver, UUID(args), args->mountpoints.mountpoints_len, args->flags, error);
    return ret->filesystems >= 0;
}

bool
remote_domain_fstrim(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_fstrim_args *args = data;

    return libxl_driver_domain_fs_trim(call->driver, UUID(args), string_or_null(args->mountPoint),
                                       args->minimum, args->flags, error);
}

/* --- time, users, power --------------------------------------------------------------- */

bool
remote_domain_get_time(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_time_args *args = data;
    remote_domain_get_time_ret *ret = result;
    gint64 seconds = 0;

    if (!libxl_driver_domain_get_time(call->driver, UUID(args), args->flags, &seconds,
                                      &ret->nseconds, error))
        return false;
    ret->seconds = seconds;
    return true;
}

bool
remote_domain_set_time(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_set_time_args *args = data;

    return libxl_driver_domain_set_time(call->driver, UUID(args), args->seconds, args->nseconds,
                                        args->flags, error);
}

bool
remote_domain_set_user_password(RemoteCall *call, gconstpointer data, gpointer result,
                                GError **error)
{
    const remote_domain_set_user_password_args *args = data;

    if (!args->user || !args->password)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("a password is set with a user and a password"));
    return libxl_driver_domain_set_user_password(call->driver, UUID(args), *args->user,
                                                 *args->password, args->flags, error);
}

bool
remote_domain_authorized_ssh_keys_get(RemoteCall *call, gconstpointer data, gpointer result,
                                      GError **error)
{
    const remote_domain_authorized_ssh_keys_get_args *args = data;
    remote_domain_authorized_ssh_keys_get_ret *ret = result;
    g_auto(GStrv) keys = libxl_driver_domain_authorized_ssh_keys_get(
        call->driver, UUID(args), args->user, args->flags, error);

    if (!keys ||
        !check_number(g_strv_length(keys), REMOTE_DOMAIN_AUTHORIZED_SSH_KEYS_MAX, "keys", error))
        return false;
    ret->keys.keys_len = g_strv_length(keys);
    ret->keys.keys_val = g_steal_pointer(&keys);
    return true;
}

bool
remote_domain_authorized_ssh_keys_set(RemoteCall *call, gconstpointer data, gpointer result,
                                      GError **error)
{
    const remote_domain_authorized_ssh_keys_set_args *args = data;

    return libxl_driver_domain_authorized_ssh_keys_set(call->driver, UUID(args), args->user,
                                                       (const char *const *)args->keys.keys_val,
                                                       args->keys.keys_len, args->flags, error);
}

bool
remote_domain_pm_suspend_for_duration(RemoteCall *call, gconstpointer data, gpointer result,
                                      GError **error)
{
    const remote_domain_pm_suspend_for_duration_args *args = data;

    return libxl_driver_domain_pm_suspend_for_duration(call->driver, UUID(args), args->target,
                                                       args->duration, args->flags, error);
}
