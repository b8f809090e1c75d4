/* How it works: each opening has a thread of its own, so that those that hang keep nothing
 * else waiting, and comes back by one Handover for all. A cancelled one is left to its thread
 * and closed when it comes back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/disk_open.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/disk_writer.h"
#include "util/error.h"
#include "util/handover.h"
#include "util/i18n.h"

struct DiskOpening {
    char *path;
    bool append;
    DiskOpenFunc func; /* NULL: cancelled; the main loop's, as user_data */
    gpointer user_data;
    Handover *opened; /* where it goes when it is done */
    gint64 tail_from;
    DiskFile file;
    GError *error; /* or NULL, and there is a file */
};

static void
opening_free(gpointer data)
{
    DiskOpening *opening = data;

    g_clear_error(&opening->error);
    g_clear_pointer(&opening->file.tail, g_bytes_unref);
    g_free(opening->path);
    g_free(opening);
}

static void
on_opened(gpointer item, gpointer user_data)
{
    DiskOpening *opening = item;

    if (opening->func)
        opening->func(opening->error ? NULL : &opening->file, opening->error, opening->user_data);
    else if (!opening->error)
        close(opening->file.fd);
}

static gpointer
run_opening(gpointer data)
{
    DiskOpening *opening = data;

    disk_open(opening->path, opening->append, opening->tail_from, &opening->file, &opening->error);
    handover_push(opening->opened, opening);
    return NULL;
}

DiskOpening *
disk_open_start(const char *path, bool append, gint64 tail_from, DiskOpenFunc func,
                gpointer user_data)
{
    static Handover *opened;
    DiskOpening *opening = g_new0(DiskOpening, 1);

    if (!opened)
        opened = handover_new(on_opened, opening_free, NULL);
    opening->path = g_strdup(path);
    opening->append = append;
    opening->tail_from = tail_from;
    opening->func = func;
    opening->user_data = user_data;
    opening->opened = opened;
    g_thread_unref(g_thread_new("open", run_opening, opening));
    return opening;
}

void
disk_open_cancel(DiskOpening *opening)
{
    if (opening)
        opening->func = NULL;
}

/* Returns whether it can be used, or sets the error. */
static bool
check_file(int fd, const char *path, bool append, GError **error)
{
    struct stat info;

    if (fd < 0 && (errno == ENXIO || errno == EISDIR || errno == ELOOP))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no regular file"),
                                path);
    if (fd < 0 || fstat(fd, &info) < 0)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot open file '%s': %s"),
                                path, g_strerror(errno));
    if (!S_ISREG(info.st_mode))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no regular file"),
                                path);
    if (!append && ftruncate(fd, 0) < 0)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot empty file '%s': %s"),
                                path, g_strerror(errno));
    return true;
}

static GBytes *
read_tail(int fd, gint64 from)
{
    gsize size = DISK_WRITER_MAX + 1;
    g_autofree char *data = g_malloc(size);
    gssize n = pread(fd, data, size, from);

    return n > 0 ? g_bytes_new(data, (gsize)n) : NULL;
}

static guint64
get_size(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 ? (guint64)info.st_size : 0;
}

/* O_NONBLOCK: a FIFO would wait for a reader. */
bool
disk_open(const char *path, bool append, gint64 tail_from, DiskFile *file, GError **error)
{
    int fd = open(
        path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);

    if (!check_file(fd, path, append, error)) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    *file = (DiskFile){.fd = fd, .size = get_size(fd)};
    if (tail_from >= 0)
        file->tail = read_tail(fd, tail_from);
    return true;
}
