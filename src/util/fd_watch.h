/* Waiting for descriptors, thousands of them.
 *
 * The main loop polls one descriptor for all, an epoll's, so that what is idle
 * costs nothing. Main thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct FdWatch FdWatch;

/* @condition: what is so, G_IO_HUP and G_IO_ERR included. */
typedef void (*FdWatchFunc)(GIOCondition condition, gpointer user_data);

/* Waits for nothing yet. @fd stays the caller's and is closed after
 * fd_watch_free(). A callback may free any watch. */
FdWatch *fd_watch_new(int fd, FdWatchFunc func, gpointer user_data);
void fd_watch_free(FdWatch *watch);

/* From now on waits for @condition (G_IO_IN, G_IO_OUT) and for a hangup; for
 * nothing at all if it is 0. G_IO_HUP alone waits for a hangup only. */
void fd_watch_set(FdWatch *watch, GIOCondition condition);
