/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/handover.h"

struct Handover {
    HandoverFunc func;
    GDestroyNotify free_item;
    gpointer user_data;

    GMutex lock;
    GQueue items;
    GSource *source; /* attached while there are items */
};

/* Lets go of the source with the last item, so that the next one makes another. */
static gpointer
pop(Handover *handover)
{
    gpointer item;

    g_mutex_lock(&handover->lock);
    item = g_queue_pop_head(&handover->items);
    if (!item)
        g_clear_pointer(&handover->source, g_source_unref);
    g_mutex_unlock(&handover->lock);
    return item;
}

static gboolean
on_items(gpointer user_data)
{
    Handover *handover = user_data;
    gpointer item = pop(handover);

    if (!item)
        return G_SOURCE_REMOVE;
    handover->func(item, handover->user_data);
    handover->free_item(item);
    return G_SOURCE_CONTINUE;
}

Handover *
handover_new(HandoverFunc func, GDestroyNotify free_item, gpointer user_data)
{
    Handover *handover = g_new0(Handover, 1);

    handover->func = func;
    handover->free_item = free_item;
    handover->user_data = user_data;
    g_mutex_init(&handover->lock);
    g_queue_init(&handover->items);
    return handover;
}

void
handover_free(Handover *handover)
{
    if (!handover)
        return;
    if (handover->source) {
        g_source_destroy(handover->source);
        g_source_unref(handover->source);
    }
    g_queue_clear_full(&handover->items, handover->free_item);
    g_mutex_clear(&handover->lock);
    g_free(handover);
}

void
handover_push(Handover *handover, gpointer item)
{
    g_mutex_lock(&handover->lock);
    g_queue_push_tail(&handover->items, item);
    if (!handover->source) {
        handover->source = g_idle_source_new();
        g_source_set_priority(handover->source, G_PRIORITY_DEFAULT);
        g_source_set_callback(handover->source, on_items, handover, NULL);
        g_source_attach(handover->source, NULL);
    }
    g_mutex_unlock(&handover->lock);
}
