/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/domain_config.h"

#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

enum {
    DEFAULT_MEMORY_KIB = 32 * 1024, /* libxl's */
    MAX_VCPUS = 128,
    MAX_CHANNELS = 64,
};

static void
channel_request_free(SimChannelRequest *request)
{
    g_free(request->name);
    g_free(request->socket);
    g_free(request);
}

void
sim_domain_config_free(SimDomainConfig *config)
{
    if (!config)
        return;
    g_free(config->name);
    g_free(config->uuid);
    g_free(config->type);
    g_ptr_array_unref(config->channels);
    g_array_unref(config->serials);
    sim_resources_free(config->resources);
    sim_hardware_free(config->hardware);
    g_free(config);
}

/* Returns NULL unless @key is a string. */
static const char *
get_string(struct json_object *object, const char *key)
{
    struct json_object *value = json_object_object_get(object, key);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static gint64
get_number(struct json_object *object, const char *key, gint64 fallback)
{
    struct json_object *value = json_object_object_get(object, key);

    return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : fallback;
}

static bool
parse_identity(SimDomainConfig *config, struct json_object *info, GError **error)
{
    static const char *const types[] = {"pv", "pvh", "hvm", NULL};
    const char *name = get_string(info, "name");
    const char *uuid = get_string(info, "uuid");
    const char *type = get_string(info, "type");

    if (!name || !*name)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("the domain has no name"));
    if (!type || !g_strv_contains(types, type))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s' has no type that Xen knows"), name);
    if (uuid && !g_uuid_string_is_valid(uuid))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s' has a malformed UUID"), name);
    config->name = g_strdup(name);
    config->type = g_strdup(type);
    config->uuid = uuid ? g_ascii_strdown(uuid, -1) : NULL;
    return true;
}

/* A bitmap in libxl's JSON is the list of its bits. */
static guint
count_vcpus(struct json_object *build)
{
    struct json_object *available = json_object_object_get(build, "avail_vcpus");

    if (!json_object_is_type(available, json_type_array))
        return 1;
    return MAX(1, (guint)json_object_array_length(available));
}

static bool
parse_resources(SimDomainConfig *config, struct json_object *build, GError **error)
{
    gint64 max_memory = get_number(build, "max_memkb", DEFAULT_MEMORY_KIB);
    gint64 memory = get_number(build, "target_memkb", max_memory);
    gint64 max_vcpus = get_number(build, "max_vcpus", 1);

    if (memory <= 0 || max_memory < memory)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s' asks for a memory of %lld KiB "
                                  "of at most %lld KiB"),
                                config->name, (long long)memory, (long long)max_memory);
    if (max_vcpus < 1 || max_vcpus > MAX_VCPUS)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s' asks for %lld virtual CPUs; Xen gives 1 to %d"),
                                config->name, (long long)max_vcpus, MAX_VCPUS);
    config->memory_kib = (guint64)memory;
    config->max_memory_kib = (guint64)max_memory;
    config->max_vcpus = (guint)max_vcpus;
    config->vcpus = MIN(count_vcpus(build), config->max_vcpus);
    return true;
}

static void
add_serial(SimDomainConfig *config, const char *backend)
{
    bool is_pty = g_strcmp0(backend, "pty") == 0;

    g_array_append_val(config->serials, is_pty);
}

static void
parse_serials(SimDomainConfig *config, struct json_object *build)
{
    struct json_object *hvm = json_object_object_get(build, "type.hvm");
    struct json_object *list = json_object_object_get(hvm, "serial_list");
    const char *single = get_string(hvm, "serial");

    if (!json_object_is_type(list, json_type_array)) {
        if (single)
            add_serial(config, single);
        return;
    }
    for (size_t i = 0; i < MIN(json_object_array_length(list), MAX_CHANNELS); i++)
        add_serial(config, json_object_get_string(json_object_array_get_idx(list, i)));
}

static bool
check_unused(const SimDomainConfig *config, gint64 devid, const char *name, GError **error)
{
    for (guint i = 0; i < config->channels->len; i++) {
        const SimChannelRequest *other = g_ptr_array_index(config->channels, i);

        if (other->devid == devid || g_str_equal(other->name, name))
            return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                    _("domain '%s' has two channels with the name '%s' or the "
                                      "device id %lld"),
                                    config->name, name, (long long)devid);
    }
    return true;
}

static bool
parse_channel(SimDomainConfig *config, struct json_object *channel, guint position, GError **error)
{
    struct json_object *socket = json_object_object_get(channel, "connection.socket");
    const char *name = get_string(channel, "name");
    const char *path = get_string(socket, "path");
    gint64 devid = get_number(channel, "devid", position + 1);
    SimChannelRequest *request;

    if (devid == 0) {
        g_warning("%s: Primary console has invalid configuration", config->name);
        return true;
    }
    if (!name || !*name || devid < 0 || devid > G_MAXINT32)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("channel %u of domain '%s' has no name or no usable device id"),
                                position, config->name);
    if (!path && !json_object_object_get_ex(channel, "connection.pty", NULL))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("channel '%s' of domain '%s' has no connection"), name,
                                config->name);
    if (!check_unused(config, devid, name, error))
        return false;
    request = g_new0(SimChannelRequest, 1);
    request->devid = (guint)devid;
    request->name = g_strdup(name);
    request->socket = g_strdup(path);
    g_ptr_array_add(config->channels, request);
    return true;
}

static int
compare_devid(gconstpointer a, gconstpointer b)
{
    const SimChannelRequest *const *first = a;
    const SimChannelRequest *const *second = b;

    return (*first)->devid < (*second)->devid ? -1 : (*first)->devid > (*second)->devid;
}

static bool
parse_channels(SimDomainConfig *config, struct json_object *list, GError **error)
{
    guint length = 0;

    if (json_object_is_type(list, json_type_array))
        length = (guint)json_object_array_length(list);
    if (length > MAX_CHANNELS)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s' has more than %d channels"), config->name,
                                MAX_CHANNELS);
    for (guint i = 0; i < length; i++)
        if (!parse_channel(config, json_object_array_get_idx(list, i), i, error))
            return false;
    g_ptr_array_sort(config->channels, compare_devid);
    return true;
}

SimDomainConfig *
sim_domain_config_parse(struct json_object *object, GError **error)
{
    SimDomainConfig *config = g_new0(SimDomainConfig, 1);
    struct json_object *build = json_object_object_get(object, "b_info");

    config->channels = g_ptr_array_new_with_free_func((GDestroyNotify)channel_request_free);
    config->serials = g_array_new(FALSE, TRUE, sizeof(bool));
    config->hardware = sim_hardware_new(object);
    parse_serials(config, build);
    config->resources = sim_resources_new(object);
    if (parse_identity(config, json_object_object_get(object, "c_info"), error) &&
        parse_resources(config, build, error) &&
        parse_channels(config, json_object_object_get(object, "channels"), error))
        return config;
    sim_domain_config_free(config);
    return NULL;
}
