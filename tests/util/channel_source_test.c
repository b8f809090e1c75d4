/* Tests src/util/channel_source.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util/channel_source.h"

#include <string.h>

#include "util/error.h"

#define ID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

/* A list of nodes: "name=value", lines apart. */
static GHashTable *
parse_nodes(const char *text)
{
    GHashTable *nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (gsize i = 0; lines[i]; i++) {
        char *value = strchr(lines[i], '=');

        g_assert_nonnull(value);
        *value++ = '\0';
        g_hash_table_insert(nodes, g_strdup(lines[i]), g_strdup(value));
    }
    return nodes;
}

static char *
format_nodes(GHashTable *nodes)
{
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(nodes), (GCompareFunc)strcmp);
    GString *text = g_string_new(NULL);

    for (GList *at = names; at; at = at->next)
        g_string_append_printf(text, "%s%s=%s", at == names ? "" : "\n", (char *)at->data,
                               (char *)g_hash_table_lookup(nodes, at->data));
    return g_string_free(text, FALSE);
}

/* Nodes, sorted, that are given back as they came, and what people are told. */
static const struct {
    const char *name, *nodes, *description;
} good[] = {
    {"null", "id=" ID "\ntype=null", "null"},
    {"pty", "id=" ID "\ntype=pty", "pty"},
    {"dev", "id=" ID "\npath=/dev/ttyS0\ntype=dev", "dev:/dev/ttyS0"},
    {"file", "id=" ID "\npath=/var/a\ntype=file", "file:/var/a"},
    {"file/append", "append=1\nid=" ID "\npath=/var/a\ntype=file", "file:/var/a (append)"},
    {"pipe", "id=" ID "\npath=/run/a\ntype=pipe", "pipe:/run/a"},
    {"udp", "id=" ID "\nservice=99\ntype=udp", "udp:localhost:99"},
    {"udp/both", "bind-host=::1\nbind-service=7\nhost=a.example\nid=" ID "\nservice=99\ntype=udp",
     "udp:a.example:99 (bind [::1]:7)"},
    {"tcp/connect", "id=" ID "\nreconnect=5\nservice=99\ntype=tcp", "tcp:localhost:99 (connect)"},
    {"tcp/bind", "id=" ID "\nmode=bind\nprotocol=telnet\nservice=99\ntype=tcp",
     "tcp:*:99 (bind, telnet)"},
    {"tcp/ipv6", "host=::1\nid=" ID "\nprotocol=telnet\nservice=99\ntype=tcp",
     "tcp:[::1]:99 (connect, telnet)"},
    {"unix/bind", "group=0\nid=" ID "\nmode=bind\npath=/run/x\npermissions=0660\ntype=unix",
     "unix:/run/x (bind)"},
    {"unix/connect", "id=" ID "\npath=/run/x\nreconnect=86400\ntype=unix", "unix:/run/x (connect)"},
    {"log", "id=" ID "\nlog=/var/log/a\nlog-append=1\ntype=pty", "pty"},
    {"hold", "hold-in=4096\nhold-out=16777216\nid=" ID "\noverflow=wait\ntype=pty", "pty"},
};

static void
test_round_trip(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) nodes = parse_nodes(good[i].nodes);
    g_autoptr(ChannelSource) source = channel_source_from_nodes(nodes, &error);
    g_autoptr(GHashTable) again = NULL;
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    again = channel_source_to_nodes(source);
    text = format_nodes(again);
    g_assert_cmpstr(text, ==, good[i].nodes);
}

static void
test_describe(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GHashTable) nodes = parse_nodes(good[i].nodes);
    g_autoptr(ChannelSource) source = channel_source_from_nodes(nodes, NULL);
    g_autofree char *text = channel_source_describe(source);

    g_assert_cmpstr(text, ==, good[i].description);
}

/* Nodes that are refused, and what the message must name. */
static const struct {
    const char *name, *nodes, *node, *value;
} bad[] = {
    {"no-id", "type=pty", "'id'", ""},
    {"no-type", "id=" ID, "'type'", ""},
    {"id", "id=../../etc/passwd\ntype=pty", "'id'", "'../../etc/passwd'"},
    {"id/upper-case", "id=6BA7B810-9dad-11d1-80b4-00c04fd430c8\ntype=pty", "'id'", "'6BA7B810-"},
    {"id/ungrouped", "id=6ba7b8109dad11d180b400c04fd430c8\ntype=pty", "'id'", "'6ba7b8109dad"},
    {"type", "id=" ID "\ntype=spicevmc", "'type'", "'spicevmc'"},
    {"type/empty", "id=" ID "\ntype=", "'type'", "''"},
    {"path/relative", "id=" ID "\ntype=file\npath=a", "'path'", "'a'"},
    {"path/empty", "id=" ID "\ntype=file\npath=", "'path'", "''"},
    {"path/control", "id=" ID "\ntype=file\npath=/a\tb", "'path'", "'/a\\tb'"},
    {"path/not-utf8", "id=" ID "\ntype=file\npath=/a\xff", "'path'", "'/a\\377'"},
    {"dev/no-path", "id=" ID "\ntype=dev", "'path'", "'dev'"},
    {"file/no-path", "id=" ID "\ntype=file", "'path'", "'file'"},
    {"pipe/no-path", "id=" ID "\ntype=pipe", "'path'", "'pipe'"},
    {"unix/no-path", "id=" ID "\ntype=unix\nmode=bind", "'path'", "'unix'"},
    {"tcp/no-service", "id=" ID "\ntype=tcp\nhost=a", "'service'", "'tcp'"},
    {"udp/no-service", "id=" ID "\ntype=udp\nbind-service=1", "'service'", "'udp'"},
    {"host/empty", "id=" ID "\ntype=tcp\nservice=1\nhost=", "'host'", "''"},
    {"bind-host/control", "id=" ID "\ntype=udp\nservice=1\nbind-host=\r", "'bind-host'", "'\\r'"},
    {"bind-service/empty", "id=" ID "\ntype=udp\nservice=1\nbind-service=", "'bind-service'", "''"},
    {"append", "id=" ID "\ntype=file\npath=/a\nappend=yes", "'append'", "'yes'"},
    {"mode", "id=" ID "\ntype=unix\npath=/a\nmode=listen", "'mode'", "'listen'"},
    {"protocol", "id=" ID "\ntype=tcp\nservice=1\nprotocol=tls", "'protocol'", "'tls'"},
    {"reconnect/zero", "id=" ID "\ntype=unix\npath=/a\nreconnect=0", "'reconnect'", "'0'"},
    {"reconnect/too-long", "id=" ID "\ntype=unix\npath=/a\nreconnect=86401", "'reconnect'",
     "'86401'"},
    {"log/relative", "id=" ID "\ntype=pty\nlog=a.log", "'log'", "'a.log'"},
    {"log-append", "id=" ID "\ntype=pty\nlog=/a\nlog-append=2", "'log-append'", "'2'"},
    {"group/minus-one", "id=" ID "\ntype=pty\ngroup=4294967295", "'group'", "'4294967295'"},
    {"group/name", "id=" ID "\ntype=pty\ngroup=wheel", "'group'", "'wheel'"},
    {"permissions/not-octal", "id=" ID "\ntype=pty\npermissions=0680", "'permissions'", "'0680'"},
    {"permissions/set-id", "id=" ID "\ntype=pty\npermissions=4755", "'permissions'", "'4755'"},
    {"hold-in/small", "id=" ID "\ntype=pty\nhold-in=4095", "'hold-in'", "'4095'"},
    {"hold-in/large", "id=" ID "\ntype=pty\nhold-in=16777217", "'hold-in'", "'16777217'"},
    {"hold-in/negative", "id=" ID "\ntype=pty\nhold-in=-1", "'hold-in'", "'-1'"},
    {"hold-out/unit", "id=" ID "\ntype=pty\nhold-out=64k", "'hold-out'", "'64k'"},
    {"hold-out/overflow", "id=" ID "\ntype=pty\nhold-out=18446744073709555712", "'hold-out'",
     "'18446744073709555712'"},
    {"overflow", "id=" ID "\ntype=pty\noverflow=block", "'overflow'", "'block'"},
};

static void
test_refused(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) nodes = parse_nodes(bad[i].nodes);

    g_assert_null(channel_source_from_nodes(nodes, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, bad[i].node));
    g_assert_nonnull(strstr(error->message, bad[i].value));
}

/* A path of @length bytes in a source of @type. */
static bool
is_path_accepted(const char *type, gsize length)
{
    g_autofree char *rest = g_strnfill(length - 1, 'a');
    g_autofree char *text = g_strdup_printf("id=" ID "\ntype=%s\npath=/%s", type, rest);
    g_autoptr(GHashTable) nodes = parse_nodes(text);
    g_autoptr(GError) error = NULL;
    g_autoptr(ChannelSource) source = channel_source_from_nodes(nodes, &error);

    g_assert_true(source || strstr(error->message, rest));
    return source != NULL;
}

static void
test_path_must_fit(void)
{
    g_assert_true(is_path_accepted("unix", 107));
    g_assert_false(is_path_accepted("unix", 108));
    g_assert_true(is_path_accepted("file", CHANNEL_SOURCE_TEXT_MAX));
    g_assert_false(is_path_accepted("file", CHANNEL_SOURCE_TEXT_MAX + 1));
}

static void
test_defaults(void)
{
    g_autoptr(GHashTable) nodes = parse_nodes("id=" ID "\ntype=unix\npath=/a");
    g_autoptr(ChannelSource) source = channel_source_from_nodes(nodes, NULL);

    g_assert_nonnull(source);
    g_assert_false(source->listen);
    g_assert_cmpuint(source->reconnect_s, ==, 0);
    g_assert_null(source->log_path);
    g_assert_cmpuint(source->group, ==, (gid_t)-1);
    g_assert_cmpuint(source->permissions, ==, CHANNEL_SOURCE_PERMISSIONS);
    g_assert_cmpuint(source->hold_in, ==, CHANNEL_SOURCE_HOLD_IN);
    g_assert_cmpuint(source->hold_out, ==, CHANNEL_SOURCE_HOLD_OUT);
    g_assert_false(source->wait);
}

static void
test_defaults_are_left_out(void)
{
    for (guint type = 0; channel_source_type_names[type]; type++) {
        g_autoptr(ChannelSource) source = channel_source_new((ChannelSourceType)type);
        g_autoptr(GHashTable) nodes = channel_source_to_nodes(source);

        g_assert_cmpuint(g_hash_table_size(nodes), ==, 2);
        g_assert_cmpstr(g_hash_table_lookup(nodes, "id"), ==, source->id);
        g_assert_cmpstr(g_hash_table_lookup(nodes, "type"), ==, channel_source_type_names[type]);
    }
}

static void
test_each_has_its_id(void)
{
    g_autoptr(ChannelSource) a = channel_source_new(CHANNEL_SOURCE_PTY);
    g_autoptr(ChannelSource) b = channel_source_new(CHANNEL_SOURCE_PTY);

    g_assert_cmpstr(a->id, !=, b->id);
}

static void
test_hold_is_rounded_up(void)
{
    g_autoptr(GHashTable) nodes =
        parse_nodes("id=" ID "\ntype=pty\nhold-in=4097\nhold-out=16777215");
    g_autoptr(ChannelSource) source = channel_source_from_nodes(nodes, NULL);

    g_assert_nonnull(source);
    g_assert_cmpuint(source->hold_in, ==, 8192);
    g_assert_cmpuint(source->hold_out, ==, CHANNEL_SOURCE_HOLD_MAX);
}

static void
test_unknown_node_is_ignored(void)
{
    g_autoptr(GHashTable) nodes = parse_nodes("id=" ID "\ntype=pty\ncolour=green");
    g_autoptr(ChannelSource) source = channel_source_from_nodes(nodes, NULL);

    g_assert_nonnull(source);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *trip = g_strdup_printf("/channel-source/round-trip/%s", good[i].name);
        g_autofree char *describe = g_strdup_printf("/channel-source/describe/%s", good[i].name);

        g_test_add_data_func(trip, GSIZE_TO_POINTER(i), test_round_trip);
        g_test_add_data_func(describe, GSIZE_TO_POINTER(i), test_describe);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *path = g_strdup_printf("/channel-source/refused/%s", bad[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_refused);
    }
    g_test_add_func("/channel-source/path-must-fit", test_path_must_fit);
    g_test_add_func("/channel-source/defaults", test_defaults);
    g_test_add_func("/channel-source/defaults-are-left-out", test_defaults_are_left_out);
    g_test_add_func("/channel-source/each-has-its-id", test_each_has_its_id);
    g_test_add_func("/channel-source/hold-is-rounded-up", test_hold_is_rounded_up);
    g_test_add_func("/channel-source/unknown-node-is-ignored", test_unknown_node_is_ignored);
    return g_test_run();
}
