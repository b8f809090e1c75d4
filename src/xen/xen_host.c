/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xen/xen_host.h"

void
xen_host_info_clear(XenHostInfo *info)
{
    g_clear_pointer(&info->model, g_free);
    g_clear_pointer(&info->capabilities, g_free);
    g_clear_pointer(&info->command_line, g_free);
    g_clear_pointer(&info->cpu_places, g_array_unref);
    g_clear_pointer(&info->node_list, g_array_unref);
}

static void
clear_node(gpointer data)
{
    XenNode *node = data;

    g_array_unref(node->distances);
}

GArray *
xen_node_list_new(void)
{
    GArray *nodes = g_array_new(FALSE, FALSE, sizeof(XenNode));

    g_array_set_clear_func(nodes, clear_node);
    return nodes;
}

void
xen_domain_info_free(XenDomainInfo *info)
{
    if (!info)
        return;
    g_free(info->name);
    g_free(info);
}

void
xen_channel_info_free(XenChannelInfo *info)
{
    if (!info)
        return;
    g_free(info->name);
    g_free(info->path);
    g_free(info);
}

static GPrivate own_calls = G_PRIVATE_INIT(NULL); /* not NULL: they are */

void
xen_host_set_own(bool is_own)
{
    g_private_set(&own_calls, GINT_TO_POINTER(is_own));
}

bool
xen_host_is_own(void)
{
    return g_private_get(&own_calls) != NULL;
}

void
xen_host_close(XenHost *host)
{
    if (host)
        host->ops->close(host);
}
