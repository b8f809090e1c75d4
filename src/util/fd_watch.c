/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/fd_watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/epoll.h>

enum {
    MAX_BATCH = 64
};

struct FdWatch {
    int fd;
    FdWatchFunc func;
    gpointer user_data;
    GIOCondition condition;
};

/* G_IO_* and EPOLL* are poll()'s numbers both. */
G_STATIC_ASSERT((int)G_IO_IN == (int)EPOLLIN && (int)G_IO_OUT == (int)EPOLLOUT);
G_STATIC_ASSERT((int)G_IO_HUP == (int)EPOLLHUP && (int)G_IO_ERR == (int)EPOLLERR);

/* One at a time, since a callback may free the watch of the next. */
static gboolean
on_events(int fd, GIOCondition condition, gpointer user_data)
{
    struct epoll_event event;

    for (int i = 0; i < MAX_BATCH && epoll_wait(fd, &event, 1, 0) == 1; i++) {
        const FdWatch *watch = event.data.ptr;

        watch->func((GIOCondition)event.events, watch->user_data);
    }
    return G_SOURCE_CONTINUE;
}

/* No callback runs the main loop, but GLib, told that one could, spares us the three
 * system calls with which it takes the source out of the loop for each dispatch. */
static void
wait_for_epoll(int epoll)
{
    g_autoptr(GSource) source = g_unix_fd_source_new(epoll, G_IO_IN);

    g_source_set_can_recurse(source, TRUE);
    g_source_set_callback(source, G_SOURCE_FUNC(on_events), NULL, NULL);
    g_source_attach(source, NULL);
}

static int
get_epoll(void)
{
    static int epoll = -1;

    if (epoll < 0) {
        epoll = epoll_create1(EPOLL_CLOEXEC);
        g_assert(epoll >= 0);
        wait_for_epoll(epoll);
    }
    return epoll;
}

FdWatch *
fd_watch_new(int fd, FdWatchFunc func, gpointer user_data)
{
    FdWatch *watch = g_new0(FdWatch, 1);

    watch->fd = fd;
    watch->func = func;
    watch->user_data = user_data;
    return watch;
}

void
fd_watch_free(FdWatch *watch)
{
    if (!watch)
        return;
    fd_watch_set(watch, 0);
    g_free(watch);
}

void
fd_watch_set(FdWatch *watch, GIOCondition condition)
{
    struct epoll_event event = {.events = (guint32)condition, .data.ptr = watch};
    int operation = EPOLL_CTL_MOD;

    if (condition == watch->condition)
        return;
    if (watch->condition == 0)
        operation = EPOLL_CTL_ADD;
    else if (condition == 0)
        operation = EPOLL_CTL_DEL;
    if (epoll_ctl(get_epoll(), operation, watch->fd, &event) < 0)
        g_warning("cannot wait for descriptor %d: %s", watch->fd, g_strerror(errno));
    watch->condition = condition;
}
