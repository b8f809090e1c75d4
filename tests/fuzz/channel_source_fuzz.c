/* Whatever is in xenstore: nodes that make a source of a channel are a fixed point:
 * written, read and written again they are the same, and what they say keeps the
 * limits of channel_source.h.
 *
 * The input is a text, a line for each node: its name, a blank, its value.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "util/channel_source.h"
#include "util/error.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static GHashTable *
parse_nodes(const char *text)
{
    GHashTable *nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (int i = 0; lines[i]; i++) {
        char *blank = strchr(lines[i], ' ');

        if (blank)
            g_hash_table_insert(nodes, g_strndup(lines[i], (gsize)(blank - lines[i])),
                                g_strdup(blank + 1));
    }
    return nodes;
}

static void
assert_equal(GHashTable *nodes, GHashTable *others)
{
    GHashTableIter iter;
    gpointer name, value;

    g_assert_cmpuint(g_hash_table_size(nodes), ==, g_hash_table_size(others));
    g_hash_table_iter_init(&iter, nodes);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_assert_cmpstr(value, ==, g_hash_table_lookup(others, name));
}

static void
check_limits(const ChannelSource *source)
{
    g_assert_nonnull(source->id);
    g_assert_null(strchr(source->id, '/'));
    g_assert_cmpint(source->type, <=, CHANNEL_SOURCE_UNIX);
    g_assert_true(!source->path || source->path[0] == '/');
    g_assert_true(!source->log_path || source->log_path[0] == '/');
    g_assert_cmpuint(source->reconnect_s, <=, CHANNEL_SOURCE_RECONNECT_MAX);
    g_assert_cmpuint(source->permissions & ~0777u, ==, 0);
    g_assert_cmpuint(source->hold_in, >=, CHANNEL_SOURCE_HOLD_MIN);
    g_assert_cmpuint(source->hold_in, <=, CHANNEL_SOURCE_HOLD_MAX);
    g_assert_cmpuint(source->hold_in & (source->hold_in - 1), ==, 0);
    g_assert_cmpuint(source->hold_out, >=, CHANNEL_SOURCE_HOLD_MIN);
    g_assert_cmpuint(source->hold_out, <=, CHANNEL_SOURCE_HOLD_MAX);
    g_assert_cmpuint(source->hold_out & (source->hold_out - 1), ==, 0);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GHashTable) nodes = parse_nodes(text);
    g_autoptr(GHashTable) first = NULL, second = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(ChannelSource) source = channel_source_from_nodes(nodes, &error);
    g_autoptr(ChannelSource) again = NULL;
    g_autofree char *description = NULL;

    g_assert_true((source != NULL) == (error == NULL));
    if (!source)
        return 0;
    check_limits(source);
    description = channel_source_describe(source);
    g_assert_nonnull(description);
    first = channel_source_to_nodes(source);
    again = channel_source_from_nodes(first, &error);
    g_assert_no_error(error);
    second = channel_source_to_nodes(again);
    assert_equal(first, second);
    return 0;
}
