/* Endpoints that are opened by their path and can be polled: FIFOs and character devices.
 *
 * A pipe is, as QEMU has it, two FIFOs, PATH.in for the guest and PATH.out from it, or where
 * one of those is missing PATH itself for both. PATH.in is opened for reading and
 * writing, so that it does not end when a writer goes. Of PATH.out we have the writing
 * end only: poll() says EPOLLERR while nobody has it open to read, and inotify tells
 * when somebody comes (open_watch.h). What a reader has left there is for the next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/endpoint_private.h"
#include "channel/open_watch.h"
#include "channel/terminal.h"
#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"

typedef struct {
    Endpoint base;
    char *path;    /* of what is written to */
    int input;     /* -1: there is none, or none any more */
    int output;    /* may be the same */
    bool pollable; /* else always ready, as /dev/null */
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

    if (!pipe->pollable) {
        endpoint_set_always_ready(&pipe->base, input || output);
        return;
    }
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

/* Looks whether somebody reads, and waits for the next change of that. */
static void
look(PipeEndpoint *pipe)
{
    struct pollfd poller = {.fd = pipe->output};

    /* Before the look: who comes after it is told of. */
    if (!pipe->open_watch)
        pipe->open_watch = open_watch_new(pipe->path, on_opened, pipe);
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
can_poll(int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    bool can = epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;

    if (epoll >= 0)
        close(epoll);
    return can;
}

static int
open_kind(const char *path, int flags, mode_t kind)
{
    int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat info;

    if (fd < 0)
        return -1;
    if (fstat(fd, &info) == 0 && (info.st_mode & S_IFMT) == kind)
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

static bool
is_fifo(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISFIFO(info.st_mode);
}

/* A writing end can only be opened while there is a reading end: we have one until then. */
static int
open_writing_end(const char *path)
{
    int both = open_kind(path, O_RDWR, S_IFIFO);
    int fd;

    if (both < 0)
        return -1;
    fd = open_kind(path, O_WRONLY, S_IFIFO);
    close(both);
    return fd;
}

static bool
fail_open(const char *path, const char *kind, GError **error)
{
    if (errno == EINVAL)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no %s"), path, kind);
    return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot open '%s': %s"), path,
                            g_strerror(errno));
}

static bool
open_pair(PipeEndpoint *pipe, const char *in_path, GError **error)
{
    pipe->input = open_kind(in_path, O_RDWR, S_IFIFO);
    if (pipe->input < 0)
        return fail_open(in_path, _("FIFO"), error);
    pipe->output = open_writing_end(pipe->path);
    if (pipe->output < 0)
        return fail_open(pipe->path, _("FIFO"), error);
    pipe->pollable = true;
    pipe->has_readers = true;
    pipe->input_watch = fd_watch_new(pipe->input, on_event, pipe);
    pipe->output_watch = fd_watch_new(pipe->output, on_event, pipe);
    look(pipe);
    return true;
}

static bool
open_single(PipeEndpoint *pipe, const char *path, mode_t kind, GError **error)
{
    pipe->path = g_strdup(path);
    pipe->input = open_kind(path, O_RDWR, kind);
    if (pipe->input < 0)
        return fail_open(path, kind == S_IFIFO ? _("FIFO") : _("character device"), error);
    pipe->output = pipe->input;
    if (isatty(pipe->input) && !terminal_make_raw(pipe->input))
        return fail_open(path, _("terminal"), error);
    pipe->pollable = can_poll(pipe->input);
    pipe->input_watch = fd_watch_new(pipe->input, on_event, pipe);
    pipe->connected = true;
    return true;
}

static void
init(PipeEndpoint *pipe)
{
    pipe->input = -1;
    pipe->output = -1;
}

static bool
pipe_open(Endpoint *endpoint, const ChannelSource *source, const EndpointContext *context,
          GError **error)
{
    PipeEndpoint *pipe = (PipeEndpoint *)endpoint;
    g_autofree char *in_path = g_strconcat(source->path, ".in", NULL);
    g_autofree char *out_path = g_strconcat(source->path, ".out", NULL);

    init(pipe);
    if (is_fifo(in_path) && is_fifo(out_path)) {
        pipe->path = g_steal_pointer(&out_path);
        return open_pair(pipe, in_path, error);
    }
    if (!open_single(pipe, source->path, S_IFIFO, error))
        return false;
    g_message("%s: '%s' is one FIFO for both directions: what the guest sends may come back to "
              "it; make '%s' and '%s'",
              endpoint->label, source->path, in_path, out_path);
    return true;
}

static bool
dev_open(Endpoint *endpoint, const ChannelSource *source, const EndpointContext *context,
         GError **error)
{
    PipeEndpoint *pipe = (PipeEndpoint *)endpoint;

    init(pipe);
    return open_single(pipe, source->path, S_IFCHR, error);
}

static void
pipe_close(Endpoint *endpoint, bool forget)
{
    PipeEndpoint *pipe = (PipeEndpoint *)endpoint;

    open_watch_free(pipe->open_watch);
    fd_watch_free(pipe->input_watch);
    fd_watch_free(pipe->output_watch);
    if (pipe->output >= 0 && pipe->output != pipe->input)
        close(pipe->output);
    if (pipe->input >= 0)
        close(pipe->input);
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

const EndpointOps endpoint_dev_ops = {
    .size = sizeof(PipeEndpoint),
    .open = dev_open,
    .close = pipe_close,
    .want = pipe_want,
    .read = pipe_read,
    .write = pipe_write,
    .is_connected = pipe_is_connected,
};
