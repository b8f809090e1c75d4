/* How it works: a Job is what a thread works with, and the thread's own until it has set
 * `done`; then the main loop takes the result. A writer that is freed before leaves its
 * job, file included, to the thread.
 *
 * The lock is the C library's, not GLib's, since ThreadSanitizer sees only that; and one
 * for all jobs, so that it sees how a new job comes to its thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/disk_writer.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "channel/host_open.h"

typedef struct {
    int fd;

    /* The main loop's. */
    guint references;   /* the writer's, and one for each on_done() that will come */
    DiskWriter *writer; /* NULL: freed */

    /* Under the lock. */
    pthread_cond_t changed;
    char *data; /* NULL between two pieces */
    gsize size;
    bool done;
    gsize written;
    int code;
    guint64 file_size;
} Job;

/* Never held for long. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct DiskWriter {
    Job *job;
    DiskWriterFunc func;
    gpointer user_data;
    bool busy; /* the job has been given to a thread, and its result not been taken */
};

static void
unref_job(Job *job)
{
    if (--job->references > 0)
        return;
    host_close(job->fd);
    pthread_cond_destroy(&job->changed);
    g_free(job);
}

/* Waits until @end, of the monotonic clock in microseconds. False if the thread is still at
 * work then. */
static bool
wait_done(Job *job, gint64 end, gsize *written, int *code)
{
    const struct timespec time = {end / G_USEC_PER_SEC, end % G_USEC_PER_SEC * 1000};
    bool done;

    pthread_mutex_lock(&lock);
    while (!job->done && g_get_monotonic_time() < end)
        pthread_cond_clockwait(&job->changed, &lock, CLOCK_MONOTONIC, &time);
    done = job->done;
    *written = done ? job->written : 0;
    *code = done ? job->code : 0;
    pthread_mutex_unlock(&lock);
    return done;
}

/* Takes the result, unless disk_writer_wait() has. Main loop. */
static gboolean
on_done(gpointer user_data)
{
    Job *job = user_data;
    DiskWriter *writer = job->writer;
    gsize written;
    int code;

    if (writer && writer->busy && wait_done(job, 0, &written, &code)) {
        writer->busy = false;
        writer->func(written, code, writer->user_data);
    }
    unref_job(job);
    return G_SOURCE_REMOVE;
}

/* Returns how many bytes were written; *@code says why not all, or is 0. */
static gsize
write_all(int fd, const char *data, gsize size, int *code)
{
    gsize written = 0;

    *code = 0;
    while (written < size) {
        gssize n = write(fd, data + written, size - written);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            *code = n < 0 ? errno : EIO;
            break;
        }
        written += (gsize)n;
    }
    return written;
}

static void
run_job(gpointer data, gpointer user_data)
{
    Job *job = data;
    g_autofree char *piece = NULL;
    struct stat info;
    gsize size;
    gsize written;
    int code;
    int fd;

    pthread_mutex_lock(&lock);
    fd = job->fd;
    piece = g_steal_pointer(&job->data);
    size = job->size;
    pthread_mutex_unlock(&lock);

    written = write_all(fd, piece, size, &code);
    if (fstat(fd, &info) < 0)
        info.st_size = 0;

    pthread_mutex_lock(&lock);
    job->written = written;
    job->code = code;
    job->file_size = (guint64)info.st_size;
    job->done = true;
    pthread_cond_signal(&job->changed);
    pthread_mutex_unlock(&lock);
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

DiskWriter *
disk_writer_new(int fd, DiskWriterFunc func, gpointer user_data)
{
    DiskWriter *writer = g_new0(DiskWriter, 1);

    writer->func = func;
    writer->user_data = user_data;
    writer->job = g_new0(Job, 1);
    writer->job->references = 1;
    writer->job->fd = fd;
    writer->job->writer = writer;
    pthread_cond_init(&writer->job->changed, NULL);
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

/* Returns a new copy of the first bytes of @iov. */
static char *
copy_piece(const struct iovec *iov, int n_iov, gsize *size)
{
    char *data = g_malloc(DISK_WRITER_MAX);

    *size = 0;
    for (int i = 0; i < n_iov; i++) {
        gsize n = MIN(iov[i].iov_len, DISK_WRITER_MAX - *size);

        memcpy(data + *size, iov[i].iov_base, n);
        *size += n;
    }
    return data;
}

void
disk_writer_start(DiskWriter *writer, const struct iovec *iov, int n_iov)
{
    Job *job = writer->job;
    char *data;
    gsize size;

    g_return_if_fail(!writer->busy);
    writer->busy = true;
    job->references++;
    data = copy_piece(iov, n_iov, &size);
    pthread_mutex_lock(&lock);
    job->data = data;
    job->size = size;
    job->done = false;
    pthread_mutex_unlock(&lock);
    g_thread_pool_push(get_threads(), job, NULL);
}

bool
disk_writer_is_busy(const DiskWriter *writer)
{
    return writer->busy;
}

guint64
disk_writer_get_file_size(const DiskWriter *writer)
{
    guint64 size;

    pthread_mutex_lock(&lock);
    size = writer->job->file_size;
    pthread_mutex_unlock(&lock);
    return size;
}

bool
disk_writer_wait(DiskWriter *writer, guint wait_ms, gsize *written)
{
    gint64 end = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    int code;
    bool done = wait_done(writer->job, end, written, &code);

    if (done)
        writer->busy = false;
    return done;
}
