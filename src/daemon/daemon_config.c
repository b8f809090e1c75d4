/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/daemon_config.h"

#include "daemon/conf_setting.h"
#include "util/error.h"
#include "util/i18n.h"

#include <grp.h>
#include <string.h>

static const char *const authentications[] = {
    [RPC_AUTH_NONE] = "none",
    [RPC_AUTH_PEERCRED] = "peercred",
    [RPC_AUTH_POLKIT] = "polkit",
    [RPC_AUTH_POLKIT + 1] = NULL,
};

static const char *const access_drivers[] = {"none", "nop", "polkit", NULL};

#define MEMBER(name) #name, .offset = G_STRUCT_OFFSET(DaemonConfig, name)

static const ConfSetting settings[] = {
    {MEMBER(unix_sock_dir), .apply = conf_setting_path},
    {MEMBER(unix_sock_group), .apply = conf_setting_string},
    {MEMBER(unix_sock_rw_perms), .apply = conf_setting_mode},
    {MEMBER(unix_sock_ro_perms), .apply = conf_setting_mode},
    {MEMBER(auth_unix_rw), .apply = conf_setting_word, .words = authentications},
    {MEMBER(auth_unix_ro), .apply = conf_setting_word, .words = authentications},
    {MEMBER(channel_group), .apply = conf_setting_string},
    {MEMBER(channel_mode), .apply = conf_setting_mode},
    {MEMBER(legacy_sockets), .apply = conf_setting_number, .max = 1},
    {MEMBER(max_clients), .apply = conf_setting_number, .min = 1, .max = 1000000},
    {MEMBER(max_anonymous_clients), .apply = conf_setting_number, .min = 1, .max = 1000000},
    {MEMBER(max_client_requests), .apply = conf_setting_number, .min = 1, .max = 1000},
    {MEMBER(max_workers), .apply = conf_setting_number, .min = 1, .max = 1000},
    {MEMBER(prio_workers), .apply = conf_setting_number, .min = 1, .max = 1000},
    {MEMBER(keepalive_interval), .apply = conf_setting_interval, .max = 86400},
    {MEMBER(keepalive_count), .apply = conf_setting_number, .min = 1, .max = 1000},
    {MEMBER(log_level), .apply = conf_setting_number, .min = 1, .max = 4},
    {MEMBER(access_drivers), .apply = conf_setting_list, .words = access_drivers},
    {"admin_keepalive_count"},
    {"admin_keepalive_interval"},
    {"admin_max_client_requests"},
    {"admin_max_clients"},
    {"admin_max_queued_clients"},
    {"admin_max_workers"},
    {"admin_min_workers"},
    {"audit_level"},
    {"audit_logging"},
    {"host_uuid"},
    {"host_uuid_source"},
    {"log_filters"},
    {"log_outputs"},
    {"max_queued_clients"},
    {"max_requests"},
    {"min_workers"},
    {"ovs_timeout"},
    {"unix_sock_admin_perms"},
};

DaemonConfig *
daemon_config_new(void)
{
    DaemonConfig *config = g_new0(DaemonConfig, 1);

    config->unix_sock_rw_perms = 0700;
    config->unix_sock_ro_perms = 0777;
    config->channel_mode = 0660;
    config->max_clients = 5000;
    config->max_anonymous_clients = 20;
    config->max_client_requests = 5;
    config->max_workers = 20;
    config->prio_workers = 5;
    config->keepalive_interval = 5;
    config->keepalive_count = 5;
    config->log_level = 2;
    return config;
}

void
daemon_config_free(DaemonConfig *config)
{
    if (!config)
        return;
    g_free(config->path);
    g_free(config->unix_sock_dir);
    g_free(config->unix_sock_group);
    g_free(config->channel_group);
    g_free(config);
}

DaemonConfig *
daemon_config_load(const char *path, bool required, GError **error)
{
    g_autoptr(DaemonConfig) config = daemon_config_new();

    config->path = g_strdup(path);
    if (!conf_settings_load(path, required, settings, G_N_ELEMENTS(settings), config, error))
        return NULL;
    return g_steal_pointer(&config);
}

bool
daemon_config_checks_access(const DaemonConfig *config)
{
    for (guint i = 0; access_drivers[i]; i++) {
        if (strcmp(access_drivers[i], "polkit") == 0)
            return config->access_drivers & (1u << i);
    }
    g_return_val_if_reached(true);
}

/* @name may be a number too, which need not have a name. */
static bool
find_group(const DaemonConfig *config, const char *key, const char *name, gid_t *group,
           GError **error)
{
    const struct group *entry;
    guint64 number;

    *group = (gid_t)-1;
    if (!name)
        return true;
    entry = getgrnam(name);
    if (entry)
        *group = entry->gr_gid;
    else if (g_ascii_string_to_unsigned(name, 10, 0, (gid_t)-1 - 1, &number, NULL))
        *group = (gid_t)number;
    else
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("%s: '%s': there is no group '%s'"),
                                config->path, key, name);
    return true;
}

bool
daemon_config_get_group(const DaemonConfig *config, gid_t *group, GError **error)
{
    return find_group(config, "unix_sock_group", config->unix_sock_group, group, error);
}

bool
daemon_config_get_channel_group(const DaemonConfig *config, gid_t *group, GError **error)
{
    return find_group(config, "channel_group", config->channel_group, group, error);
}
