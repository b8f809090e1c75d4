/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpuset_conf.h"

#include <libvirt/virterror.h>

#include "util/error.h"
#include "util/i18n.h"

static void
set_cpu(GByteArray *set, guint64 cpu, bool value)
{
    static const guint8 zero;

    while (set->len <= cpu / 8)
        g_byte_array_append(set, &zero, 1);
    if (value)
        set->data[cpu / 8] |= (guint8)(1U << (cpu % 8));
    else
        set->data[cpu / 8] &= (guint8) ~(1U << (cpu % 8));
}

/* "3", "0-7", "^2": sets or clears bits of @set. */
static bool
parse_range(const char *text, GByteArray *set)
{
    bool value = *text != '^';
    g_auto(GStrv) ends = g_strsplit(value ? text : text + 1, "-", 2);
    guint64 first, last;

    if (!ends[0] || !g_ascii_string_to_unsigned(ends[0], 10, 0, CPUSET_CPUS_MAX - 1, &first, NULL))
        return false;
    last = first;
    if (ends[1] && (!value || !g_ascii_string_to_unsigned(ends[1], 10, first, CPUSET_CPUS_MAX - 1,
                                                          &last, NULL)))
        return false;
    for (guint64 cpu = first; cpu <= last; cpu++)
        set_cpu(set, cpu, value);
    return true;
}

GByteArray *
cpuset_parse(const char *text)
{
    g_auto(GStrv) ranges = g_strsplit(text, ",", -1);
    g_autoptr(GByteArray) set = g_byte_array_new();

    if (!*ranges)
        return NULL;
    for (char **range = ranges; *range; range++) {
        if (!parse_range(g_strstrip(*range), set))
            return NULL;
    }
    while (set->len > 0 && set->data[set->len - 1] == 0)
        g_byte_array_set_size(set, set->len - 1);
    return g_steal_pointer(&set);
}

static bool
has_cpu(const guint8 *bits, gsize size, gsize cpu)
{
    return cpu / 8 < size && (bits[cpu / 8] >> (cpu % 8) & 1);
}

char *
cpuset_format(const guint8 *bits, gsize size)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize first = 0; first < size * 8; first++) {
        gsize last = first;

        if (!has_cpu(bits, size, first))
            continue;
        while (has_cpu(bits, size, last + 1))
            last++;
        g_string_append_printf(text, "%s%zu", text->len ? "," : "", first);
        if (last > first)
            g_string_append_printf(text, "-%zu", last);
        first = last;
    }
    return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

char *
cpuset_tidy(const char *text, GError **error)
{
    g_autoptr(GByteArray) set = cpuset_parse(text);
    char *tidy;

    if (!set) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("Failed to parse bitmap '%s'"), text);
        return NULL;
    }
    tidy = cpuset_format(set->data, set->len);
    if (!tidy)
        virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED, _("Invalid value of 'cpuset': %s"),
                         text);
    return tidy;
}
