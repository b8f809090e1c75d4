/* Appends to files in threads, since a disk may be slow, or hang.
 *
 * One piece of data of one file is written at a time. Each file that is being written to
 * has a thread for that time, so that a disk that hangs stops nobody else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/uio.h>

/* At most so many bytes are one piece. */
#define DISK_WRITER_MAX (64 * 1024)

typedef struct DiskWriter DiskWriter;

/* @written bytes of the piece are on the file; if that is not all, the rest failed with
 * errno @code. Called from the main loop; may start the next piece, or free the writer. */
typedef void (*DiskWriterFunc)(gsize written, int code, gpointer user_data);

/* Takes over @fd, a regular file that is appended to, or a device (host_open.h). */
DiskWriter *disk_writer_new(int fd, DiskWriterFunc func, gpointer user_data);
/* Closes it, after the piece that is being written. Waits at most @wait_ms for that;
 * afterwards it is left to the thread. @func is not called any more. */
void disk_writer_free(DiskWriter *writer, guint wait_ms);

/* Begins to write a copy of @iov's first bytes, DISK_WRITER_MAX at most. It must not be
 * busy. */
void disk_writer_start(DiskWriter *writer, const struct iovec *iov, int n_iov);
bool disk_writer_is_busy(const DiskWriter *writer);
/* The file's size after the last piece. */
guint64 disk_writer_get_file_size(const DiskWriter *writer);
/* Waits at most @wait_ms; then it is not busy, and *@written says how much of the piece is
 * on the file. False if it took longer. @func is not called for that piece. */
bool disk_writer_wait(DiskWriter *writer, guint wait_ms, gsize *written);
