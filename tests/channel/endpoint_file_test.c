/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint_fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void
set_content(const Stage *stage, const char *content)
{
    g_assert_true(g_file_set_contents(stage->path, content, -1, NULL));
}

static void
a_file_gets_what_the_guest_sends(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_FILE);
    GStatBuf info;

    set_content(stage, "old");
    stage_open(stage);
    g_assert_true(endpoint_is_connected(stage->endpoint));
    stage_expect_content(stage, "");
    stage_send(stage, "from ", 5);
    stage_wait(stage, stage_has_sent);
    stage_expect_content(stage, "from ");
    stage_send(stage, "the guest", 9);
    stage_wait(stage, stage_has_sent);
    stage_expect_content(stage, "from the guest");
    g_assert_cmpint(g_stat(stage->path, &info), ==, 0);
}

static void
a_new_file_is_the_owners_alone(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_FILE);
    GStatBuf info;

    stage_open(stage);
    g_assert_cmpint(g_stat(stage->path, &info), ==, 0);
    g_assert_cmpuint(info.st_mode & 0777, ==, 0600);
}

static void
it_is_appended_to_where_that_is_asked_for(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_FILE);

    set_content(stage, "old, ");
    stage->source.append = true;
    stage_open(stage);
    stage_send(stage, "new", 3);
    stage_wait(stage, stage_has_sent);
    stage_expect_content(stage, "old, new");
}

static void
a_channel_that_goes_on_does_not_empty_it(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_FILE);

    set_content(stage, "before, ");
    stage_open_resumed(stage);
    stage_send(stage, "after", 5);
    stage_wait(stage, stage_has_sent);
    stage_expect_content(stage, "before, after");
}

static void
much_is_written_in_pieces(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_FILE);
    g_autofree char *text = g_strnfill(1000000, 'x');

    for (int i = 0; i < 1000000; i++)
        text[i] = (char)('a' + i % 23);
    stage_open(stage);
    stage_send(stage, text, 1000000);
    stage_wait(stage, stage_has_sent);
    stage_expect_content(stage, text);
}

static void
what_has_begun_can_be_waited_for(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_FILE);
    const struct iovec iov = {(void *)"begun", 5};

    stage_open(stage);
    g_assert_cmpuint(endpoint_write(stage->endpoint, &iov, 1), ==, 0);
    g_assert_cmpuint(endpoint_settle(stage->endpoint, PATIENCE_S * 1000), ==, 5);
    stage_expect_content(stage, "begun");
    g_clear_pointer(&stage->endpoint, endpoint_abandon);
    stage_expect_content(stage, "begun");
}

static void
links_and_others_are_refused(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_FILE);
    g_autofree char *target = g_build_filename(stage->directory, "target", NULL);
    g_autofree char *for_link = NULL;
    g_autofree char *for_directory = NULL;
    g_autofree char *for_fifo = NULL;

    g_assert_true(g_file_set_contents(target, "precious", -1, NULL));
    g_assert_cmpint(symlink(target, stage->path), ==, 0);
    for_link = stage_open_in_vain(stage);
    g_assert_nonnull(strstr(for_link, "no regular file"));
    g_unlink(stage->path);
    g_mkdir(stage->path, 0700);
    for_directory = stage_open_in_vain(stage);
    g_assert_nonnull(strstr(for_directory, "no regular file"));
    g_rmdir(stage->path);
    g_assert_cmpint(mkfifo(stage->path, 0600), ==, 0);
    for_fifo = stage_open_in_vain(stage);
    g_assert_nonnull(strstr(for_fifo, "no regular file"));
}

/* What a process may write to a file stands for a disk. */
static void
set_disk_size(rlim_t size)
{
    struct rlimit limit;

    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = MIN(size, limit.rlim_max);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void
a_full_disk_holds_up_and_loses_nothing(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_FILE);

    stage_open(stage);
    (void)signal(SIGXFSZ, SIG_IGN);
    set_disk_size(4);
    stage_send(stage, "0123456789", 10);
    stage_expect_warning("can't write file");
    g_assert_cmpuint(stage_count_turns(), <, 50);
    set_disk_size(RLIM_INFINITY);
    stage_wait(stage, stage_has_sent);
    stage_expect_content(stage, "0123456789");
}

static void
null_takes_all_and_gives_nothing(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_NULL);

    stage->source.path = NULL;
    stage_open(stage);
    g_assert_true(endpoint_is_connected(stage->endpoint));
    stage_send(stage, "gone", 4);
    stage_wait(stage, stage_has_sent);
    g_assert_cmpuint(stage->input->len, ==, 0);
    stage_rest(20);
    g_assert_cmpuint(stage_count_turns(), <, 10);
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add_func("/endpoint-file/" #name, name)
    ADD(a_file_gets_what_the_guest_sends);
    ADD(a_new_file_is_the_owners_alone);
    ADD(it_is_appended_to_where_that_is_asked_for);
    ADD(a_channel_that_goes_on_does_not_empty_it);
    ADD(much_is_written_in_pieces);
    ADD(what_has_begun_can_be_waited_for);
    ADD(links_and_others_are_refused);
    ADD(a_full_disk_holds_up_and_loses_nothing);
    ADD(null_takes_all_and_gives_nothing);
    return g_test_run();
}
