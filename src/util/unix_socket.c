/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
unix_socket_connect(const char *path, int type_flags)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int saved;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | type_flags, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* A non-blocking connect to a listener whose queue is full fails with EAGAIN. */
bool
unix_socket_is_served(const char *path)
{
    int fd = unix_socket_connect(path, SOCK_NONBLOCK);

    if (fd < 0)
        return errno != ECONNREFUSED;
    close(fd);
    return true;
}
