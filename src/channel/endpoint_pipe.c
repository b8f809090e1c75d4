/* Endpoints that are opened by their path and can be polled: FIFOs and character devices.
 *
 * host_open_node.c opens them. Of a FIFO for what comes from the guest we have the writing
 * end only: poll() says EPOLLERR while nobody has it open to read, and inotify tells
 * when somebody comes (open_watch.h). What a reader has left there is for the next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "channel/endpoint_private.h"
#include "channel/open_watch.h"
#include "util/fd_watch.h"

typedef struct {
    Endpoint base;
    char *path;
    int input;
    int output; /* may be the same */
    bool input_over;
    bool connected;
    bool has_readers; /* it is a FIFO whose readers come and go */
    FdWatch *input_watch;
    FdWatch *output_watch; /* NULL: that of input is for both */
    OpenWatch *open_watch; /* while has_readers and not connected */
} PipeEndpoint;

static void
update_watches(PipeEndpoint *pipe)
{
    GIOCondition input = pipe->base.want_input && !pipe->input_over ? G_IO_IN : 0;
    GIOCondition output = pipe->base.want_output ? G_IO_OUT : 0;

    if (!pipe->output_watch) {
        fd_watch_set(pipe->input_watch, pipe->connected ? input | output | G_IO_HUP : 0);
        return;
    }
    fd_watch_set(pipe->input_watch, input);
    fd_watch_set(pipe->output_watch, pipe->connected ? output | G_IO_HUP : 0);
}

static void
set_connected(PipeEndpoint *pipe, bool connected)
{
    if (connected != pipe->connected)
        endpoint_tell_change(&pipe->base, connected);
    pipe->connected = connected;
}

static void on_opened(gpointer user_data);

/* By the descriptor, as looking for the path may hang. */
static OpenWatch *
watch_output(PipeEndpoint *pipe)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", pipe->output);

    return open_watch_new(path, on_opened, pipe);
}

/* Looks whether somebody reads, and waits for the next change of that. */
static void
look(PipeEndpoint *pipe)
{
    struct pollfd poller = {.fd = pipe->output};

    /* Before the look: who comes after it is told of. */
    if (!pipe->open_watch)
        pipe->open_watch = watch_output(pipe);
    set_connected(pipe, poll(&poller, 1, 0) == 0);
    if (pipe->connected)
        g_clear_pointer(&pipe->open_watch, open_watch_free);
    update_watches(pipe);
}

static void
on_opened(gpointer user_data)
{
    look(user_data);
}

/* A device has been unplugged. */
static void
hang_up(PipeEndpoint *pipe)
{
    g_warning("%s: '%s' has hung up", pipe->base.label, pipe->path);
    pipe->input_over = true;
    set_connected(pipe, false);
    update_watches(pipe);
}

static void
on_event(GIOCondition condition, gpointer user_data)
{
    PipeEndpoint *pipe = user_data;

    if (!(condition & (G_IO_HUP | G_IO_ERR)))
        endpoint_tell_ready(&pipe->base);
    else if (pipe->has_readers)
        look(pipe);
    else
        hang_up(pipe);
}

static bool
pipe_open(Endpoint *endpoint, const ChannelSource *source, const EndpointContext *context,
          GError **error)
{
    PipeEndpoint *pipe = (PipeEndpoint *)endpoint;

    pipe->path = g_strdup(source->path);
    pipe->input = context->file->fd;
    pipe->input_watch = fd_watch_new(pipe->input, on_event, pipe);
    pipe->has_readers = context->file->output >= 0;
    pipe->output = pipe->has_readers ? context->file->output : pipe->input;
    if (pipe->has_readers) {
        pipe->output_watch = fd_watch_new(pipe->output, on_event, pipe);
        look(pipe);
        return true;
    }
    pipe->connected = true;
    if (source->type == CHANNEL_SOURCE_PIPE)
        g_message("%s: '%s' is one FIFO for both directions: what the guest sends may come back "
                  "to it; make '%s.in' and '%s.out'",
                  endpoint->label, source->path, source->path, source->path);
    return true;
}

static void
pipe_close(Endpoint *endpoint, bool forget)
{
    PipeEndpoint *pipe = (PipeEndpoint *)endpoint;

    open_watch_free(pipe->open_watch);
    fd_watch_free(pipe->input_watch);
    fd_watch_free(pipe->output_watch);
    if (pipe->output != pipe->input)
        host_close(pipe->output);
    host_close(pipe->input);
    g_free(pipe->path);
}

static void
pipe_want(Endpoint *endpoint)
{
    update_watches((PipeEndpoint *)endpoint);
}

static bool
is_passing(gssize n)
{
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static gsize
pipe_read(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    PipeEndpoint *pipe = (PipeEndpoint *)endpoint;
    gssize n;

    if (pipe->input_over)
        return 0;
    n = readv(pipe->input, iov, n_iov);
    if (n <= 0 && !is_passing(n)) {
        pipe->input_over = true;
        update_watches(pipe);
    }
    return endpoint_count(n);
}

static gsize
pipe_write(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    PipeEndpoint *pipe = (PipeEndpoint *)endpoint;
    gssize n;

    if (!pipe->connected)
        return 0;
    n = writev(pipe->output, iov, n_iov);
    if (n < 0 && !is_passing(n)) {
        if (pipe->has_readers)
            look(pipe);
        else
            hang_up(pipe);
    }
    return endpoint_count(n);
}

static bool
pipe_is_connected(const Endpoint *endpoint)
{
    return ((const PipeEndpoint *)endpoint)->connected;
}

const EndpointOps endpoint_pipe_ops = {
    .size = sizeof(PipeEndpoint),
    .open = pipe_open,
    .close = pipe_close,
    .want = pipe_want,
    .read = pipe_read,
    .write = pipe_write,
    .is_connected = pipe_is_connected,
};
