/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/socket_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"
#include "util/unix_socket.h"

/* Clients that wait in line. */
#define BACKLOG 64

/* Sets the error for errno at @path; always false. */
static bool
fail(GError **error, const char *path)
{
    return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot listen at '%s': %s"), path,
                            g_strerror(errno));
}

bool
socket_path_get_address(const char *path, struct sockaddr_un *address, GError **error)
{
    gsize length = strlen(path);

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length >= sizeof(address->sun_path))
        return virtxl_error_set(
            error, VIR_ERR_OPERATION_FAILED,
            _("the path of socket '%s' has %zu bytes, at most %zu are possible"), path, length,
            sizeof(address->sun_path) - 1);
    memcpy(address->sun_path, path, length);
    return true;
}

static int
make_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int
open_node(const char *path)
{
    return open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Of the socket of which @node is an O_PATH descriptor. */
static bool
is_served(int node)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", node);

    return unix_socket_is_served(path);
}

/* Removes what is at @path if it is @expected. Returns whether it was; errno is ESTALE if
 * something else is there. */
static bool
remove_exactly(const char *path, const struct stat *expected)
{
    g_autofree char *aside = g_strdup_printf("%s.%08x", path, g_random_int());
    struct stat found;

    if (renameat2(AT_FDCWD, path, AT_FDCWD, aside, RENAME_NOREPLACE) < 0)
        return false;
    if (lstat(aside, &found) == 0 && is_same_file(&found, expected))
        return unlink(aside) == 0;
    if (renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
        g_warning("'%s' was moved to '%s' and can't be moved back: %s", path, aside,
                  g_strerror(errno));
    errno = ESTALE;
    return false;
}

static bool
remove_stale(int node, const char *path, GError **error)
{
    struct stat info;

    if (fstat(node, &info) < 0)
        return fail(error, path);
    if (!S_ISSOCK(info.st_mode))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("cannot listen at '%s': what is there is no socket"), path);
    if (is_served(node))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("cannot listen at '%s': another process listens there"), path);
    return remove_exactly(path, &info) || errno == ENOENT || fail(error, path);
}

/* Makes sure that nothing is at @path, or says what is. */
static bool
clear_path(const char *path, GError **error)
{
    int node = open_node(path);
    bool ok;

    if (node < 0)
        return errno == ENOENT || fail(error, path);
    ok = remove_stale(node, path, error);
    close(node);
    return ok;
}

static bool
make_directory_of(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    mode_t mask = umask(022); /* others are to reach the socket */
    bool ok = file_make_directory(directory, 0755, error);
    struct stat info;

    umask(mask);
    if (!ok)
        return false;
    if (stat(directory, &info) == 0 &&
        (info.st_mode & (S_IWGRP | S_IWOTH) || (info.st_uid != 0 && info.st_uid != geteuid())))
        g_message("others than root can change what is in directory '%s', in which a channel's "
                  "socket is made",
                  directory);
    return true;
}

/* Does @node, opened just after bind(), look like what that has made? */
static bool
looks_made(int node, struct stat *info)
{
    if (fstat(node, info) < 0)
        return false;
    errno = ESTALE;
    return S_ISSOCK(info->st_mode) && info->st_uid == geteuid() && info->st_nlink == 1 &&
           (info->st_mode & 07077) == 0;
}

static bool
set_permissions(int node, mode_t permissions, gid_t group)
{
    char name[64];

    if (group != (gid_t)-1 && fchownat(node, "", (uid_t)-1, group, AT_EMPTY_PATH) < 0)
        return false;
    /* fchmod() does not work on such a descriptor. */
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", node);
    return chmod(name, permissions & 0777) == 0;
}

static bool
listen_bound(int fd, const char *path, mode_t permissions, gid_t group, SocketPath *made,
             GError **error)
{
    struct stat info;
    int node = open_node(path);
    bool ok = false;

    if (node >= 0 && looks_made(node, &info)) {
        *made = (SocketPath){g_strdup(path), info.st_dev, info.st_ino};
        ok = set_permissions(node, permissions, group) && listen(fd, BACKLOG) == 0;
    }
    if (!ok)
        fail(error, path);
    if (node >= 0)
        close(node);
    if (!ok)
        socket_path_remove(made);
    return ok;
}

int
socket_path_listen(const char *path, mode_t permissions, gid_t group, SocketPath *made,
                   GError **error)
{
    struct sockaddr_un address;
    int fd;

    *made = (SocketPath){0};
    if (!socket_path_get_address(path, &address, error) || !make_directory_of(path, error) ||
        !clear_path(path, error))
        return -1;
    fd = make_socket();
    /* bind() gives the file the mode of the socket, less the umask. */
    if (fd < 0 || fchmod(fd, permissions & 0700) < 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        fail(error, path);
    else if (listen_bound(fd, path, permissions, group, made, error))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

bool
socket_path_adopt(int fd, const char *path, SocketPath *made)
{
    struct sockaddr_un address = {0};
    socklen_t size = sizeof(address) - 1;
    int listening = 0;
    socklen_t listening_size = sizeof(listening);
    struct stat info;

    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 || address.sun_family != AF_UNIX ||
        strcmp(address.sun_path, path) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listening_size) < 0 || !listening ||
        lstat(path, &info) < 0 || !S_ISSOCK(info.st_mode))
        return false;
    *made = (SocketPath){g_strdup(path), info.st_dev, info.st_ino};
    return true;
}

void
socket_path_remove(SocketPath *made)
{
    const struct stat expected = {.st_dev = made->device, .st_ino = made->inode};
    struct stat found;

    /* The first look only spares others' files from being moved to and fro. */
    if (made->path && lstat(made->path, &found) == 0 && is_same_file(&found, &expected) &&
        !remove_exactly(made->path, &expected) && errno != ENOENT)
        g_warning("can't remove socket '%s': %s", made->path, g_strerror(errno));
    socket_path_clear(made);
}

void
socket_path_clear(SocketPath *made)
{
    g_free(made->path);
    *made = (SocketPath){0};
}
