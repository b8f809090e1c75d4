/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/log.h"

#include "util/log_subject.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of GLogLevelFlags, where a greater number means less important. */
static gint least_important = G_LOG_LEVEL_INFO;

static const char *
find_field(const GLogField *fields, gsize n_fields, const char *key)
{
    for (gsize i = 0; i < n_fields; i++) {
        if (strcmp(fields[i].key, key) == 0 && fields[i].length < 0)
            return fields[i].value;
    }
    return NULL;
}

static const char *
get_level_name(GLogLevelFlags level)
{
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return "error";
    if (level & G_LOG_LEVEL_WARNING)
        return "warning";
    if (level & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO))
        return "info";
    return "debug";
}

static char *
format_line(GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
    const char *message = find_field(fields, n_fields, "MESSAGE");
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%F %T");

    return g_strdup_printf("%s.%03d+0000: %d: %s: %s\n", time,
                           g_date_time_get_microsecond(now) / 1000, getpid(), get_level_name(level),
                           message ? message : "");
}

/* One write a line, so that lines of threads don't mix. */
static void
write_line(const char *line)
{
    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return; /* there is nobody left to tell */
}

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    GLogLevelFlags importance = level & (GLogLevelFlags)G_LOG_LEVEL_MASK;
    bool is_dropped = (gint)importance > g_atomic_int_get(&least_important);
    g_autofree char *line = NULL;

    if (is_dropped && importance > G_LOG_LEVEL_INFO)
        return G_LOG_WRITER_HANDLED;
    line = format_line(level, fields, n_fields);
    log_subject_write(line);
    if (is_dropped)
        return G_LOG_WRITER_HANDLED;
    if (GPOINTER_TO_INT(user_data))
        return g_log_writer_journald(level, fields, n_fields, NULL);
    write_line(line);
    return G_LOG_WRITER_HANDLED;
}

void
log_start(void)
{
    gboolean is_journal = g_log_writer_is_journald(STDERR_FILENO);

    g_log_set_writer_func(write_log, GINT_TO_POINTER(is_journal), NULL);
}

void
log_set_level(guint level)
{
    static const GLogLevelFlags least[] = {
        G_LOG_LEVEL_DEBUG,
        G_LOG_LEVEL_INFO,
        G_LOG_LEVEL_WARNING,
        G_LOG_LEVEL_CRITICAL,
    };

    g_return_if_fail(level >= 1 && level <= G_N_ELEMENTS(least));
    g_atomic_int_set(&least_important, (gint)least[level - 1]);
}
