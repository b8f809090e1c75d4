/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/log_file.h"

#include "channel/disk_writer.h"

/* What waits for the disk, at most. */
#define MAX_WAITING (256 * 1024)

struct LogFile {
    char *path;
    DiskWriter *writer;
    GByteArray *waiting; /* the first `writing` bytes are the thread's */
    gsize writing;
    void (*room)(gpointer user_data);
    gpointer user_data;
    bool failing; /* there was a warning */
};

static void
start(LogFile *log)
{
    const struct iovec iov = {log->waiting->data, MIN(log->waiting->len, DISK_WRITER_MAX)};

    if (iov.iov_len == 0 || disk_writer_is_busy(log->writer))
        return;
    log->writing = iov.iov_len;
    disk_writer_start(log->writer, &iov, 1);
}

/* Whether it has been written or lost: it is over. */
static void
drop_piece(LogFile *log)
{
    g_byte_array_remove_range(log->waiting, 0, (guint)log->writing);
    log->writing = 0;
}

static void
on_written(gsize written, int code, gpointer user_data)
{
    LogFile *log = user_data;
    /* The caller may have had more than there was room for. */
    bool was_scarce = log_file_get_room(log) < MAX_WAITING / 2;

    if (code != 0 && !log->failing)
        g_warning("can't write log file '%s': %s; what comes now is not logged", log->path,
                  g_strerror(code));
    log->failing = code != 0;
    drop_piece(log);
    start(log);
    if (was_scarce)
        log->room(log->user_data);
}

LogFile *
log_file_new(const char *path, int fd, void (*room)(gpointer user_data), gpointer user_data)
{
    LogFile *log = g_new0(LogFile, 1);

    log->writer = disk_writer_new(fd, on_written, log);
    log->path = g_strdup(path);
    log->waiting = g_byte_array_new();
    log->room = room;
    log->user_data = user_data;
    return log;
}

/* False if the disk took longer than until @end. */
static bool
flush(LogFile *log, gint64 end)
{
    gsize written;

    do {
        gint64 left_ms = MAX(end - g_get_monotonic_time(), 0) / 1000;

        if (disk_writer_is_busy(log->writer)) {
            if (!disk_writer_wait(log->writer, (guint)left_ms, &written))
                return false;
            drop_piece(log);
        }
        start(log);
    } while (log->waiting->len > 0);
    return true;
}

void
log_file_free(LogFile *log, guint wait_ms)
{
    if (!log)
        return;
    if (!flush(log, g_get_monotonic_time() + (gint64)wait_ms * 1000))
        g_warning("log file '%s': the disk hangs, its last %u bytes may be missing", log->path,
                  log->waiting->len);
    disk_writer_free(log->writer, 0);
    g_byte_array_unref(log->waiting);
    g_free(log->path);
    g_free(log);
}

gsize
log_file_get_room(const LogFile *log)
{
    return MAX_WAITING - log->waiting->len;
}

void
log_file_write(LogFile *log, const void *data, gsize size)
{
    g_return_if_fail(size <= log_file_get_room(log));
    g_byte_array_append(log->waiting, data, (guint)size);
    start(log);
}
