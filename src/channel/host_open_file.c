/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/disk_writer.h"
#include "channel/host_open_kinds.h"
#include "util/error.h"
#include "util/i18n.h"

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
host_open_file(const HostOpenRequest *request, HostFile *file, GError **error)
{
    file->fd =
        open(request->path,
             O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
    if (!check_file(file->fd, request->path, request->append, error))
        return false;
    file->size = get_size(file->fd);
    if (request->tail_from >= 0)
        file->tail = read_tail(file->fd, request->tail_from);
    return true;
}
