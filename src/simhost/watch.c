/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/epoll.h>

enum {
    MAX_BATCH = 64
};

struct SimWatch {
    int fd;
    SimWatchFunc func;
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
        const SimWatch *watch = event.data.ptr;

        watch->func((GIOCondition)event.events, watch->user_data);
    }
    return G_SOURCE_CONTINUE;
}

static int
get_epoll(void)
{
    static int epoll = -1;

    if (epoll < 0) {
        epoll = epoll_create1(EPOLL_CLOEXEC);
        g_assert(epoll >= 0);
        g_unix_fd_add(epoll, G_IO_IN, on_events, NULL);
    }
    return epoll;
}

SimWatch *
sim_watch_new(int fd, SimWatchFunc func, gpointer user_data)
{
    SimWatch *watch = g_new0(SimWatch, 1);

    watch->fd = fd;
    watch->func = func;
    watch->user_data = user_data;
    return watch;
}

void
sim_watch_free(SimWatch *watch)
{
    if (!watch)
        return;
    sim_watch_set(watch, 0);
    g_free(watch);
}

void
sim_watch_set(SimWatch *watch, GIOCondition condition)
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
