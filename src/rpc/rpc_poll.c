/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_log.h"

#include "rpc/rpc_poll.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

/* As many as one turn of the loop takes from the kernel; those that are left come next. */
#define TURN_EVENTS 64

struct RpcPoll {
    GSource base;
    int fd;
    gpointer tag;
    GQueue ready;  /* links of RpcWatch: those to be called */
    GTree *timers; /* of RpcWatch, the earliest first */
};

struct RpcWatch {
    RpcPoll *poll;
    int fd;
    GIOCondition condition;
    RpcWatchFunc func;
    gpointer user_data;
    gint64 time;
    GIOCondition come; /* and not told yet */
    GList link;        /* of poll->ready */
    bool is_ready;     /* it is there */
};

/* epoll's bits are poll's, and so are GLib's. */
G_STATIC_ASSERT(EPOLLIN == (int)G_IO_IN && EPOLLOUT == (int)G_IO_OUT && EPOLLERR == (int)G_IO_ERR &&
                EPOLLHUP == (int)G_IO_HUP);

static void
set_ready(RpcWatch *watch)
{
    if (!watch->is_ready)
        g_queue_push_tail_link(&watch->poll->ready, &watch->link);
    watch->is_ready = true;
}

/* --- the source ---------------------------------------------------------------------- */

static RpcWatch *
get_earliest(const RpcPoll *poll)
{
    GTreeNode *node = g_tree_node_first(poll->timers);

    return node ? g_tree_node_key(node) : NULL;
}

static bool
is_due(const RpcPoll *poll, gint64 now)
{
    const RpcWatch *earliest = get_earliest(poll);

    return poll->ready.length > 0 || (earliest && earliest->time <= now);
}

static gboolean
poll_prepare(GSource *source, int *timeout)
{
    const RpcPoll *poll = (RpcPoll *)source;
    const RpcWatch *earliest = get_earliest(poll);
    gint64 now = g_source_get_time(source);

    *timeout = earliest ? (int)CLAMP((earliest->time - now + 999) / 1000, 0, G_MAXINT) : -1;
    return is_due(poll, now);
}

static gboolean
poll_check(GSource *source)
{
    const RpcPoll *poll = (RpcPoll *)source;

    return g_source_query_unix_fd(source, poll->tag) || is_due(poll, g_source_get_time(source));
}

static void
take_events(RpcPoll *poll)
{
    struct epoll_event events[TURN_EVENTS];
    int n = epoll_wait(poll->fd, events, TURN_EVENTS, 0);

    for (int i = 0; i < n; i++) {
        RpcWatch *watch = events[i].data.ptr;

        watch->come |= (GIOCondition)events[i].events;
        set_ready(watch);
    }
}

static void
take_timers(RpcPoll *poll, gint64 now)
{
    RpcWatch *watch;

    while ((watch = get_earliest(poll)) && watch->time <= now) {
        g_tree_remove(poll->timers, watch);
        set_ready(watch);
    }
}

static gboolean
poll_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    RpcPoll *poll = (RpcPoll *)source;
    GList *link;

    take_events(poll);
    take_timers(poll, g_source_get_time(source));
    /* Those that get ready meanwhile come in the next turn. */
    for (guint n = poll->ready.length; n > 0 && (link = g_queue_pop_head_link(&poll->ready)); n--) {
        RpcWatch *watch = link->data;
        GIOCondition come = watch->come;

        watch->is_ready = false;
        watch->come = 0;
        watch->func(come, watch->user_data);
    }
    return G_SOURCE_CONTINUE;
}

static void
poll_finalize(GSource *source)
{
    RpcPoll *poll = (RpcPoll *)source;

    g_tree_unref(poll->timers);
    close(poll->fd);
}

static GSourceFuncs poll_funcs = {
    .prepare = poll_prepare,
    .check = poll_check,
    .dispatch = poll_dispatch,
    .finalize = poll_finalize,
};

static int
compare(gconstpointer a, gconstpointer b)
{
    const RpcWatch *first = a;
    const RpcWatch *second = b;

    if (first->time != second->time)
        return first->time < second->time ? -1 : 1;
    return first < second ? -1 : first > second;
}

RpcPoll *
rpc_poll_new(GMainContext *context)
{
    RpcPoll *poll = (RpcPoll *)g_source_new(&poll_funcs, sizeof(RpcPoll));

    poll->timers = g_tree_new(compare);
    poll->fd = epoll_create1(EPOLL_CLOEXEC);
    if (poll->fd < 0)
        g_error("cannot wait for connections: %s", g_strerror(errno));
    g_source_set_static_name(&poll->base, "rpc clients");
    /* Nothing recurses; but GLib takes a source that can't out of its poll for
     * each dispatch, which costs three system calls. */
    g_source_set_can_recurse(&poll->base, TRUE);
    poll->tag = g_source_add_unix_fd(&poll->base, poll->fd, G_IO_IN);
    g_source_attach(&poll->base, context);
    return poll;
}

void
rpc_poll_free(RpcPoll *poll)
{
    g_source_destroy(&poll->base);
    g_source_unref(&poll->base);
}

/* --- watches ------------------------------------------------------------------------- */

static void
control(RpcWatch *watch, int operation)
{
    struct epoll_event event = {.events = watch->condition, .data.ptr = watch};

    if (epoll_ctl(watch->poll->fd, operation, watch->fd, &event) < 0)
        g_critical("cannot wait for a connection: %s", g_strerror(errno));
}

RpcWatch *
rpc_watch_new(RpcPoll *poll, int fd, GIOCondition condition, RpcWatchFunc func, gpointer user_data)
{
    RpcWatch *watch = g_new0(RpcWatch, 1);

    watch->poll = poll;
    watch->fd = fd;
    watch->condition = condition;
    watch->func = func;
    watch->user_data = user_data;
    watch->time = -1;
    watch->link.data = watch;
    control(watch, EPOLL_CTL_ADD);
    return watch;
}

void
rpc_watch_free(RpcWatch *watch)
{
    if (!watch)
        return;
    /* Closing it is not enough: a child that libxl has forked may have it open for a moment. */
    control(watch, EPOLL_CTL_DEL);
    if (watch->time > 0)
        g_tree_remove(watch->poll->timers, watch);
    if (watch->is_ready)
        g_queue_unlink(&watch->poll->ready, &watch->link);
    g_free(watch);
}

void
rpc_watch_set_condition(RpcWatch *watch, GIOCondition condition)
{
    if (condition == watch->condition)
        return;
    watch->condition = condition;
    control(watch, EPOLL_CTL_MOD);
}

void
rpc_watch_set_time(RpcWatch *watch, gint64 time)
{
    if (watch->time > 0)
        g_tree_remove(watch->poll->timers, watch);
    watch->time = time;
    if (time > 0)
        g_tree_insert(watch->poll->timers, watch, NULL);
    else if (time == 0)
        set_ready(watch);
}

gint64
rpc_watch_get_time(const RpcWatch *watch)
{
    return watch->time;
}
