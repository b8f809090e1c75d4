/* Opens files that get what comes from a guest, in a thread: a disk, or the server of a
 * network file system, may hang.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* An open file. */
typedef struct {
    int fd;
    guint64 size;
    GBytes *tail; /* what was asked for; NULL: nothing */
} DiskFile;

/* Opens @path to be written to at its end. It may not be a link, a directory or a device;
 * it is made with mode 0600 if it is missing, and emptied unless @append. @tail_from: reads
 * what is there from this place on, but no more than one piece of a DiskWriter and a byte;
 * -1: nothing. Fills *@file, of which the caller owns what is in it. Blocks. Errors:
 * VIR_ERR_OPERATION_FAILED. */
bool disk_open(const char *path, bool append, gint64 tail_from, DiskFile *file, GError **error);

typedef struct DiskOpening DiskOpening;

/* @file->fd is the callee's; or @file is NULL, and @error says why. */
typedef void (*DiskOpenFunc)(const DiskFile *file, const GError *error, gpointer user_data);

/* The same without blocking: @func is called once, from the main loop; the opening is over
 * then. */
DiskOpening *disk_open_start(const char *path, bool append, gint64 tail_from, DiskOpenFunc func,
                             gpointer user_data);
/* @func won't be called. NULL is no error. */
void disk_open_cancel(DiskOpening *opening);
