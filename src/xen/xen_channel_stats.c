/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xen/xen_channel_stats.h"

#include <json.h>

#include "util/channeld_socket.h"
#include "util/error.h"
#include "util/i18n.h"

/* It answers in milliseconds, or not at all. */
#define WAIT_MS 2000

void
xen_channel_stats_free(XenChannelStats *stats)
{
    if (!stats)
        return;
    g_free(stats->name);
    g_free(stats);
}

const XenChannelStats *
xen_channel_stats_find(const GPtrArray *list, guint32 domid, const char *name)
{
    for (guint i = 0; list && i < list->len; i++) {
        const XenChannelStats *one = list->pdata[i];

        if (one->domid == domid && g_strcmp0(one->name, name) == 0)
            return one;
    }
    return NULL;
}

static guint64
get_number(struct json_object *object, const char *key)
{
    return json_object_get_uint64(json_object_object_get(object, key));
}

static XenChannelStats *
new_stats(struct json_object *object)
{
    XenChannelStats *stats = g_new0(XenChannelStats, 1);

    stats->domid = (guint32)get_number(object, "domid");
    stats->name = g_strdup(json_object_get_string(json_object_object_get(object, "name")));
    stats->rx_bytes = get_number(object, "in_bytes");
    stats->rx_held = get_number(object, "in_held");
    stats->tx_bytes = get_number(object, "out_bytes");
    stats->tx_held = get_number(object, "out_held");
    stats->tx_discarded = get_number(object, "out_discarded");
    stats->clients = get_number(object, "clients");
    stats->is_connected = json_object_get_boolean(json_object_object_get(object, "connected"));
    stats->client_pid = get_number(object, "client_pid");
    return stats;
}

static GPtrArray *
new_list(struct json_object *channels)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)xen_channel_stats_free);

    for (size_t i = 0; i < json_object_array_length(channels); i++)
        g_ptr_array_add(list, new_stats(json_object_array_get_idx(channels, i)));
    return list;
}

GPtrArray *
xen_channel_stats_list(const char *root, GError **error)
{
    g_autofree char *path = channeld_socket_get_path(root);
    g_autofree char *text = channeld_socket_ask(path, WAIT_MS, error);
    struct json_object *answer = text ? json_tokener_parse(text) : NULL;
    struct json_object *channels = json_object_object_get(answer, "channels");
    GPtrArray *list = NULL;

    if (json_object_is_type(channels, json_type_array))
        list = new_list(channels);
    else if (text)
        virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                         _("what answers at '%s' is not virtxl-channeld"), path);
    json_object_put(answer);
    return list;
}
