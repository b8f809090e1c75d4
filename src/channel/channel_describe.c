/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/channel_private.h"

static void
add_number(struct json_object *object, const char *key, guint64 value)
{
    json_object_object_add(object, key, json_object_new_uint64(value));
}

static void
add_string(struct json_object *object, const char *key, const char *value)
{
    json_object_object_add(object, key, json_object_new_string(value));
}

void
channel_describe(const Channel *channel, struct json_object *object)
{
    g_autofree char *endpoint = channel_source_describe(channel->source);
    const char *pty = channel->endpoint ? endpoint_get_pty(channel->endpoint) : NULL;
    bool connected = channel->endpoint && endpoint_is_connected(channel->endpoint);

    add_string(object, "domain", channel->view->domain_name);
    add_number(object, "domid", channel->view->domid);
    add_string(object, "name", channel->view->name);
    add_number(object, "devid", channel->view->devid);
    add_string(object, "endpoint", pty ? pty : endpoint);
    add_string(object, "error", channel->error ? channel->error : "");
    add_number(object, "frontend_state", (guint64)channel->view->frontend_state);
    add_number(object, "backend_state", (guint64)channel->state);
    json_object_object_add(object, "connected", json_object_new_boolean(connected));
    add_number(object, "client_pid",
               channel->endpoint ? endpoint_get_client_pid(channel->endpoint) : 0);
    add_number(object, "clients",
               channel->endpoint ? endpoint_get_client_count(channel->endpoint) : 0);
    add_number(object, "in_bytes", channel->pump.bytes_in);
    add_number(object, "out_bytes", channel->pump.bytes_out);
    add_number(object, "in_held", channel->hold ? hold_get_used(channel->hold, HOLD_IN) : 0);
    add_number(object, "out_held", channel->hold ? hold_get_used(channel->hold, HOLD_OUT) : 0);
    add_number(object, "out_discarded", channel->pump.discarded);
}
