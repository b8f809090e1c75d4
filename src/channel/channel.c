/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/channel.h"

#include <string.h>
#include <xen/io/xenbus.h>

#include "channel/frontend.h"
#include "channel/pump.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/log_limit.h"

/* An endpoint that can't be opened is tried again after so long. */
#define RETRY_MS      5000
/* A file on a disk that hangs is given up. */
#define DISK_WAIT_MS  1000
/* One warning a minute about the same channel's overflow. */
#define WARN_AGAIN_US (60 * G_USEC_PER_SEC)

struct Channel {
    const ChannelContext *context;
    ChannelView *view;
    ChannelSource *source;
    char *label; /* for log lines */
    LogLimit guest_lines;
    LogLimit client_lines;

    int state;            /* the XenbusState that we have given */
    guint rest_timer;     /* at Closed */
    guint frontend_write; /* the view's, when the ring was connected */
    Frontend *frontend;   /* NULL while no ring is connected */

    bool resumed; /* was there before this process */
    Endpoint *endpoint;
    bool had_client; /* as the log has it */
    guint retry_timer;
    char *error;   /* why there is no endpoint */
    bool has_told; /* whether there is one */

    Hold *hold;
    LogFile *log;
    Pump pump;
    guint pump_source; /* it has more to do */
    gint64 warned_us;
    guint64 warned_discarded;

    guint linger_timer;
    void (*done)(Channel *channel, gpointer user_data);
    gpointer user_data;
};

static void run_pump(Channel *channel);
static void on_ready(gpointer user_data);

/* --- states ---------------------------------------------------------------- */

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

static void
disconnect(Channel *channel)
{
    g_clear_handle_id(&channel->rest_timer, g_source_remove);
    if (!channel->frontend)
        return;
    /* What the guest has said last. */
    run_pump(channel);
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
    run_pump(user_data);
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
    run_pump(channel);
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
    disconnect(channel);
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

/* We may be at Closed with no timer: the daemon was restarted while the channel rested, or
 * the toolstack has wanted it detached and wants it no more. */
static void
follow_closed(Channel *channel)
{
    if (channel->rest_timer || channel->state == XenbusStateInitWait)
        return;
    disconnect(channel);
    set_state(channel, XenbusStateClosed);
    channel->rest_timer = g_timeout_add(CHANNEL_REST_MS, on_rested, channel);
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
        disconnect(channel);
        set_state(channel, XenbusStateClosing);
        break;
    case XenbusStateClosed:
        follow_closed(channel);
        break;
    default:
        disconnect(channel);
        set_state(channel, XenbusStateInitWait);
        break;
    }
}

/* The toolstack takes it away. */
static void
follow_detach(Channel *channel)
{
    int frontend = channel->view->frontend_state;

    disconnect(channel);
    set_state(channel, frontend == XenbusStateClosed || frontend == XenbusStateUnknown
                           ? XenbusStateClosed
                           : XenbusStateClosing);
}

static void
follow(Channel *channel)
{
    if (!channel->view->online)
        follow_detach(channel);
    else if (channel->endpoint || channel->resumed) /* no guest talks before there was an end */
        follow_frontend(channel);
}

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
    run_pump(channel);
    return G_SOURCE_REMOVE;
}

static bool
is_drained(const Channel *channel)
{
    return hold_get_used(channel->hold, HOLD_OUT) == 0 || !channel->endpoint ||
           !endpoint_is_connected(channel->endpoint);
}

static void
end_if_drained(Channel *channel)
{
    if (channel->done && is_drained(channel))
        channel->done(channel, channel->user_data);
}

static void
drop_broken_ring(Channel *channel)
{
    log_limited(&channel->guest_lines, G_LOG_LEVEL_WARNING,
                "%s: what the guest has written into its ring makes no sense; the ring is closed",
                channel->label);
    hold_disconnect(channel->hold);
    channel->pump.ring = NULL;
    g_clear_pointer(&channel->frontend, frontend_free);
    set_state(channel, XenbusStateClosing);
}

static void
run_pump(Channel *channel)
{
    PumpResult result = pump_run(&channel->pump);

    if (channel->frontend && result.moved)
        frontend_set_busy(channel->frontend);
    if (channel->frontend && result.notify)
        frontend_notify(channel->frontend);
    if (result.broken)
        drop_broken_ring(channel);
    if (result.more && !channel->pump_source)
        channel->pump_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_more, channel, NULL);
    warn_of_overflow(channel);
}

/* The endpoint, or the log, can go on. */
static void
on_ready(gpointer user_data)
{
    Channel *channel = user_data;

    run_pump(channel);
    end_if_drained(channel);
}

static void
on_client_changed(gpointer user_data)
{
    Channel *channel = user_data;
    bool has_client = endpoint_is_connected(channel->endpoint);

    /* One that only looks whether somebody listens has gone by now. */
    if (has_client != channel->had_client)
        log_limited(&channel->client_lines, G_LOG_LEVEL_INFO, "%s: %s", channel->label,
                    has_client ? "a client is connected" : "no client is connected");
    channel->had_client = has_client;
    on_ready(channel);
}

/* --- the host's end --------------------------------------------------------- */

static void
tell_error(Channel *channel, const char *message)
{
    /* What a process before us has told may not be true any more. */
    bool is_known = channel->has_told || !channel->resumed;

    if (is_known && g_strcmp0(channel->error, message) == 0)
        return;
    channel->has_told = true;
    g_free(channel->error);
    channel->error = g_strdup(message);
    channel->context->host->ops->set_error(channel->context->host, channel->view->domid,
                                           channel->view->devid, message);
    if (message)
        g_warning("%s: %s", channel->label, message);
}

static bool
open_log(Channel *channel, GError **error)
{
    const ChannelSource *source = channel->source;

    if (!source->log_path || channel->log)
        return true;
    channel->log = log_file_new(source->log_path, source->log_append || channel->resumed, on_ready,
                                channel, error);
    channel->pump.log = channel->log;
    return channel->log != NULL;
}

static bool
open_endpoint(Channel *channel, GError **error)
{
    static const EndpointCallbacks callbacks = {.ready = on_ready, .changed = on_client_changed};
    EndpointContext context = {channel->label, channel->resumed, channel->context->fd_store};

    channel->endpoint = endpoint_new(channel->source, &context, &callbacks, channel, error);
    channel->pump.endpoint = channel->endpoint;
    return channel->endpoint != NULL;
}

static gboolean on_retry(gpointer user_data);

static void
open_host_end(Channel *channel)
{
    g_autoptr(GError) error = NULL;
    const char *pty;

    if (!open_log(channel, &error) || !open_endpoint(channel, &error)) {
        tell_error(channel, error->message);
        channel->retry_timer = g_timeout_add(RETRY_MS, on_retry, channel);
        follow(channel);
        return;
    }
    tell_error(channel, NULL);
    pty = endpoint_get_pty(channel->endpoint);
    if (pty)
        channel->context->host->ops->set_tty(channel->context->host, channel->view->domid,
                                             channel->view->devid, pty);
    run_pump(channel);
    follow(channel);
}

static gboolean
on_retry(gpointer user_data)
{
    Channel *channel = user_data;

    channel->retry_timer = 0;
    open_host_end(channel);
    return G_SOURCE_REMOVE;
}

/* --- its life --------------------------------------------------------------- */

static bool
open_hold(Channel *channel, GError **error)
{
    g_autofree char *path =
        g_build_filename(channel->context->directory, channel->source->id, NULL);

    channel->hold = hold_open(path, channel->source->hold_in, channel->source->hold_out,
                              &channel->resumed, error);
    channel->pump.hold = channel->hold;
    channel->pump.wait = channel->source->wait;
    return channel->hold != NULL;
}

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
    if (!open_hold(channel, error)) {
        channel_free(channel);
        return NULL;
    }
    open_host_end(channel);
    return channel;
}

void
channel_update(Channel *channel, const ChannelView *view)
{
    channel_view_free(channel->view);
    channel->view = channel_view_copy(view);
    follow(channel);
}

static void
stop_sources(Channel *channel)
{
    g_clear_handle_id(&channel->rest_timer, g_source_remove);
    g_clear_handle_id(&channel->retry_timer, g_source_remove);
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
    disconnect(channel);
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

/* --- for people ------------------------------------------------------------- */

static void
add_number(struct json_object *object, const char *key, guint64 value)
{
    json_object_object_add(object, key, json_object_new_uint64(value));
}

static void
add_string(struct json_object *object, const char *key, const char *value)
{
    json_object_object_add(object, key, json_object_new_string(value));
}

void
channel_describe(const Channel *channel, struct json_object *object)
{
    g_autofree char *endpoint = channel_source_describe(channel->source);
    const char *pty = channel->endpoint ? endpoint_get_pty(channel->endpoint) : NULL;
    bool connected = channel->endpoint && endpoint_is_connected(channel->endpoint);

    add_string(object, "domain", channel->view->domain_name);
    add_number(object, "domid", channel->view->domid);
    add_string(object, "name", channel->view->name);
    add_number(object, "devid", channel->view->devid);
    add_string(object, "endpoint", pty ? pty : endpoint);
    add_string(object, "error", channel->error ? channel->error : "");
    add_number(object, "frontend_state", (guint64)channel->view->frontend_state);
    add_number(object, "backend_state", (guint64)channel->state);
    json_object_object_add(object, "connected", json_object_new_boolean(connected));
    add_number(object, "client_pid",
               channel->endpoint ? endpoint_get_client_pid(channel->endpoint) : 0);
    add_number(object, "clients",
               channel->endpoint ? endpoint_get_client_count(channel->endpoint) : 0);
    add_number(object, "in_bytes", channel->pump.bytes_in);
    add_number(object, "out_bytes", channel->pump.bytes_out);
    add_number(object, "in_held", hold_get_used(channel->hold, HOLD_IN));
    add_number(object, "out_held", hold_get_used(channel->hold, HOLD_OUT));
    add_number(object, "out_discarded", channel->pump.discarded);
}
