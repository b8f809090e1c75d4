/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/socket_path.h"

#include "endpoint_fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Only the stage's directory and path are used. */
static Stage *
stage_new_empty(void)
{
    return stage_new(CHANNEL_SOURCE_UNIX);
}

static int
listen_at(const char *path, SocketPath *made)
{
    g_autoptr(GError) error = NULL;
    int fd = socket_path_listen(path, 0660, (gid_t)-1, made, &error);

    g_assert_no_error(error);
    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static void
close_and_remove(int fd, SocketPath *made)
{
    socket_path_remove(made);
    close(fd);
}

static void
expect_refusal(const char *path, const char *reason)
{
    g_autoptr(GError) error = NULL;
    SocketPath made;
    GStatBuf before;
    GStatBuf after;
    bool is_there = g_lstat(path, &before) == 0;

    g_assert_cmpint(socket_path_listen(path, 0600, (gid_t)-1, &made, &error), ==, -1);
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, path));
    if (!strstr(error->message, reason))
        g_error("'%s' is not in '%s'", reason, error->message);
    if (is_there) {
        g_assert_cmpint(g_lstat(path, &after), ==, 0);
        g_assert_cmpuint(before.st_ino, ==, after.st_ino);
    }
}

/* How many names are in the directory. */
static guint
count_names(const Stage *stage)
{
    g_autoptr(GDir) directory = g_dir_open(stage->directory, 0, NULL);
    guint n = 0;

    while (g_dir_read_name(directory))
        n++;
    return n;
}

static void
it_has_the_permissions_that_were_asked_for(void)
{
    g_autoptr(Stage) stage = stage_new_empty();
    mode_t mask = umask(077);
    SocketPath made;
    int fd = listen_at(stage->path, &made);
    GStatBuf info;

    g_assert_cmpint(g_lstat(stage->path, &info), ==, 0);
    g_assert_true(S_ISSOCK(info.st_mode));
    g_assert_cmpuint(info.st_mode & 07777, ==, 0660);
    umask(mask);
    close(client_connect_unix(stage->path));
    close_and_remove(fd, &made);
}

static void
it_has_the_group_that_was_asked_for(void)
{
    g_autoptr(Stage) stage = stage_new_empty();
    g_autoptr(GError) error = NULL;
    SocketPath made;
    GStatBuf info;
    int fd;

    if (geteuid() != 0) {
        g_test_skip("only root can give a file to any group");
        return;
    }
    fd = socket_path_listen(stage->path, 0660, 4711, &made, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_lstat(stage->path, &info), ==, 0);
    g_assert_cmpuint(info.st_gid, ==, 4711);
    g_assert_cmpuint(info.st_mode & 07777, ==, 0660);
    close_and_remove(fd, &made);
}

static void
a_directory_that_is_missing_is_made(void)
{
    g_autoptr(Stage) stage = stage_new_empty();
    g_autofree char *path = g_build_filename(stage->directory, "a", "b", "socket", NULL);
    SocketPath made;

    close_and_remove(listen_at(path, &made), &made);
}

static void
a_stale_socket_is_replaced(void)
{
    g_autoptr(Stage) stage = stage_new_empty();
    SocketPath made;
    int fd;

    close(client_listen_unix(stage->path));
    fd = listen_at(stage->path, &made);
    close(client_connect_unix(stage->path));
    g_assert_cmpuint(count_names(stage), ==, 1);
    close_and_remove(fd, &made);
    g_assert_cmpuint(count_names(stage), ==, 0);
}

static void
a_live_socket_is_refused(void)
{
    g_autoptr(Stage) stage = stage_new_empty();
    int other = client_listen_unix(stage->path);

    expect_refusal(stage->path, "another process");
    close(client_connect_unix(stage->path));
    close(other);
}

static void
a_file_is_refused(void)
{
    g_autoptr(Stage) stage = stage_new_empty();

    g_assert_true(g_file_set_contents(stage->path, "mine", -1, NULL));
    expect_refusal(stage->path, "no socket");
}

static void
a_directory_is_refused(void)
{
    g_autoptr(Stage) stage = stage_new_empty();

    g_assert_cmpint(g_mkdir(stage->path, 0700), ==, 0);
    expect_refusal(stage->path, "no socket");
}

static void
a_link_is_refused_wherever_it_leads(void)
{
    g_autoptr(Stage) stage = stage_new_empty();
    g_autofree char *stale = g_build_filename(stage->directory, "stale", NULL);

    g_assert_cmpint(symlink(stale, stage->path), ==, 0);
    expect_refusal(stage->path, "no socket");
    close(client_listen_unix(stale));
    expect_refusal(stage->path, "no socket");
    g_assert_cmpuint(count_names(stage), ==, 2);
}

static void
a_path_that_is_too_long_is_refused(void)
{
    g_autofree char *longest = g_strdup_printf("/%0106d", 0);
    g_autofree char *too_long = g_strdup_printf("/%0107d", 0);
    struct sockaddr_un address;

    g_assert_true(socket_path_get_address(longest, &address, NULL));
    expect_refusal(too_long, "107");
}

static void
what_somebody_has_put_there_meanwhile_is_not_removed(void)
{
    g_autoptr(Stage) stage = stage_new_empty();
    SocketPath made;
    int fd = listen_at(stage->path, &made);
    int other;

    g_assert_cmpint(g_unlink(stage->path), ==, 0);
    other = client_listen_unix(stage->path);
    close_and_remove(fd, &made);
    close(client_connect_unix(stage->path));
    close(other);
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add_func("/socket-path/" #name, name)
    ADD(it_has_the_permissions_that_were_asked_for);
    ADD(it_has_the_group_that_was_asked_for);
    ADD(a_directory_that_is_missing_is_made);
    ADD(a_stale_socket_is_replaced);
    ADD(a_live_socket_is_refused);
    ADD(a_file_is_refused);
    ADD(a_directory_is_refused);
    ADD(a_link_is_refused_wherever_it_leads);
    ADD(a_path_that_is_too_long_is_refused);
    ADD(what_somebody_has_put_there_meanwhile_is_not_removed);
    return g_test_run();
}
