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

#include "util/error.h"
#include "util/handover.h"
#include "util/i18n.h"

struct DiskOpening {
    char *path;
    bool append;
    DiskOpenFunc func; /* NULL: cancelled; the main loop's, as user_data */
    gpointer user_data;
    Handover *opened; /* where it goes when it is done */
    int fd;
    GError *error;
};

static void
opening_free(gpointer data)
{
    DiskOpening *opening = data;

    g_clear_error(&opening->error);
    g_free(opening->path);
    g_free(opening);
}

static void
on_opened(gpointer item, gpointer user_data)
{
    DiskOpening *opening = item;

    if (opening->func)
        opening->func(opening->fd, opening->error, opening->user_data);
    else if (opening->fd >= 0)
        close(opening->fd);
}

static gpointer
run_opening(gpointer data)
{
    DiskOpening *opening = data;

    opening->fd = disk_open(opening->path, opening->append, &opening->error);
    handover_push(opening->opened, opening);
    return NULL;
}

DiskOpening *
disk_open_start(const char *path, bool append, DiskOpenFunc func, gpointer user_data)
{
    static Handover *opened;
    DiskOpening *opening = g_new0(DiskOpening, 1);

    if (!opened)
        opened = handover_new(on_opened, opening_free, NULL);
    opening->path = g_strdup(path);
    opening->append = append;
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

/* O_NONBLOCK: a FIFO would wait for a reader. */
int
disk_open(const char *path, bool append, GError **error)
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
