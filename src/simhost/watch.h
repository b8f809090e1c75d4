/* Waiting for descriptors, thousands of them.
 *
 * The main loop polls one descriptor for all, an epoll's, so that what is idle
 * costs nothing. Main thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct SimWatch SimWatch;

/* @condition: what is so, G_IO_HUP and G_IO_ERR included. */
typedef void (*SimWatchFunc)(GIOCondition condition, gpointer user_data);

/* Waits for nothing yet. @fd stays the caller's and is closed after
 * sim_watch_free(). A callback may free any watch. */
SimWatch *sim_watch_new(int fd, SimWatchFunc func, gpointer user_data);
void sim_watch_free(SimWatch *watch);

/* From now on waits for @condition (G_IO_IN, G_IO_OUT) and for a hangup; for
 * nothing at all if it is 0. G_IO_HUP alone waits for a hangup only. */
void sim_watch_set(SimWatch *watch, GIOCondition condition);
