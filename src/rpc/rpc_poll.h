/* Waits for many connections in one source of the main loop.
 *
 * GLib looks at every source, and polls every descriptor, in each turn of the loop: a thousand
 * clients that say nothing would make each call of another one fifty times as expensive. So the
 * clients of a server are one source, on an epoll descriptor, and each has a watch: what is to
 * be waited for, and until when.
 *
 * Main thread only, or that of the context.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct RpcPoll RpcPoll;
typedef struct RpcWatch RpcWatch;

/* @condition: what has come; 0 if it is only time. May free its watch, and others. */
typedef void (*RpcWatchFunc)(GIOCondition condition, gpointer user_data);

/* A source of @context. Freed after its watches. */
RpcPoll *rpc_poll_new(GMainContext *context);
void rpc_poll_free(RpcPoll *poll);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcPoll, rpc_poll_free)

/* Calls @func, once in a turn of the loop at most, while @condition is true of @fd, or it is
 * broken (G_IO_HUP, G_IO_ERR); in no order, and all get their turn. Freed before @fd is closed. */
RpcWatch *rpc_watch_new(RpcPoll *poll, int fd, GIOCondition condition, RpcWatchFunc func,
                        gpointer user_data);
void rpc_watch_free(RpcWatch *watch);

void rpc_watch_set_condition(RpcWatch *watch, GIOCondition condition);
/* Calls it also at @time, of g_get_monotonic_time(), once; 0: in the next turn, -1: not. */
void rpc_watch_set_time(RpcWatch *watch, gint64 time);
/* What was set last, even if it has passed; -1 at the begin. */
gint64 rpc_watch_get_time(const RpcWatch *watch);
