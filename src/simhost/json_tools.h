/* Members of a JSON object.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

/* @value NULL: adds nothing. */
void sim_json_add_string(struct json_object *object, const char *key, const char *value);
void sim_json_add_number(struct json_object *object, const char *key, guint64 value);
void sim_json_add_flag(struct json_object *object, const char *key, bool value);
