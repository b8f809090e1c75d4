/* Devices that libxl makes, on the simulated host.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "xen/xen_device.h"
#include "xen/xen_host_sim_client.h"

/* What the functions of XenHostOps do. */
GPtrArray *xen_sim_list_devices(XenSimClient *client, guint32 domid, GError **error);
bool xen_sim_add_device(XenSimClient *client, guint32 domid, XenDevice *device, GError **error);
bool xen_sim_remove_device(XenSimClient *client, guint32 domid, XenDeviceType type,
                           const char *name, bool force, GError **error);
bool xen_sim_change_medium(XenSimClient *client, guint32 domid, XenDevice *disk, GError **error);
bool xen_sim_set_assignable(XenSimClient *client, const XenDevice *pci, bool assignable,
                            GError **error);
