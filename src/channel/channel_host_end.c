/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/channel_private.h"
#include "util/i18n.h"

/* What can't be opened is tried again after so long, each time twice as long. */
#define RETRY_FIRST_MS 500
#define RETRY_LAST_MS  16000
/* A disk that was at rest needs less. The driver waits longer for an error than this. */
#define SLOW_MS        8000

static void open_next(Channel *channel);

/* --- what goes on ------------------------------------------------------------- */

static void
on_ready(gpointer user_data)
{
    channel_go_on(user_data);
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
    channel_go_on(channel);
}

/* --- what can't be opened ------------------------------------------------------ */

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
        log_limited(&channel->client_lines, G_LOG_LEVEL_WARNING, "%s: %s", channel->label, message);
}

static gboolean
on_retry(gpointer user_data)
{
    Channel *channel = user_data;

    channel->retry_timer = 0;
    open_next(channel);
    return G_SOURCE_REMOVE;
}

static void
retry_later(Channel *channel, const char *message)
{
    tell_error(channel, message);
    channel->retry_ms = CLAMP(channel->retry_ms * 2, RETRY_FIRST_MS, RETRY_LAST_MS);
    channel->retry_timer = g_timeout_add(channel->retry_ms, on_retry, channel);
    channel_follow(channel);
}

/* --- opening -------------------------------------------------------------------- */

static bool
open_hold(Channel *channel, GError **error)
{
    g_autofree char *path =
        g_build_filename(channel->context->directory, channel->source->id, NULL);

    if (channel->hold)
        return true;
    channel->hold = hold_open(path, channel->source->hold_in, channel->source->hold_out,
                              &channel->resumed, error);
    channel->pump.hold = channel->hold;
    channel->pump.wait = channel->source->wait;
    return channel->hold != NULL;
}

/* @file: of what is opened by its path, else NULL. */
static bool
open_endpoint(Channel *channel, const HostFile *file, GError **error)
{
    static const EndpointCallbacks callbacks = {.ready = on_ready, .changed = on_client_changed};
    const EndpointContext context = {.label = channel->label,
                                     .resumed = channel->resumed,
                                     .fd_store = channel->context->fd_store,
                                     .file = file};

    channel->endpoint = endpoint_new(channel->source, &context, &callbacks, channel, error);
    channel->pump.endpoint = channel->endpoint;
    return channel->endpoint != NULL;
}

/* All is open. */
static void
begin(Channel *channel)
{
    const char *pty = endpoint_get_pty(channel->endpoint);

    tell_error(channel, NULL);
    if (pty)
        channel->context->host->ops->set_tty(channel->context->host, channel->view->domid,
                                             channel->view->devid, pty);
    channel_run_pump(channel);
    channel_follow(channel);
}

static void
finish_opening(Channel *channel, const HostFile *file)
{
    g_autoptr(GError) error = NULL;

    if (open_endpoint(channel, file, &error))
        begin(channel);
    else
        retry_later(channel, error->message);
}

/* --- by a path, in a thread ------------------------------------------------------ */

static gboolean
on_slow(gpointer user_data)
{
    Channel *channel = user_data;
    const ChannelSource *source = channel->source;
    bool is_log = source->log_path && !channel->log;
    g_autofree char *message =
        g_strdup_printf(_("'%s' is not open after %d seconds: its disk, server or driver hangs"),
                        is_log ? source->log_path : source->path, SLOW_MS / 1000);

    channel->slow_timer = 0;
    tell_error(channel, message);
    return G_SOURCE_REMOVE;
}

static void
start_opening(Channel *channel, const HostOpenRequest *request, HostOpenFunc func)
{
    channel->opening = host_open_start(request, func, channel);
    channel->slow_timer = g_timeout_add(SLOW_MS, on_slow, channel);
}

static void
end_opening(Channel *channel)
{
    channel->opening = NULL;
    g_clear_handle_id(&channel->slow_timer, g_source_remove);
}

static void
on_log_opened(const HostFile *file, const GError *error, gpointer user_data)
{
    Channel *channel = user_data;

    end_opening(channel);
    if (!file) {
        retry_later(channel, error->message);
        return;
    }
    channel->log = log_file_new(channel->source->log_path, file->fd, on_ready, channel);
    channel->pump.log = channel->log;
    open_next(channel);
}

/* A process that was killed may have written what it has not told the hold yet: it is what
 * came to the file since the size was noted. If anybody else has written meanwhile nothing can be
 * said, and bytes may come twice rather than be lost. */
static void
consume_written(Channel *channel, const HostFile *file)
{
    gsize size = 0;
    gconstpointer data = file->tail ? g_bytes_get_data(file->tail, &size) : NULL;

    if (size > 0 && hold_out_begins_with(channel->hold, data, size))
        hold_consume_out(channel->hold, size);
}

static void
on_endpoint_opened(const HostFile *file, const GError *error, gpointer user_data)
{
    Channel *channel = user_data;

    end_opening(channel);
    if (!file) {
        retry_later(channel, error->message);
        return;
    }
    consume_written(channel, file);
    finish_opening(channel, file);
}

static void
start_opening_log(Channel *channel)
{
    const HostOpenRequest request = {.kind = HOST_OPEN_FILE,
                                     .path = channel->source->log_path,
                                     .append = channel->source->log_append || channel->resumed,
                                     .tail_from = -1};

    start_opening(channel, &request, on_log_opened);
}

static void
start_opening_endpoint(Channel *channel, HostOpenKind kind)
{
    const ChannelSource *source = channel->source;
    HostOpenRequest request = {.kind = kind,
                               .path = source->path,
                               .append = source->append || channel->resumed,
                               .tail_from = -1};
    guint64 noted;

    if (channel->resumed && hold_get_noted_file_size(channel->hold, &noted))
        request.tail_from = (gint64)noted;
    start_opening(channel, &request, on_endpoint_opened);
}

/* The next thing that is not open yet. */
static void
open_next(Channel *channel)
{
    const ChannelSource *source = channel->source;
    g_autoptr(GError) error = NULL;

    if (!open_hold(channel, &error))
        retry_later(channel, error->message);
    else if (source->log_path && !channel->log)
        start_opening_log(channel);
    else if (source->type == CHANNEL_SOURCE_FILE)
        start_opening_endpoint(channel, HOST_OPEN_FILE);
    else if (source->type == CHANNEL_SOURCE_PIPE)
        start_opening_endpoint(channel, HOST_OPEN_PIPE);
    else if (source->type == CHANNEL_SOURCE_DEV)
        start_opening_endpoint(channel, HOST_OPEN_DEVICE);
    else
        finish_opening(channel, NULL);
}

void
channel_open_host_end(Channel *channel)
{
    open_next(channel);
}

void
channel_stop_opening(Channel *channel)
{
    g_clear_handle_id(&channel->retry_timer, g_source_remove);
    g_clear_handle_id(&channel->slow_timer, g_source_remove);
    g_clear_pointer(&channel->opening, host_open_cancel);
}
