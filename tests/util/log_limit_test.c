/* What is logged of something that happens all the time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util/log_limit.h"

static guint n_lines;
static char *last_line;

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    n_lines++;
    for (gsize i = 0; i < n_fields; i++) {
        if (g_str_equal(fields[i].key, "MESSAGE")) {
            g_free(last_line);
            last_line = g_strdup(fields[i].value);
        }
    }
    return G_LOG_WRITER_HANDLED;
}

static void
test_the_first_lines_are_all_there(void)
{
    LogLimit limit = {0};

    n_lines = 0;
    for (int i = 0; i < 1000; i++)
        log_limited(&limit, G_LOG_LEVEL_INFO, "number %d", i);
    g_assert_cmpuint(n_lines, >=, LOG_LIMIT_BURST);
    g_assert_cmpuint(n_lines, <, 2 * LOG_LIMIT_BURST);
}

static void
test_what_was_left_out_is_told(void)
{
    LogLimit limit = {0};

    for (int i = 0; i < LOG_LIMIT_BURST + 3; i++)
        log_limited(&limit, G_LOG_LEVEL_INFO, "again");
    limit.rate.paid_us = 0; /* time has passed */
    log_limited(&limit, G_LOG_LEVEL_INFO, "at last");
    g_assert_cmpstr(last_line, ==, "at last (3 lines like this were left out)");
    log_limited(&limit, G_LOG_LEVEL_INFO, "and on");
    g_assert_cmpstr(last_line, ==, "and on");
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    g_log_set_writer_func(write_log, NULL, NULL);
    g_test_add_func("/log-limit/first", test_the_first_lines_are_all_there);
    g_test_add_func("/log-limit/left-out", test_what_was_left_out_is_told);
    status = g_test_run();
    g_free(last_line);
    return status;
}
