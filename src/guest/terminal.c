/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

static int
set_raw(int fd)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) < 0)
        return -1;
    cfmakeraw(&settings);
    settings.c_cflag |= CREAD | CLOCAL;
    return tcsetattr(fd, TCSANOW, &settings);
}

int
terminal_open_raw(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0 && set_raw(fd) < 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int
terminal_wait(int fd, int signal_fd)
{
    /* What there is to read is not for us. */
    struct pollfd fds[] = {{fd, 0, 0}, {signal_fd, POLLIN, 0}};

    for (;;) {
        if (poll(fds, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        if (fds[0].revents)
            return 1;
        if (fds[1].revents)
            return 0;
    }
}
