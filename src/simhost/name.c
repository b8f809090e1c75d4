/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/name.h"

#include <string.h>

static bool
is_safe(guchar c)
{
    return c >= 0x20 && c != 0x7f && c != '/' && c != '%';
}

char *
sim_name_encode(const char *name, bool (*is_reserved)(const char *name))
{
    GString *encoded = g_string_new(NULL);
    bool hide_first =
        g_str_equal(name, ".") || g_str_equal(name, "..") || (is_reserved && is_reserved(name));

    for (const char *at = name; *at; at++) {
        if (is_safe((guchar)*at) && !(hide_first && at == name))
            g_string_append_c(encoded, *at);
        else
            g_string_append_printf(encoded, "%%%02X", (guchar)*at);
    }
    return g_string_free(encoded, FALSE);
}
