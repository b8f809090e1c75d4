/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/script.h"

#include <string.h>

#include "util/error.h"

#define SH(text) ((const char *const[]){"/bin/sh", "-c", text, NULL})

static void
test_output_is_what_it_has_written(void)
{
    g_autofree char *output = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(script_run(SH("tr a-z A-Z"), "all of it", &output, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(output, ==, "ALL OF IT");
}

static void
test_input_that_is_not_read_does_not_matter(void)
{
    g_autofree char *input = g_strnfill(1024 * 1024, 'x');
    g_autofree char *output = NULL;

    g_assert_true(script_run(SH("exit 0"), input, &output, NULL));
    g_assert_cmpstr(output, ==, "");
}

static void
test_a_failure_tells_how_and_why(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"exit 7", "'/bin/sh': exit status 7"},
        {"echo because >&2; exit 1", "'/bin/sh': exit status 1: because"},
        {"kill -TERM $$", "'/bin/sh': ended by signal 15"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(script_run(SH(cases[i].text), "", NULL, &error));
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_HOOK_SCRIPT_FAILED);
        g_assert_cmpstr(error->message, ==, cases[i].message);
    }
}

static void
test_of_a_long_complaint_the_end_is_told(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(
        script_run(SH("yes | head -c 100000 >&2; echo the end >&2; exit 1"), "", NULL, &error));
    g_assert_true(g_str_has_suffix(error->message, "the end"));
    g_assert_cmpuint(strlen(error->message), <, 2000);
}

static void
test_what_is_not_there_is_an_error(void)
{
    static const char *const argv[] = {"/nowhere/at-all", NULL};
    g_autoptr(GError) error = NULL;

    g_assert_false(script_run(argv, "", NULL, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_HOOK_SCRIPT_FAILED);
}

/* With what it has started: both would write for ever. */
static void
test_who_writes_without_end_is_ended(void)
{
    const char *const cases[] = {"yes", "yes >&2", "yes & wait", "yes; exit 0"};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *output = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_false(script_run(SH(cases[i]), "", &output, &error));
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_HOOK_SCRIPT_FAILED);
        g_assert_cmpstr(error->message, ==, "'/bin/sh': more than 16777216 bytes of output");
        g_assert_null(output);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/script/output-is-what-it-has-written", test_output_is_what_it_has_written);
    g_test_add_func("/script/input-that-is-not-read-does-not-matter",
                    test_input_that_is_not_read_does_not_matter);
    g_test_add_func("/script/a-failure-tells-how-and-why", test_a_failure_tells_how_and_why);
    g_test_add_func("/script/of-a-long-complaint-the-end-is-told",
                    test_of_a_long_complaint_the_end_is_told);
    g_test_add_func("/script/who-writes-without-end-is-ended",
                    test_who_writes_without_end_is_ended);
    g_test_add_func("/script/what-is-not-there-is-an-error", test_what_is_not_there_is_an_error);
    return g_test_run();
}
