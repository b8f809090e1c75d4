/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/json_tools.h"

void
sim_json_add_string(struct json_object *object, const char *key, const char *value)
{
    if (value)
        json_object_object_add(object, key, json_object_new_string(value));
}

void
sim_json_add_number(struct json_object *object, const char *key, guint64 value)
{
    json_object_object_add(object, key, json_object_new_int64((gint64)value));
}

void
sim_json_add_flag(struct json_object *object, const char *key, bool value)
{
    json_object_object_add(object, key, json_object_new_boolean(value));
}
