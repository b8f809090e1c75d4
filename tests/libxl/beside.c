/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "beside.h"

#include <string.h>

static char *
get_path(const char *path, const char *ending)
{
    g_autofree char *stem = g_strndup(path, (gsize)(strrchr(path, '.') - path));

    return g_strconcat(stem, ending, NULL);
}

char *
beside_read(const char *path, const char *ending)
{
    g_autofree char *beside = get_path(path, ending);
    char *text = NULL;

    g_file_get_contents(beside, &text, NULL, NULL);
    return text;
}

void
beside_write(const char *path, const char *ending, const char *text)
{
    g_autofree char *beside = get_path(path, ending);

    g_assert_true(g_file_set_contents(beside, text, -1, NULL));
}
