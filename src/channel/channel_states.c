/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <xen/io/xenbus.h>

#include "channel/channel_private.h"

static void
set_state(Channel *channel, int state)
{
    if (channel->state == state)
        return;
    channel->state = state;
    channel->context->host->ops->set_state(channel->context->host, channel->view->domid,
                                           channel->view->devid, state);
}

static bool
is_connected(const Channel *channel)
{
    return channel->frontend != NULL;
}

void
channel_disconnect(Channel *channel)
{
    g_clear_handle_id(&channel->rest_timer, g_source_remove);
    if (!channel->frontend)
        return;
    /* What the guest has said last. */
    channel_run_pump(channel);
    if (!channel->frontend)
        return;
    hold_disconnect(channel->hold);
    channel->pump.ring = NULL;
    g_clear_pointer(&channel->frontend, frontend_free);
    log_limited(&channel->guest_lines, G_LOG_LEVEL_INFO, "%s: the guest has let go of it",
                channel->label);
}

static void
on_event(gpointer user_data)
{
    channel_run_pump(user_data);
}

static void
connect_ring(Channel *channel)
{
    g_autoptr(GError) error = NULL;
    const ChannelView *view = channel->view;
    bool again;

    channel->frontend_write = view->frontend_writes;
    channel->frontend = frontend_new(channel->context->host, view, on_event, channel, &error);
    if (!channel->frontend) {
        log_limited(&channel->guest_lines, G_LOG_LEVEL_WARNING, "%s: %s", channel->label,
                    error->message);
        set_state(channel, XenbusStateClosing);
        return;
    }
    channel->pump.ring = frontend_get_ring(channel->frontend);
    again = hold_connect(channel->hold, channel->pump.ring, view->ring_ref, view->port);
    log_limited(&channel->guest_lines, G_LOG_LEVEL_INFO, "%s: %s", channel->label,
                again ? "goes on with the ring that it had" : "the guest has connected");
    set_state(channel, XenbusStateConnected);
    /* It may have sent an event while nobody listened. */
    frontend_notify(channel->frontend);
    channel_run_pump(channel);
}

/* The frontend is up: with the ring that we have, or with another. */
static void
follow_ring(Channel *channel)
{
    const ChannelView *view = channel->view;
    bool same = is_connected(channel) && frontend_is(channel->frontend, view);
    /* It goes from Initialised to Connected when we have connected. */
    guint expected = view->frontend_state == XenbusStateConnected ? 1 : 0;

    if (same && view->frontend_writes - channel->frontend_write <= expected)
        return;
    if (!view->has_ring)
        return;
    channel_disconnect(channel);
    connect_ring(channel);
    if (view->frontend_state == XenbusStateConnected)
        channel->frontend_write = view->frontend_writes - 1;
}

static gboolean
on_rested(gpointer user_data)
{
    Channel *channel = user_data;

    channel->rest_timer = 0;
    set_state(channel, XenbusStateInitWait);
    return G_SOURCE_REMOVE;
}

/* Who waits to see Closed has gone to Closing before. A driver that was unbound closes at
 * once, and may be bound again at any moment: if it finds us at Closed it takes that for an
 * end, and stays closed for good. So then there is no rest.
 *
 * We may be at Closed with no timer: the daemon was restarted while the channel rested, or
 * the toolstack has wanted it detached and wants it no more. */
static void
follow_closed(Channel *channel)
{
    bool is_awaited = channel->state == XenbusStateClosing || channel->state == XenbusStateClosed;

    if (channel->rest_timer || channel->state == XenbusStateInitWait)
        return;
    channel_disconnect(channel);
    if (is_awaited) {
        set_state(channel, XenbusStateClosed);
        channel->rest_timer = g_timeout_add(CHANNEL_REST_MS, on_rested, channel);
    } else {
        set_state(channel, XenbusStateInitWait);
    }
}

static void
follow_frontend(Channel *channel)
{
    switch (channel->view->frontend_state) {
    case XenbusStateInitialised:
    case XenbusStateConnected:
        follow_ring(channel);
        break;
    case XenbusStateClosing:
        channel_disconnect(channel);
        set_state(channel, XenbusStateClosing);
        break;
    case XenbusStateClosed:
        follow_closed(channel);
        break;
    default:
        channel_disconnect(channel);
        set_state(channel, XenbusStateInitWait);
        break;
    }
}

/* The toolstack takes it away. */
static void
follow_detach(Channel *channel)
{
    int frontend = channel->view->frontend_state;

    channel_disconnect(channel);
    set_state(channel, frontend == XenbusStateClosed || frontend == XenbusStateUnknown
                           ? XenbusStateClosed
                           : XenbusStateClosing);
}

void
channel_follow(Channel *channel)
{
    /* No guest talks before there was an end, or past a log that is being opened. */
    bool may_talk = channel->endpoint || (channel->resumed && !channel->opening);

    if (!channel->view->online)
        follow_detach(channel);
    else if (may_talk)
        follow_frontend(channel);
}

void
channel_drop_broken_ring(Channel *channel)
{
    log_limited(&channel->guest_lines, G_LOG_LEVEL_WARNING,
                "%s: what the guest has written into its ring makes no sense; the ring is closed",
                channel->label);
    hold_disconnect(channel->hold);
    channel->pump.ring = NULL;
    g_clear_pointer(&channel->frontend, frontend_free);
    set_state(channel, XenbusStateClosing);
}
