/* Opens files that get what comes from a guest, in a thread: a disk, or the server of a
 * network file system, may hang.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Opens @path to be written to at its end. It may not be a link, a directory or a device;
 * it is made with mode 0600 if it is missing, and emptied unless @append. Returns a
 * descriptor, or -1. Blocks. Errors: VIR_ERR_OPERATION_FAILED. */
int disk_open(const char *path, bool append, GError **error);

typedef struct DiskOpening DiskOpening;

/* @fd is the callee's; or it is -1, and @error (not the callee's) says why. */
typedef void (*DiskOpenFunc)(int fd, const GError *error, gpointer user_data);

/* The same without blocking: @func is called once, from the main loop; the opening is over
 * then. */
DiskOpening *disk_open_start(const char *path, bool append, DiskOpenFunc func, gpointer user_data);
/* @func won't be called. NULL is no error. */
void disk_open_cancel(DiskOpening *opening);
