/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xen/xen_host_sim_json.h"

#include <string.h>

#include "util/uuid.h"

Json *
xen_sim_args_new(guint32 domid)
{
    Json *args = json_object_new_object();

    xen_sim_add_number(args, "domid", domid);
    return args;
}

void
xen_sim_add_number(Json *object, const char *key, guint64 value)
{
    json_object_object_add(object, key, json_object_new_uint64(value));
}

void
xen_sim_add_string(Json *object, const char *key, const char *value)
{
    json_object_object_add(object, key, json_object_new_string(value));
}

guint64
xen_sim_get_number(Json *object, const char *key)
{
    return json_object_get_uint64(json_object_object_get(object, key));
}

bool
xen_sim_get_flag(Json *object, const char *key)
{
    return json_object_get_boolean(json_object_object_get(object, key));
}

char *
xen_sim_dup_string(Json *object, const char *key)
{
    return g_strdup(json_object_get_string(json_object_object_get(object, key)));
}

void
xen_sim_get_uuid(Json *object, guint8 *uuid)
{
    const char *text = json_object_get_string(json_object_object_get(object, "uuid"));

    if (!text || !uuid_parse(text, uuid))
        memset(uuid, 0, UUID_SIZE);
}
