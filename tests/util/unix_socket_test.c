/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/unix_socket.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
only_a_listener_serves(void)
{
    g_autofree char *directory = g_dir_make_tmp("virtxl-socket-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "socket", NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int clients[8];

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_false(unix_socket_is_served(path));
    g_assert_cmpint(listen(fd, 1), ==, 0);
    g_assert_true(unix_socket_is_served(path));
    /* also one that has its hands full */
    for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
        clients[i] = unix_socket_connect(path, SOCK_NONBLOCK);
    g_assert_cmpint(clients[7], ==, -1);
    g_assert_true(unix_socket_is_served(path));
    for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
        if (clients[i] >= 0)
            close(clients[i]);
    close(fd);
    g_assert_false(unix_socket_is_served(path));
    g_unlink(path);
    g_rmdir(directory);
}

static void
a_path_that_is_too_long_has_no_socket(void)
{
    g_autofree char *path = g_strnfill(200, 'x');

    g_assert_cmpint(unix_socket_connect(path, 0), ==, -1);
    g_assert_cmpint(errno, ==, ENAMETOOLONG);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unix-socket/served", only_a_listener_serves);
    g_test_add_func("/unix-socket/too-long", a_path_that_is_too_long_has_no_socket);
    return g_test_run();
}
