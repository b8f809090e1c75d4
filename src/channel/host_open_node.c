/* FIFOs and character devices.
 *
 * A pipe is, as QEMU has it, two FIFOs, PATH.in for the guest and PATH.out from it, or where
 * one of those is missing PATH itself for both. PATH.in is opened for reading and
 * writing, so that it does not end when a writer goes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/host_open_kinds.h"
#include "channel/terminal.h"
#include "util/error.h"
#include "util/i18n.h"

/* O_NONBLOCK: a terminal would wait for its carrier. */
static int
open_kind(const char *path, int flags, mode_t kind)
{
    int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat info;

    if (fd < 0)
        return -1;
    if (fstat(fd, &info) == 0 && (info.st_mode & S_IFMT) == kind)
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

static bool
is_fifo(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISFIFO(info.st_mode);
}

/* A writing end can only be opened while there is a reading end: we have one until then. */
static int
open_writing_end(const char *path)
{
    int both = open_kind(path, O_RDWR, S_IFIFO);
    int fd;

    if (both < 0)
        return -1;
    fd = open_kind(path, O_WRONLY, S_IFIFO);
    close(both);
    return fd;
}

static bool
fail(const char *path, const char *kind, GError **error)
{
    if (errno == EINVAL)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no %s"), path, kind);
    return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot open '%s': %s"), path,
                            g_strerror(errno));
}

static bool
open_pair(const char *in_path, const char *out_path, HostFile *file, GError **error)
{
    file->fd = open_kind(in_path, O_RDWR, S_IFIFO);
    if (file->fd < 0)
        return fail(in_path, _("FIFO"), error);
    file->output = open_writing_end(out_path);
    return file->output >= 0 || fail(out_path, _("FIFO"), error);
}

bool
host_open_pipe(const HostOpenRequest *request, HostFile *file, GError **error)
{
    g_autofree char *in_path = g_strconcat(request->path, ".in", NULL);
    g_autofree char *out_path = g_strconcat(request->path, ".out", NULL);

    if (is_fifo(in_path) && is_fifo(out_path))
        return open_pair(in_path, out_path, file, error);
    file->fd = open_kind(request->path, O_RDWR, S_IFIFO);
    return file->fd >= 0 || fail(request->path, _("FIFO"), error);
}

/* --- devices --------------------------------------------------------------------- */

static bool
can_poll(int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    bool can = epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;

    if (epoll >= 0)
        close(epoll);
    return can;
}

/* Nothing can tell when one that can't be polled is ready: whoever writes it waits. */
static bool
have_it_wait(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0;
}

bool
host_open_device(const HostOpenRequest *request, HostFile *file, GError **error)
{
    file->fd = open_kind(request->path, O_RDWR, S_IFCHR);
    if (file->fd < 0)
        return fail(request->path, _("character device"), error);
    if (isatty(file->fd) && !terminal_make_raw(file->fd))
        return fail(request->path, _("terminal"), error);
    file->can_poll = can_poll(file->fd);
    return file->can_poll || have_it_wait(file->fd) ||
           fail(request->path, _("character device"), error);
}
