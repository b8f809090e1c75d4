/* Resources and counters of the simulated host's domains, for xen_host_sim.c: see
 * XenHostOps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "xen/xen_host.h"
#include "xen/xen_host_sim_client.h"

XenSimClient *xen_host_sim_get_client(XenHost *host);

GPtrArray *xen_host_sim_list_vcpus(XenHost *host, guint32 domid, GError **error);
bool xen_host_sim_set_online_vcpus(XenHost *host, guint32 domid, guint n, GError **error);
bool xen_host_sim_pin_vcpu(XenHost *host, guint32 domid, guint vcpu, const GByteArray *cpus,
                           GError **error);
bool xen_host_sim_set_memory(XenHost *host, guint32 domid, guint64 kib, GError **error);
bool xen_host_sim_set_max_memory(XenHost *host, guint32 domid, guint64 max, GError **error);
bool xen_host_sim_get_scheduler(XenHost *host, guint32 domid, XenScheduler *scheduler,
                                GError **error);
bool xen_host_sim_set_scheduler(XenHost *host, guint32 domid, const XenScheduler *scheduler,
                                GError **error);
bool xen_host_sim_send_trigger(XenHost *host, guint32 domid, libxl_trigger trigger, GError **error);
bool xen_host_sim_tell_qemu(XenHost *host, guint32 domid, const char *command, GError **error);
GPtrArray *xen_host_sim_get_block_stats(XenHost *host, guint32 domid, GError **error);
GPtrArray *xen_host_sim_get_interface_stats(XenHost *host, guint32 domid, GError **error);
GArray *xen_host_sim_list_nodes(XenHost *host, GError **error);
