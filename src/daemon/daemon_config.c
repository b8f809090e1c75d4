/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/daemon_config.h"

#include "daemon/conf_file.h"
#include "util/error.h"
#include "util/i18n.h"

#include <grp.h>
#include <string.h>

typedef struct Setting Setting;

typedef bool (*ApplyFunc)(const Setting *setting, const ConfEntry *entry, DaemonConfig *config,
                          GError **error);

/* How a setting is read, and where it goes. */
struct Setting {
    const char *key;
    ApplyFunc apply; /* NULL: known, and without effect here */
    gsize offset;
    guint min;
    guint max;
};

/* The error says what was expected of @entry; the caller adds where. */
static bool
apply_number(const Setting *setting, const ConfEntry *entry, DaemonConfig *config, GError **error)
{
    if (entry->type != CONF_INTEGER || entry->integer < setting->min ||
        entry->integer > setting->max)
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("a number from %u to %u"),
                                setting->min, setting->max);
    G_STRUCT_MEMBER(guint, config, setting->offset) = (guint)entry->integer;
    return true;
}

/* -1 is how libvirt's files switch keepalive off. */
static bool
apply_interval(const Setting *setting, const ConfEntry *entry, DaemonConfig *config, GError **error)
{
    if (entry->type == CONF_INTEGER && entry->integer == -1) {
        G_STRUCT_MEMBER(guint, config, setting->offset) = 0;
        return true;
    }
    if (!apply_number(setting, entry, config, NULL))
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("-1 or a number from %u to %u"),
                                setting->min, setting->max);
    return true;
}

static bool
apply_string(const Setting *setting, const ConfEntry *entry, DaemonConfig *config, GError **error)
{
    char **member = &G_STRUCT_MEMBER(char *, config, setting->offset);

    if (entry->type != CONF_STRING || !*entry->string)
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("a string that is not empty"));
    g_free(*member);
    *member = g_strdup(entry->string);
    return true;
}

static bool
apply_path(const Setting *setting, const ConfEntry *entry, DaemonConfig *config, GError **error)
{
    if (entry->type != CONF_STRING || *entry->string != '/')
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("an absolute path"));
    return apply_string(setting, entry, config, error);
}

static bool
apply_mode(const Setting *setting, const ConfEntry *entry, DaemonConfig *config, GError **error)
{
    guint64 mode;

    if (entry->type != CONF_STRING ||
        !g_ascii_string_to_unsigned(entry->string, 8, 0, 0777, &mode, NULL))
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                _("permissions in octal, in quotes, such as \"0770\""));
    G_STRUCT_MEMBER(guint, config, setting->offset) = (guint)mode;
    return true;
}

/* To take another word silently would let in whom the administrator wanted to
 * keep out. */
static bool
apply_authentication(const Setting *setting, const ConfEntry *entry, DaemonConfig *config,
                     GError **error)
{
    RpcAuthPolicy *policy = &G_STRUCT_MEMBER(RpcAuthPolicy, config, setting->offset);

    if (entry->type == CONF_STRING && strcmp(entry->string, "none") == 0)
        *policy = RPC_AUTH_NONE;
    else if (entry->type == CONF_STRING && strcmp(entry->string, "peercred") == 0)
        *policy = RPC_AUTH_PEERCRED;
    else
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("\"none\" or \"peercred\""));
    return true;
}

#define MEMBER(name) #name, .offset = G_STRUCT_OFFSET(DaemonConfig, name)

static const Setting settings[] = {
    {MEMBER(unix_sock_dir), .apply = apply_path},
    {MEMBER(unix_sock_group), .apply = apply_string},
    {MEMBER(unix_sock_rw_perms), .apply = apply_mode},
    {MEMBER(unix_sock_ro_perms), .apply = apply_mode},
    {MEMBER(auth_unix_rw), .apply = apply_authentication},
    {MEMBER(auth_unix_ro), .apply = apply_authentication},
    {MEMBER(channel_group), .apply = apply_string},
    {MEMBER(channel_mode), .apply = apply_mode},
    {MEMBER(legacy_sockets), .apply = apply_number, .max = 1},
    {MEMBER(max_clients), .apply = apply_number, .min = 1, .max = 1000000},
    {MEMBER(max_anonymous_clients), .apply = apply_number, .min = 1, .max = 1000000},
    {MEMBER(max_client_requests), .apply = apply_number, .min = 1, .max = 1000},
    {MEMBER(max_workers), .apply = apply_number, .min = 1, .max = 1000},
    {MEMBER(prio_workers), .apply = apply_number, .min = 1, .max = 1000},
    {MEMBER(keepalive_interval), .apply = apply_interval, .max = 86400},
    {MEMBER(keepalive_count), .apply = apply_number, .min = 1, .max = 1000},
    {MEMBER(log_level), .apply = apply_number, .min = 1, .max = 4},
    {"access_drivers"},
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

static const Setting *
find_setting(const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (strcmp(settings[i].key, key) == 0)
            return &settings[i];
    }
    return NULL;
}

static bool
apply_entry(const ConfEntry *entry, const char *path, DaemonConfig *config, GError **error)
{
    const Setting *setting = find_setting(entry->key);
    g_autoptr(GError) reason = NULL;

    if (!setting) {
        g_warning("%s:%u: unknown setting '%s'", path, entry->line, entry->key);
        return true;
    }
    if (!setting->apply) {
        g_info("%s:%u: '%s' has no effect here", path, entry->line, entry->key);
        return true;
    }
    if (!setting->apply(setting, entry, config, &reason))
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, _("%s:%u: '%s': %s expected"), path,
                                entry->line, entry->key, reason->message);
    return true;
}

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

/* None if the file is not there and need not be. */
static GPtrArray *
read_entries(const char *path, bool required, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *text = NULL;
    gsize size;

    if (g_file_get_contents(path, &text, &size, &reason))
        return conf_file_parse(text, size, path, error);
    if (!required && g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_ptr_array_new();
    virtxl_error_set(error, VIR_ERR_CONF_SYNTAX, "%s", reason->message);
    return NULL;
}

DaemonConfig *
daemon_config_load(const char *path, bool required, GError **error)
{
    g_autoptr(GPtrArray) entries = read_entries(path, required, error);
    g_autoptr(DaemonConfig) config = NULL;

    if (!entries)
        return NULL;
    config = daemon_config_new();
    config->path = g_strdup(path);
    for (guint i = 0; i < entries->len; i++) {
        if (!apply_entry(entries->pdata[i], path, config, error))
            return NULL;
    }
    return g_steal_pointer(&config);
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
