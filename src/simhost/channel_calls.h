/* Calls about channels, of the toolstack and of the backend that serves them.
 *
 *   toolstack
 *   list_channels       domid                      channels, of whatever backend
 *   get_backend                                    present: is a backend there?
 *   add_channel         domid devid name source    source: an object of strings
 *   get_channel         domid devid                all that the store has of it
 *   set_channel_online  domid devid online         false: the guest is to let go of it
 *   remove_channel      domid devid
 *
 *   backend (only one that lives)
 *   backend                                        become it, see server.h
 *   backend_set         domid devid, and one of state, tty, error (a string or null);
 *                       of a channel that has gone it is no error
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "simhost/calls.h"

/* Each as sim_call(). */
bool sim_call_list_channels(SimCallContext *context, struct json_object *args,
                            struct json_object *result, GError **error);
bool sim_call_get_backend(SimCallContext *context, struct json_object *args,
                          struct json_object *result, GError **error);
bool sim_call_add_channel(SimCallContext *context, struct json_object *args,
                          struct json_object *result, GError **error);
bool sim_call_get_channel(SimCallContext *context, struct json_object *args,
                          struct json_object *result, GError **error);
bool sim_call_set_channel_online(SimCallContext *context, struct json_object *args,
                                 struct json_object *result, GError **error);
bool sim_call_remove_channel(SimCallContext *context, struct json_object *args,
                             struct json_object *result, GError **error);
bool sim_call_backend(SimCallContext *context, struct json_object *args, struct json_object *result,
                      GError **error);
bool sim_call_backend_set(SimCallContext *context, struct json_object *args,
                          struct json_object *result, GError **error);
