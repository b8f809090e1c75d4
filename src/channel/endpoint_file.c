/* An endpoint that is a regular file, or a device that is like one, which gets what comes from
 * the guest. A thread writes it, piece by piece. A disk that is full, or fails, holds the guest's
 * bytes up: it is tried again once a second.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/disk_writer.h"
#include "channel/endpoint_private.h"

#define RETRY_MS 1000

typedef struct {
    Endpoint base;
    char *path;
    DiskWriter *writer;
    gsize written; /* of the piece before, not told to the caller yet */
    guint64 size;  /* of the file, without what has not been told */
    bool failing;  /* there was a warning */
    guint retry_timer;
} FileEndpoint;

static void
update_ready(FileEndpoint *file)
{
    endpoint_set_always_ready(&file->base, file->base.want_output && !file->retry_timer &&
                                               !disk_writer_is_busy(file->writer));
}

static gboolean
on_retry(gpointer user_data)
{
    FileEndpoint *file = user_data;

    file->retry_timer = 0;
    update_ready(file);
    return G_SOURCE_REMOVE;
}

static void
on_written(gsize written, int code, gpointer user_data)
{
    FileEndpoint *file = user_data;

    file->written = written;
    if (code != 0 && !file->failing)
        g_warning("%s: can't write file '%s': %s; what comes from the guest waits",
                  file->base.label, file->path, g_strerror(code));
    file->failing = code != 0;
    if (code != 0 && written == 0)
        file->retry_timer = g_timeout_add(RETRY_MS, on_retry, file);
    update_ready(file);
}

static bool
file_open(Endpoint *endpoint, const ChannelSource *source, const EndpointContext *context,
          GError **error)
{
    FileEndpoint *file = (FileEndpoint *)endpoint;

    file->path = g_strdup(source->path);
    file->size = context->file->size;
    file->writer = disk_writer_new(context->file->fd, on_written, file);
    return true;
}

static void
file_close(Endpoint *endpoint, bool forget)
{
    FileEndpoint *file = (FileEndpoint *)endpoint;

    disk_writer_free(file->writer, 0);
    if (file->retry_timer)
        g_source_remove(file->retry_timer);
    g_free(file->path);
}

static void
file_want(Endpoint *endpoint)
{
    update_ready((FileEndpoint *)endpoint);
}

static gsize
file_read(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    return 0;
}

static gsize
file_write(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    FileEndpoint *file = (FileEndpoint *)endpoint;
    gsize written = file->written;

    if (disk_writer_is_busy(file->writer) || file->retry_timer)
        return 0;
    file->written = 0;
    if (written == 0)
        disk_writer_start(file->writer, iov, n_iov);
    else
        file->size = disk_writer_get_file_size(file->writer);
    update_ready(file);
    return written;
}

static guint64
file_get_file_size(const Endpoint *endpoint)
{
    return ((const FileEndpoint *)endpoint)->size;
}

static gsize
file_settle(Endpoint *endpoint, guint wait_ms)
{
    FileEndpoint *file = (FileEndpoint *)endpoint;
    gsize written = file->written;

    file->written = 0;
    if (disk_writer_is_busy(file->writer) && !disk_writer_wait(file->writer, wait_ms, &written))
        g_warning("%s: file '%s': the disk hangs; its last bytes may come twice", endpoint->label,
                  file->path);
    return written;
}

const EndpointOps endpoint_file_ops = {
    .size = sizeof(FileEndpoint),
    .open = file_open,
    .close = file_close,
    .want = file_want,
    .read = file_read,
    .write = file_write,
    .settle = file_settle,
    .get_file_size = file_get_file_size,
};
