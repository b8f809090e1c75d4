/* What the simulated host says of itself and of its domains, for xen_host_sim.c: see
 * XenHostOps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "xen/xen_host.h"

bool xen_host_sim_get_info(XenHost *host, XenHostInfo *info, GError **error);
bool xen_host_sim_get_free_memory(XenHost *host, guint64 *kib, GError **error);
GPtrArray *xen_host_sim_list_domains(XenHost *host, GError **error);
XenDomainInfo *xen_host_sim_get_domain(XenHost *host, guint32 domid, GError **error);
