/* What a guest's agent returns, as the structures of libvirt's API.
 *
 * Pure functions of what came. It has any shape that a guest likes: what must be there and
 * is not makes a reply malformed, which is false or NULL here; what may be there and is of
 * another type is left out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

/* The strings in the array @key of @object. */
GStrv libxl_agent_read_strings(json_object *object, const char *key);

/* @type, one of virDomainGuestInfoTypes; @targets, the disks of the domain ("xvda", ...).
 * Adds parameters to @params, as virDomainGetGuestInfo describes them. */
bool libxl_agent_read_info(guint type, json_object *value, const char *const *targets,
                           GArray *params);
/* The command that asks for @type, or NULL if there is no such type. */
const char *libxl_agent_info_command(guint type);

/* The string @key of @object, which owns it, or NULL. */
const char *libxl_agent_read_string(json_object *object, const char *key);

/* Of the array that guest-get-fsinfo returns; an array of virDomainFSInfo. */
GPtrArray *libxl_agent_read_fs_info(json_object *value, const char *const *targets);

/* Of the array that guest-network-get-interfaces returns; an array of virDomainInterface.
 * Addresses of one interface under several names ("eth0", "eth0:1") come together. */
GPtrArray *libxl_agent_read_interfaces(json_object *value);
