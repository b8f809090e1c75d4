/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/log_file.h"

#include "endpoint_fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "channel/host_open.h"

/* Only the stage's directory and path are used. */
static guint n_room_calls;

static void
on_room(gpointer user_data)
{
    n_room_calls++;
}

static LogFile *
open_log(const Stage *stage, bool append)
{
    g_autoptr(GError) error = NULL;
    const HostOpenRequest request = {HOST_OPEN_FILE, stage->path, append, -1};
    HostFile file;
    LogFile *log;

    host_open(&request, &file, &error);
    g_assert_no_error(error);
    log = log_file_new(stage->path, file.fd, on_room, NULL);
    n_room_calls = 0;
    return log;
}

static void
all_that_was_written_is_there_in_the_end(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_NULL);
    g_autofree char *text = g_strnfill(200000, 'x');
    LogFile *log = open_log(stage, false);
    GStatBuf info;

    g_assert_cmpint(g_stat(stage->path, &info), ==, 0);
    g_assert_cmpuint(info.st_mode & 0777, ==, 0600);
    for (int i = 0; i < 200000; i++)
        text[i] = (char)('a' + i % 17);
    for (int i = 0; i < 200000; i += 1000)
        log_file_write(log, text + i, 1000);
    log_file_free(log, PATIENCE_S * 1000);
    stage_expect_content(stage, text);
}

static void
it_is_emptied_or_appended_to(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_NULL);
    LogFile *log;

    g_assert_true(g_file_set_contents(stage->path, "old, ", -1, NULL));
    log = open_log(stage, true);
    log_file_write(log, "new", 3);
    log_file_free(log, PATIENCE_S * 1000);
    stage_expect_content(stage, "old, new");
    log_file_free(open_log(stage, false), 0);
    stage_expect_content(stage, "");
}

static bool
has_room_again(const Stage *stage)
{
    return n_room_calls > 0;
}

static void
room_is_bounded_and_comes_back(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_NULL);
    g_autofree char *text = g_strnfill(1024 * 1024, 'x');
    LogFile *log = open_log(stage, false);
    gsize room = log_file_get_room(log);

    g_assert_cmpuint(room, <=, 1024 * 1024);
    log_file_write(log, text, room);
    g_assert_cmpuint(log_file_get_room(log), ==, 0);
    stage_wait(stage, has_room_again);
    g_assert_cmpuint(log_file_get_room(log), >, 0);
    log_file_free(log, PATIENCE_S * 1000);
    text[room] = '\0';
    stage_expect_content(stage, text);
}

static void
a_full_disk_loses_what_comes_with_one_warning(void)
{
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_NULL);
    LogFile *log = open_log(stage, false);
    struct rlimit limit;

    (void)signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = 4;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    log_file_write(log, "01234567", 8);
    stage_expect_warning("can't write log file");
    log_file_write(log, "lost", 4);
    stage_rest(100);
    limit.rlim_cur = limit.rlim_max;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    log_file_write(log, "kept", 4);
    log_file_free(log, PATIENCE_S * 1000);
    stage_expect_content(stage, "0123kept");
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add_func("/log-file/" #name, name)
    ADD(all_that_was_written_is_there_in_the_end);
    ADD(it_is_emptied_or_appended_to);
    ADD(room_is_bounded_and_comes_back);
    ADD(a_full_disk_loses_what_comes_with_one_warning);
    return g_test_run();
}
