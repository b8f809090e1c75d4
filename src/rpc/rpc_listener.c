/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_listener.h"

#include "util/error.h"
#include "util/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Clients that wait to be accepted. */
#define BACKLOG 1024

/* Sets the error for errno at @path; always false. */
static bool
fail(GError **error, const char *path)
{
    return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("listening at '%s': %s"), path,
                            g_strerror(errno));
}

static bool
make_address(const char *path, struct sockaddr_un *address, GError **error)
{
    if (strlen(path) >= sizeof(address->sun_path)) {
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR,
                                _("listening at '%s': a socket's path has at most %zu bytes"), path,
                                sizeof(address->sun_path) - 1);
    }
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, strlen(path) + 1);
    return true;
}

static int
make_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Does nobody listen at @address? A full queue of a living listener gives EAGAIN. */
static bool
is_dead(const struct sockaddr_un *address)
{
    int fd = make_socket();
    bool dead;

    if (fd < 0)
        return false;
    dead = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
           errno == ECONNREFUSED;
    close(fd);
    return dead;
}

/* Makes sure that nothing is at the address, or says what is. */
static bool
clear_path(const struct sockaddr_un *address, GError **error)
{
    struct stat info;

    if (lstat(address->sun_path, &info) < 0)
        return errno == ENOENT || fail(error, address->sun_path);
    if (!S_ISSOCK(info.st_mode))
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR,
                                _("listening at '%s': something that is no socket is there"),
                                address->sun_path);
    if (!is_dead(address))
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR,
                                _("listening at '%s': another process listens there"),
                                address->sun_path);
    return unlink(address->sun_path) == 0 || errno == ENOENT || fail(error, address->sun_path);
}

/* Gives the bound file its group and mode; before listen() nobody can connect. */
static bool
set_permissions(const char *path, mode_t mode, gid_t group, GError **error)
{
    if (group != (gid_t)-1 && lchown(path, (uid_t)-1, group) < 0)
        return fail(error, path);
    return chmod(path, mode) == 0 || fail(error, path);
}

static bool
listen_bound(int fd, const char *path, mode_t mode, gid_t group, RpcSocketFile *file,
             GError **error)
{
    struct stat info;

    if (lstat(path, &info) < 0)
        return fail(error, path);
    if (!set_permissions(path, mode, group, error))
        return false;
    if (listen(fd, BACKLOG) < 0)
        return fail(error, path);
    *file = (RpcSocketFile){
        .path = g_strdup(path),
        .device = info.st_dev,
        .inode = info.st_ino,
    };
    return true;
}

int
rpc_socket_listen(const char *path, mode_t mode, gid_t group, RpcSocketFile *file, GError **error)
{
    struct sockaddr_un address;
    int fd;

    if (!make_address(path, &address, error) || !clear_path(&address, error))
        return -1;
    fd = make_socket();
    if (fd < 0) {
        fail(error, path);
        return -1;
    }
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        fail(error, path);
    } else if (listen_bound(fd, path, mode, group, file, error)) {
        return fd;
    } else {
        unlink(path);
    }
    close(fd);
    return -1;
}

void
rpc_socket_file_remove(const RpcSocketFile *file)
{
    struct stat info;

    if (!file->path || lstat(file->path, &info) < 0)
        return;
    if (info.st_dev == file->device && info.st_ino == file->inode)
        unlink(file->path);
}

void
rpc_socket_file_clear(RpcSocketFile *file)
{
    g_clear_pointer(&file->path, g_free);
}

static bool
has_option(int fd, int option, int expected)
{
    int value;
    socklen_t size = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == expected;
}

bool
rpc_socket_adopt(int fd, GError **error)
{
    if (!has_option(fd, SO_DOMAIN, AF_UNIX) || !has_option(fd, SO_TYPE, SOCK_STREAM) ||
        !has_option(fd, SO_ACCEPTCONN, 1))
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR,
                                _("descriptor %d is no listening UNIX stream socket"), fd);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("descriptor %d: %s"), fd,
                                g_strerror(errno));
    return true;
}
