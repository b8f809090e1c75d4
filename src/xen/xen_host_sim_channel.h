/* The channels of the simulated host, and the backend that serves some of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "xen/xen_host.h"
#include "xen/xen_host_sim_client.h"

/* Starts virtxl-channeld for @root (absolute) unless one is there; blocks until it
 * serves. The program is $VIRTXL_CHANNELD, or the one of the build that this program is
 * of, or the one installed. If it is missing or does not start that is no error: domains
 * with no channel of its do without. */
void xen_sim_start_backend(XenSimClient *client, const char *root);

/* What the functions of XenHostOps do. */
bool xen_sim_check_backend(XenSimClient *client, const char *root, GError **error);
GPtrArray *xen_sim_list_channels(XenSimClient *client, guint32 domid, GError **error);
bool xen_sim_add_channel(XenSimClient *client, guint32 domid, guint devid, const char *name,
                         const ChannelSource *source, GError **error);
bool xen_sim_remove_channel(XenSimClient *client, guint32 domid, guint devid, bool force,
                            GError **error);
