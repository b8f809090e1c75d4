/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/log_subject.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *directory;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->directory = g_dir_make_tmp("virtxl-log-XXXXXX", NULL);
    log_subject_set_directory(fixture->directory);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GDir) directory = g_dir_open(fixture->directory, 0, NULL);
    const char *name;

    log_subject_end();
    log_subject_set_directory(NULL);
    while ((name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(fixture->directory, name, NULL);

        g_unlink(path);
    }
    g_rmdir(fixture->directory);
    g_free(fixture->directory);
}

/* NULL: there is no such file. */
static char *
read_file(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->directory, name, NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static gpointer
write_elsewhere(gpointer data)
{
    log_subject_write("of another thread\n");
    return NULL;
}

static void
test_lines_are_in_the_file_of_what_they_are_about(Fixture *fixture, gconstpointer data)
{
    g_autofree char *a = NULL;
    g_autofree char *b = NULL;

    log_subject_write("of nothing\n");
    log_subject_begin("a");
    log_subject_write("one\n");
    g_thread_join(g_thread_new("elsewhere", write_elsewhere, NULL));
    log_subject_begin("b");
    log_subject_write("two\n");
    log_subject_begin("a");
    log_subject_write("three\n");
    log_subject_end();
    log_subject_write("of nothing\n");
    a = read_file(fixture, "a.log");
    b = read_file(fixture, "b.log");
    g_assert_cmpstr(a, ==, "one\nthree\n");
    g_assert_cmpstr(b, ==, "two\n");
}

static void
test_no_name_leads_out_of_the_directory(Fixture *fixture, gconstpointer data)
{
    g_autofree char *text = NULL;

    log_subject_begin("../out");
    log_subject_write("one\n");
    text = read_file(fixture, "../out.log");
    g_assert_null(text);
}

static void
test_a_file_does_not_grow_for_ever(Fixture *fixture, gconstpointer data)
{
    g_autofree char *line = g_strnfill(64 * 1024, 'x');
    g_autofree char *now = NULL;
    g_autofree char *before = NULL;

    log_subject_begin("a");
    for (guint i = 0; i < 40; i++)
        log_subject_write(line);
    log_subject_write("the last\n");
    now = read_file(fixture, "a.log");
    before = read_file(fixture, "a.log.0");
    g_assert_true(g_str_has_suffix(now, "the last\n"));
    g_assert_cmpuint(strlen(now), <, 1024 * 1024);
    g_assert_cmpuint(strlen(before), >=, 1024 * 1024);
    g_assert_cmpuint(strlen(before), <=, 1024 * 1024 + 64 * 1024);
}

#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/log-subject/lines-are-in-the-file-of-what-they-are-about",
        test_lines_are_in_the_file_of_what_they_are_about);
    ADD("/log-subject/no-name-leads-out-of-the-directory", test_no_name_leads_out_of_the_directory);
    ADD("/log-subject/a-file-does-not-grow-for-ever", test_a_file_does_not_grow_for_ever);
    return g_test_run();
}
