/* Endpoints that are pseudo terminals: users open the slave whose path endpoint_get_pty()
 * tells, and come and go.
 *
 * We have the master only. While nobody has the slave open poll() says EPOLLHUP, so that is
 * what "connected" means; that somebody has come again tells inotify (open_watch.h).
 * Nothing is written while nobody is there: the terminal's buffers would take some
 * of it without end in sight. What a user has not read when he closes stays in those
 * buffers for the next one; what he wrote before he closed can still be read.
 *
 * Settings stay as the last user left them as long as the master is open, so they are
 * made raw again whenever nobody is there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel/endpoint_private.h"
#include "channel/open_watch.h"
#include "channel/terminal.h"
#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"

typedef struct {
    Endpoint base;
    int master;
    char *path; /* of the slave */
    FdWatch *watch;
    bool connected;
    bool has_input;        /* while not connected: there is something left to read */
    OpenWatch *open_watch; /* while not connected */
} PtyEndpoint;

static void
update_watch(PtyEndpoint *pty)
{
    GIOCondition condition = G_IO_HUP;

    endpoint_set_always_ready(&pty->base,
                              !pty->connected && pty->has_input && pty->base.want_input);
    if (!pty->connected) {
        fd_watch_set(pty->watch, 0); /* it would tell of the hangup for ever */
        return;
    }
    if (pty->base.want_input)
        condition |= G_IO_IN;
    if (pty->base.want_output)
        condition |= G_IO_OUT;
    fd_watch_set(pty->watch, condition);
}

static short
get_events(const PtyEndpoint *pty)
{
    struct pollfd poller = {.fd = pty->master, .events = POLLIN};

    return poll(&poller, 1, 0) == 1 ? poller.revents : 0;
}

static void on_opened(gpointer user_data);

/* Looks who is there, and waits for the next change of that. */
static void
look(PtyEndpoint *pty)
{
    bool was_connected = pty->connected;
    short events;

    /* Before the look: who comes after it is told of. */
    if (!pty->open_watch)
        pty->open_watch = open_watch_new(pty->path, on_opened, pty);
    events = get_events(pty);
    pty->connected = !(events & (POLLHUP | POLLERR));
    pty->has_input = (events & POLLIN) != 0;
    if (pty->connected)
        g_clear_pointer(&pty->open_watch, open_watch_free);
    else if (was_connected && !terminal_make_raw(pty->master))
        g_warning("%s: can't reset '%s': %s", pty->base.label, pty->path, g_strerror(errno));
    if (pty->connected != was_connected)
        endpoint_tell_change(&pty->base, pty->connected);
    update_watch(pty);
}

static void
on_opened(gpointer user_data)
{
    look(user_data);
}

static void
on_event(GIOCondition condition, gpointer user_data)
{
    PtyEndpoint *pty = user_data;

    if (condition & (G_IO_HUP | G_IO_ERR)) {
        look(pty);
        return;
    }
    endpoint_tell_ready(&pty->base);
}

/* A master never says EPOLLHUP before somebody has had the slave open. */
static bool
open_and_close_slave(const char *path)
{
    int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

    if (slave < 0)
        return false;
    close(slave);
    return true;
}

static bool
open_master(PtyEndpoint *pty)
{
    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    return pty->master >= 0 && grantpt(pty->master) == 0 && unlockpt(pty->master) == 0;
}

static bool
find_slave(PtyEndpoint *pty)
{
    char path[64];

    errno = ptsname_r(pty->master, path, sizeof(path));
    if (errno != 0)
        return false;
    pty->path = g_strdup(path);
    return true;
}

static bool
pty_open(Endpoint *endpoint, const ChannelSource *source, const EndpointContext *context,
         GError **error)
{
    PtyEndpoint *pty = (PtyEndpoint *)endpoint;
    bool kept;

    pty->master = endpoint_take_fd(endpoint, "pty");
    kept = pty->master >= 0;
    if ((!kept && !open_master(pty)) || !find_slave(pty) ||
        (!kept && (!terminal_make_raw(pty->master) || !open_and_close_slave(pty->path))))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("cannot allocate a pseudo terminal: %s"), g_strerror(errno));
    if (!kept)
        endpoint_keep_fd(endpoint, "pty", pty->master);
    pty->watch = fd_watch_new(pty->master, on_event, pty);
    look(pty);
    return true;
}

static void
pty_close(Endpoint *endpoint, bool forget)
{
    PtyEndpoint *pty = (PtyEndpoint *)endpoint;

    if (forget)
        endpoint_forget_fd(endpoint, "pty");
    open_watch_free(pty->open_watch);
    fd_watch_free(pty->watch);
    if (pty->master >= 0)
        close(pty->master);
    g_free(pty->path);
}

static void
pty_want(Endpoint *endpoint)
{
    update_watch((PtyEndpoint *)endpoint);
}

static gsize
pty_read(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    PtyEndpoint *pty = (PtyEndpoint *)endpoint;
    gssize n = readv(pty->master, iov, n_iov);

    if (n <= 0 && !pty->connected) {
        pty->has_input = false;
        update_watch(pty);
    }
    return endpoint_count(n);
}

static gsize
pty_write(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    PtyEndpoint *pty = (PtyEndpoint *)endpoint;

    /* The hangup may not have been told yet. */
    if (!pty->connected || (get_events(pty) & POLLHUP))
        return 0;
    return endpoint_count(writev(pty->master, iov, n_iov));
}

static bool
pty_is_connected(const Endpoint *endpoint)
{
    return ((const PtyEndpoint *)endpoint)->connected;
}

static const char *
pty_get_path(const Endpoint *endpoint)
{
    return ((const PtyEndpoint *)endpoint)->path;
}

const EndpointOps endpoint_pty_ops = {
    .size = sizeof(PtyEndpoint),
    .open = pty_open,
    .close = pty_close,
    .want = pty_want,
    .read = pty_read,
    .write = pty_write,
    .is_connected = pty_is_connected,
    .get_pty = pty_get_path,
};
