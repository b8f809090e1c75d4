/* A file that gets a copy of what comes from the guest (<log file=.../>).
 *
 * A thread writes it, since a disk may be slow; what waits for the thread is
 * bounded, and the caller takes from the guest only what there is room for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/uio.h>

typedef struct LogFile LogFile;

/* Takes over @fd, the file @path as host_open.h opens it. @room is called in the main loop
 * when there is room again after there was not enough. */
LogFile *log_file_new(const char *path, int fd, void (*room)(gpointer user_data),
                      gpointer user_data);
/* Writes what waits, and closes. If the disk hangs it is given up after @wait_ms. */
void log_file_free(LogFile *log, guint wait_ms);

gsize log_file_get_room(const LogFile *log);
/* @size: at most the room. A disk that is full loses what comes then, with one
 * warning; the channel goes on. */
void log_file_write(LogFile *log, const void *data, gsize size);
