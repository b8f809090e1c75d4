/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/channel_private.h"

/* A file on a disk that hangs is given up. */
#define DISK_WAIT_MS  1000
/* One warning a minute about the same channel's overflow. */
#define WARN_AGAIN_US (60 * G_USEC_PER_SEC)

/* --- bytes ------------------------------------------------------------------ */

static void
warn_of_overflow(Channel *channel)
{
    guint64 discarded = channel->pump.discarded - channel->warned_discarded;
    gint64 now = g_get_monotonic_time();

    if (discarded == 0 || (channel->warned_us && now - channel->warned_us < WARN_AGAIN_US))
        return;
    channel->warned_us = now;
    channel->warned_discarded = channel->pump.discarded;
    g_warning("%s: nobody is connected and no more can be held: %" G_GUINT64_FORMAT
              " bytes from the guest are discarded",
              channel->label, discarded);
}

static gboolean
on_more(gpointer user_data)
{
    Channel *channel = user_data;

    channel->pump_source = 0;
    channel_run_pump(channel);
    return G_SOURCE_REMOVE;
}

/* Nothing is left that the endpoint would take. */
static bool
is_drained(const Channel *channel)
{
    return !channel->endpoint || hold_get_used(channel->hold, HOLD_OUT) == 0 ||
           !endpoint_is_connected(channel->endpoint);
}

static void
end_if_drained(Channel *channel)
{
    if (channel->done && is_drained(channel))
        channel->done(channel, channel->user_data);
}

void
channel_run_pump(Channel *channel)
{
    PumpResult result = pump_run(&channel->pump);

    if (channel->frontend && result.moved)
        frontend_set_busy(channel->frontend);
    if (channel->frontend && result.notify)
        frontend_notify(channel->frontend);
    if (result.broken)
        channel_drop_broken_ring(channel);
    if (result.more && !channel->pump_source)
        channel->pump_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_more, channel, NULL);
    warn_of_overflow(channel);
}

void
channel_go_on(Channel *channel)
{
    channel_run_pump(channel);
    end_if_drained(channel);
}

/* --- its life --------------------------------------------------------------- */

Channel *
channel_new(const ChannelContext *context, const ChannelView *view, GError **error)
{
    g_autoptr(ChannelSource) source = channel_source_from_nodes(view->source, error);
    Channel *channel;

    if (!source)
        return NULL;
    channel = g_new0(Channel, 1);
    channel->context = context;
    channel->source = g_steal_pointer(&source);
    channel->view = channel_view_copy(view);
    channel->state = view->backend_state;
    channel->label = g_strdup_printf("domain '%s' (%u): channel '%s' (%u)", view->domain_name,
                                     view->domid, view->name, view->devid);
    channel_open_host_end(channel);
    return channel;
}

void
channel_update(Channel *channel, const ChannelView *view)
{
    channel_view_free(channel->view);
    channel->view = channel_view_copy(view);
    channel_follow(channel);
}

static void
stop_sources(Channel *channel)
{
    g_clear_handle_id(&channel->rest_timer, g_source_remove);
    channel_stop_opening(channel);
    g_clear_handle_id(&channel->pump_source, g_source_remove);
    g_clear_handle_id(&channel->linger_timer, g_source_remove);
}

static gboolean
on_lingered(gpointer user_data)
{
    Channel *channel = user_data;

    channel->linger_timer = 0;
    channel->done(channel, channel->user_data);
    return G_SOURCE_REMOVE;
}

void
channel_end(Channel *channel, void (*done)(Channel *channel, gpointer user_data),
            gpointer user_data)
{
    channel_disconnect(channel);
    stop_sources(channel);
    channel->done = done;
    channel->user_data = user_data;
    if (channel->endpoint)
        endpoint_close_door(channel->endpoint);
    if (is_drained(channel))
        done(channel, user_data);
    else
        channel->linger_timer = g_timeout_add(CHANNEL_LINGER_MS, on_lingered, channel);
}

static void
free_memory(Channel *channel)
{
    log_file_free(channel->log, DISK_WAIT_MS);
    channel_view_free(channel->view);
    channel_source_free(channel->source);
    g_free(channel->label);
    g_free(channel->error);
    g_free(channel);
}

void
channel_free(Channel *channel)
{
    stop_sources(channel);
    frontend_free(channel->frontend);
    endpoint_free(channel->endpoint);
    hold_remove(channel->hold);
    free_memory(channel);
}

void
channel_abandon(Channel *channel)
{
    stop_sources(channel);
    frontend_free(channel->frontend);
    if (channel->endpoint) {
        hold_consume_out(channel->hold, endpoint_settle(channel->endpoint, DISK_WAIT_MS));
        endpoint_abandon(channel->endpoint);
    }
    hold_close(channel->hold);
    free_memory(channel);
}

const char *
channel_get_id(const Channel *channel)
{
    return channel->source->id;
}
