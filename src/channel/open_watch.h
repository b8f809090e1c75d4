/* Tells when somebody opens a file: a terminal's slave, or a FIFO.
 *
 * The other end of such a file learns by poll(2) that its last user has gone, but not that
 * one has come. inotify(7) tells that; one descriptor of it serves all. Where
 * it can't be had (there are limits), a timer looks once in a while.
 *
 * Main thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct OpenWatch OpenWatch;

/* @func is called when @path may have been opened. It may free the watch. */
OpenWatch *open_watch_new(const char *path, void (*func)(gpointer user_data), gpointer user_data);
void open_watch_free(OpenWatch *watch);
