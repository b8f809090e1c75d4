/* A simulated domain into a file, and out of it: see XenHostOps.
 *
 * The simulated host makes the stream (src/simhost/save.h) and takes it; here it goes
 * through a descriptor.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "xen/xen_host_sim_client.h"

bool xen_sim_save(XenSimClient *client, guint32 domid, int fd, GError **error);
/* Takes @config over. */
bool xen_sim_restore(XenSimClient *client, struct json_object *config, int fd, guint32 *domid,
                     GError **error);
