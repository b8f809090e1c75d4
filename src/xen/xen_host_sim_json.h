/* What calls of the simulated host are made of, and what they give.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

typedef struct json_object Json;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Json, json_object_put)

/* The arguments of a call about a domain; more may be added. */
Json *xen_sim_args_new(guint32 domid);

void xen_sim_add_number(Json *object, const char *key, guint64 value);
void xen_sim_add_string(Json *object, const char *key, const char *value);

/* 0, false and NULL if there is none. The string is new. */
guint64 xen_sim_get_number(Json *object, const char *key);
bool xen_sim_get_flag(Json *object, const char *key);
char *xen_sim_dup_string(Json *object, const char *key);
/* Of the member "uuid", UUID_SIZE bytes; zeros if there is none. */
void xen_sim_get_uuid(Json *object, guint8 *uuid);
