/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/host_open.h"

#include "endpoint_fixture.h"
#include "hanging_open.h"

#include <string.h>
#include <unistd.h>

/* Only the stage's directory is used. */
typedef struct {
    Stage *stage;
    GPtrArray *paths; /* that have come back, in that order */
} Fixture;

/* One that has been begun. */
typedef struct {
    Fixture *fixture;
    char *path;
    HostOpening *opening;
} Try;

static void
set_up(Fixture *f, gconstpointer unused)
{
    f->stage = stage_new(CHANNEL_SOURCE_NULL);
    f->paths = g_ptr_array_new_with_free_func(g_free);
}

static void
tear_down(Fixture *f, gconstpointer unused)
{
    stage_free(f->stage);
    g_ptr_array_unref(f->paths);
}

static void
on_opened(const HostFile *file, const GError *error, gpointer user_data)
{
    Try *try = user_data;

    g_assert_no_error(error);
    close(file->fd);
    g_ptr_array_add(try->fixture->paths, try->path);
    g_free(try);
}

static Try *
begin(Fixture *f, const char *name)
{
    Try *try = g_new0(Try, 1);
    HostOpenRequest request = {HOST_OPEN_FILE, NULL, true, -1};

    try->fixture = f;
    request.path = try->path = g_build_filename(f->stage->directory, name, NULL);
    try->opening = host_open_start(&request, on_opened, try);
    return try;
}

static void
cancel(Try *try)
{
    host_open_cancel(try->opening);
    g_free(try->path);
    g_free(try);
}

static void
wait_opened(const Fixture *f, guint n)
{
    while (f->paths->len < n)
        g_main_context_iteration(NULL, TRUE);
}

static void
wait_hanging(guint n)
{
    while (hanging_open_count() != n)
        g_usleep(1000);
}

static bool
is_opened(const Fixture *f, guint i, const char *name)
{
    return g_str_has_suffix(f->paths->pdata[i], name);
}

static void
others_are_opened_while_one_hangs(Fixture *f, gconstpointer unused)
{
    hanging_open_begin("hangs");
    begin(f, "hangs");
    wait_hanging(1);
    begin(f, "one");
    begin(f, "two");
    wait_opened(f, 2);
    g_assert_false(is_opened(f, 0, "hangs") || is_opened(f, 1, "hangs"));
    hanging_open_end();
    wait_opened(f, 3);
    g_assert_true(is_opened(f, 2, "hangs"));
}

static void
not_too_many_hang_at_the_same_time(Fixture *f, gconstpointer unused)
{
    hanging_open_begin("hangs");
    for (guint i = 0; i < HOST_OPEN_THREADS + 10; i++)
        begin(f, "hangs");
    wait_hanging(HOST_OPEN_THREADS);
    stage_rest(50);
    g_assert_cmpuint(hanging_open_count(), ==, HOST_OPEN_THREADS);
    hanging_open_end();
    wait_opened(f, HOST_OPEN_THREADS + 10);
}

/* Does this process have it open? */
static bool
is_open(const Fixture *f, const char *name)
{
    g_autofree char *path = g_build_filename(f->stage->directory, name, NULL);
    g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
    const char *fd;

    while ((fd = g_dir_read_name(directory))) {
        g_autofree char *link = g_build_filename("/proc/self/fd", fd, NULL);
        g_autofree char *target = g_file_read_link(link, NULL);

        if (g_strcmp0(target, path) == 0)
            return true;
    }
    return false;
}

static void
what_a_cancelled_one_opens_is_closed(Fixture *f, gconstpointer unused)
{
    Try *try;

    hanging_open_begin("hangs");
    try = begin(f, "hangs");
    wait_hanging(1);
    cancel(try);
    hanging_open_end();
    while (!is_open(f, "hangs"))
        g_usleep(1000);
    while (is_open(f, "hangs"))
        g_main_context_iteration(NULL, FALSE);
    g_assert_cmpuint(f->paths->len, ==, 0);
}

static void
one_that_is_cancelled_in_time_makes_no_file(Fixture *f, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(f->stage->directory, "late", NULL);

    hanging_open_begin("hangs");
    for (guint i = 0; i < HOST_OPEN_THREADS; i++)
        begin(f, "hangs");
    wait_hanging(HOST_OPEN_THREADS);
    cancel(begin(f, "late"));
    hanging_open_end();
    wait_opened(f, HOST_OPEN_THREADS);
    begin(f, "last");
    wait_opened(f, HOST_OPEN_THREADS + 1);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add("/host-open/" #name, Fixture, NULL, set_up, name, tear_down)
    ADD(others_are_opened_while_one_hangs);
    ADD(not_too_many_hang_at_the_same_time);
    ADD(what_a_cancelled_one_opens_is_closed);
    ADD(one_that_is_cancelled_in_time_makes_no_file);
    return g_test_run();
}
