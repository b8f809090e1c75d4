/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/host.h"

ChannelView *
channel_view_copy(const ChannelView *view)
{
    ChannelView *copy = g_memdup2(view, sizeof(*view));

    copy->domain_name = g_strdup(view->domain_name);
    copy->name = g_strdup(view->name);
    copy->source = view->source ? g_hash_table_ref(view->source) : NULL;
    return copy;
}

void
channel_view_free(ChannelView *view)
{
    if (!view)
        return;
    g_free(view->domain_name);
    g_free(view->name);
    g_clear_pointer(&view->source, g_hash_table_unref);
    g_free(view);
}

void
channel_host_close(ChannelHost *host)
{
    if (host)
        host->ops->close(host);
}
