/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xen/xen_tune.h"

XenVcpuInfo *
xen_vcpu_info_new(void)
{
    XenVcpuInfo *info = g_new0(XenVcpuInfo, 1);

    info->affinity = g_byte_array_new();
    return info;
}

void
xen_vcpu_info_free(XenVcpuInfo *info)
{
    if (!info)
        return;
    g_byte_array_unref(info->affinity);
    g_free(info);
}

void
xen_block_stats_free(XenBlockStats *stats)
{
    if (!stats)
        return;
    g_free(stats->target);
    g_free(stats);
}

void
xen_interface_stats_free(XenInterfaceStats *stats)
{
    if (!stats)
        return;
    g_free(stats->name);
    g_free(stats->mac);
    g_free(stats);
}
