/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"

static void
leave_starter(int close_fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    /* Who it tells how it is, is another's manager. */
    g_unsetenv("NOTIFY_SOCKET");
    dup2(null, STDIN_FILENO);
    close(null);
    close(close_fd);
    if (chdir("/") < 0)
        perror("/");
}

bool
detach_process(int *ready, int *status)
{
    int ends[2];
    sigset_t none;
    char byte;
    pid_t child = -1;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    *status = EXIT_FAILURE;
    if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
        perror(g_get_prgname());
        return false;
    }
    if (child == 0) {
        leave_starter(ends[0]);
        *ready = ends[1];
        return true;
    }
    close(ends[1]);
    if (read(ends[0], &byte, 1) == 1)
        *status = EXIT_SUCCESS;
    return false;
}

void
detach_ready(int ready)
{
    if (ready < 0)
        return;
    if (write(ready, "r", 1) < 0)
        g_warning("whoever started us has gone");
    close(ready);
}

bool
detach_redirect_output(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    int fd;

    if (!file_make_directory(directory, 0755, error))
        return false;
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot open '%s': %s"), path,
                                g_strerror(errno));
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
    return true;
}
