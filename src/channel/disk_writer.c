/* How it works: a Job is what a thread works with, and the thread's own until it has set
 * `done`; then the main loop takes the result. A writer that is freed before leaves its
 * job, file included, to the thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/disk_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"

typedef struct {
    gatomicrefcount references; /* the writer's, and the thread's while it works */
    int fd;
    gsize size;
    GMutex lock;
    GCond changed;
    bool done;
    gsize written;
    int code;
    DiskWriter *writer; /* the main loop's; NULL: freed */
    char *data;         /* NULL between two pieces */
} Job;

struct DiskWriter {
    Job *job;
    DiskWriterFunc func;
    gpointer user_data;
    bool busy; /* the job has been given to a thread, and its result not been taken */
};

static void
unref_job(Job *job)
{
    if (!g_atomic_ref_count_dec(&job->references))
        return;
    close(job->fd);
    g_mutex_clear(&job->lock);
    g_cond_clear(&job->changed);
    g_free(job->data);
    g_free(job);
}

static bool
is_done(Job *job)
{
    bool done;

    g_mutex_lock(&job->lock);
    done = job->done;
    g_mutex_unlock(&job->lock);
    return done;
}

/* Takes the result, unless disk_writer_wait() has. Main loop. */
static gboolean
on_done(gpointer user_data)
{
    Job *job = user_data;
    DiskWriter *writer = job->writer;

    if (writer && writer->busy && is_done(job)) {
        writer->busy = false;
        writer->func(job->written, job->code, writer->user_data);
    }
    unref_job(job);
    return G_SOURCE_REMOVE;
}

static void
write_all(Job *job)
{
    job->written = 0;
    job->code = 0;
    while (job->written < job->size) {
        gssize n = write(job->fd, job->data + job->written, job->size - job->written);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            job->code = n < 0 ? errno : EIO;
            return;
        }
        job->written += (gsize)n;
    }
}

/* Its reference is passed on to on_done(). */
static void
run_job(gpointer data, gpointer user_data)
{
    Job *job = data;

    write_all(job);
    g_clear_pointer(&job->data, g_free);
    g_mutex_lock(&job->lock);
    job->done = true;
    g_cond_signal(&job->changed);
    g_mutex_unlock(&job->lock);
    g_idle_add_full(G_PRIORITY_DEFAULT, on_done, job, NULL);
}

/* GLib's threads end by themselves when they have been idle for a while. */
static GThreadPool *
get_threads(void)
{
    static GThreadPool *threads;

    if (!threads)
        threads = g_thread_pool_new(run_job, NULL, -1, FALSE, NULL);
    return threads;
}

/* O_NONBLOCK: a FIFO would wait for a reader. */
static int
open_regular(const char *path, bool append, GError **error)
{
    int fd = open(
        path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat info;

    if (fd < 0 && (errno == ENXIO || errno == EISDIR || errno == ELOOP)) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no regular file"), path);
        return -1;
    }
    if (fd < 0 || fstat(fd, &info) < 0) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot open file '%s': %s"), path,
                         g_strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no regular file"), path);
    } else if (!append && ftruncate(fd, 0) < 0) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot empty file '%s': %s"), path,
                         g_strerror(errno));
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

DiskWriter *
disk_writer_new(const char *path, bool append, DiskWriterFunc func, gpointer user_data,
                GError **error)
{
    int fd = open_regular(path, append, error);
    DiskWriter *writer;

    if (fd < 0)
        return NULL;
    writer = g_new0(DiskWriter, 1);
    writer->func = func;
    writer->user_data = user_data;
    writer->job = g_new0(Job, 1);
    g_atomic_ref_count_init(&writer->job->references);
    writer->job->fd = fd;
    writer->job->writer = writer;
    g_mutex_init(&writer->job->lock);
    g_cond_init(&writer->job->changed);
    return writer;
}

void
disk_writer_free(DiskWriter *writer, guint wait_ms)
{
    gsize written;

    if (!writer)
        return;
    if (writer->busy && wait_ms > 0)
        disk_writer_wait(writer, wait_ms, &written);
    writer->job->writer = NULL;
    unref_job(writer->job);
    g_free(writer);
}

void
disk_writer_start(DiskWriter *writer, const struct iovec *iov, int n_iov)
{
    Job *job = writer->job;

    g_return_if_fail(!writer->busy);
    job->size = 0;
    job->done = false;
    job->data = g_malloc(DISK_WRITER_MAX);
    for (int i = 0; i < n_iov; i++) {
        gsize n = MIN(iov[i].iov_len, DISK_WRITER_MAX - job->size);

        memcpy(job->data + job->size, iov[i].iov_base, n);
        job->size += n;
    }
    writer->busy = true;
    g_atomic_ref_count_inc(&job->references);
    g_thread_pool_push(get_threads(), job, NULL);
}

bool
disk_writer_is_busy(const DiskWriter *writer)
{
    return writer->busy;
}

bool
disk_writer_wait(DiskWriter *writer, guint wait_ms, gsize *written)
{
    Job *job = writer->job;
    gint64 end = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    bool done;

    g_mutex_lock(&job->lock);
    while (!job->done && g_cond_wait_until(&job->changed, &job->lock, end))
        ;
    done = job->done;
    g_mutex_unlock(&job->lock);
    if (done)
        writer->busy = false;
    *written = done ? job->written : 0;
    return done;
}
