/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/channeld_socket.h"

#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/error.h"

/* A socket at which the test itself is virtxl-channeld. */
typedef struct {
    char *root;
    char *path;
    int listener;
    GThread *thread;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autofree char *directory = NULL;

    fixture->root = g_dir_make_tmp("virtxl-channeld-XXXXXX", NULL);
    fixture->path = channeld_socket_get_path(fixture->root);
    directory = g_path_get_dirname(fixture->path);
    g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
    fixture->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    g_strlcpy(address.sun_path, fixture->path, sizeof(address.sun_path));
    g_assert_cmpint(bind(fixture->listener, (const struct sockaddr *)&address, sizeof(address)), ==,
                    0);
    g_assert_cmpint(listen(fixture->listener, 1), ==, 0);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *virtxl = g_path_get_dirname(fixture->path);
    g_autofree char *run = g_path_get_dirname(virtxl);

    if (fixture->thread)
        g_thread_join(fixture->thread);
    close(fixture->listener);
    g_unlink(fixture->path);
    g_rmdir(virtxl);
    g_rmdir(run);
    g_rmdir(fixture->root);
    g_free(fixture->path);
    g_free(fixture->root);
}

/* Writes two pieces, and reads until the other side has closed if it is to @hang. */
static void
answer(const Fixture *fixture, bool hangs)
{
    int fd = accept(fixture->listener, NULL, NULL);
    char byte;

    g_assert_cmpint(send(fd, "{\"channels\":", 12, 0), ==, 12);
    if (hangs)
        g_assert_cmpint(recv(fd, &byte, 1, 0), <=, 0);
    else
        g_assert_cmpint(send(fd, "[]}", 3, 0), ==, 3);
    close(fd);
}

static gpointer
run_answer(gpointer data)
{
    answer(data, false);
    return NULL;
}

static gpointer
run_half_an_answer(gpointer data)
{
    answer(data, true);
    return NULL;
}

static void
all_of_an_answer_is_read(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    fixture->thread = g_thread_new("answer", run_answer, fixture);
    text = channeld_socket_ask(fixture->path, G_MAXINT / 2, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, "{\"channels\":[]}");
}

static void
an_answer_that_does_not_end_is_given_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fixture->thread = g_thread_new("half", run_half_an_answer, fixture);
    g_assert_null(channeld_socket_ask(fixture->path, 200, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_TIMEOUT);
}

/* It listens and accepts nobody, as a process does that is stopped. */
static void
who_does_not_accept_is_given_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(channeld_socket_ask(fixture->path, 10, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_OPERATION_TIMEOUT);
}

static void
nobody_is_there(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    close(fixture->listener);
    fixture->listener = -1;
    g_assert_null(channeld_socket_ask(fixture->path, 10, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_NO_CONNECT);
    g_assert_nonnull(strstr(error->message, "systemctl start virtxl-channeld"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/channeld-socket/answer", Fixture, NULL, set_up, all_of_an_answer_is_read,
               tear_down);
    g_test_add("/channeld-socket/half", Fixture, NULL, set_up,
               an_answer_that_does_not_end_is_given_up, tear_down);
    g_test_add("/channeld-socket/hangs", Fixture, NULL, set_up, who_does_not_accept_is_given_up,
               tear_down);
    g_test_add("/channeld-socket/nobody", Fixture, NULL, set_up, nobody_is_there, tear_down);
    return g_test_run();
}
