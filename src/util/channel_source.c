/* The host's end of a channel, to xenstore's nodes and back.
 *
 * A table has a row for each node that is a member of ChannelSource: of which
 * kind it is and what it may be. Both ways walk that table; a new source, with all
 * its defaults, tells what can be left out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util/channel_source.h"

#include <string.h>
#include <sys/un.h>

#include "util/error.h"
#include "util/i18n.h"
#include "util/uuid.h"

typedef enum {
    NODE_PATH,   /* char *: absolute */
    NODE_TEXT,   /* char * */
    NODE_FLAG,   /* bool: "1" or "0" */
    NODE_CHOICE, /* bool: one of two words */
    NODE_NUMBER, /* guint */
    NODE_SIZE,   /* gsize: rounded up to a power of two */
} NodeKind;

typedef struct {
    const char *name;
    NodeKind kind;
    gsize offset; /* of the member */
    /* numbers */
    guint base;
    guint64 min, max;
    /* choices */
    const char *false_word, *true_word;
} Node;

G_STATIC_ASSERT(sizeof(gid_t) == sizeof(guint));
G_STATIC_ASSERT(sizeof(mode_t) == sizeof(guint));

#define MEMBER(name) G_STRUCT_OFFSET(ChannelSource, name)

static const Node nodes_table[] = {
    {"path", NODE_PATH, MEMBER(path), 0, 0, 0, NULL, NULL},
    {"append", NODE_FLAG, MEMBER(append), 0, 0, 0, "0", "1"},
    {"mode", NODE_CHOICE, MEMBER(listen), 0, 0, 0, "connect", "bind"},
    {"host", NODE_TEXT, MEMBER(host), 0, 0, 0, NULL, NULL},
    {"service", NODE_TEXT, MEMBER(service), 0, 0, 0, NULL, NULL},
    {"bind-host", NODE_TEXT, MEMBER(bind_host), 0, 0, 0, NULL, NULL},
    {"bind-service", NODE_TEXT, MEMBER(bind_service), 0, 0, 0, NULL, NULL},
    {"protocol", NODE_CHOICE, MEMBER(telnet), 0, 0, 0, "raw", "telnet"},
    {"reconnect", NODE_NUMBER, MEMBER(reconnect_s), 10, 1, CHANNEL_SOURCE_RECONNECT_MAX, NULL,
     NULL},
    {"log", NODE_PATH, MEMBER(log_path), 0, 0, 0, NULL, NULL},
    {"log-append", NODE_FLAG, MEMBER(log_append), 0, 0, 0, "0", "1"},
    {"group", NODE_NUMBER, MEMBER(group), 10, 0, (guint32)-2, NULL, NULL},
    {"permissions", NODE_NUMBER, MEMBER(permissions), 8, 0, 0777, NULL, NULL},
    {"hold-in", NODE_SIZE, MEMBER(hold_in), 10, CHANNEL_SOURCE_HOLD_MIN, CHANNEL_SOURCE_HOLD_MAX,
     NULL, NULL},
    {"hold-out", NODE_SIZE, MEMBER(hold_out), 10, CHANNEL_SOURCE_HOLD_MIN, CHANNEL_SOURCE_HOLD_MAX,
     NULL, NULL},
    {"overflow", NODE_CHOICE, MEMBER(wait), 0, 0, 0, "discard", "wait"},
};

const char *const channel_source_type_names[] = {
    [CHANNEL_SOURCE_NULL] = "null",  [CHANNEL_SOURCE_PTY] = "pty",
    [CHANNEL_SOURCE_DEV] = "dev",    [CHANNEL_SOURCE_FILE] = "file",
    [CHANNEL_SOURCE_PIPE] = "pipe",  [CHANNEL_SOURCE_UDP] = "udp",
    [CHANNEL_SOURCE_TCP] = "tcp",    [CHANNEL_SOURCE_UNIX] = "unix",
    [CHANNEL_SOURCE_UNIX + 1] = NULL};

ChannelSource *
channel_source_new(ChannelSourceType type)
{
    ChannelSource *source = g_new0(ChannelSource, 1);

    source->id = g_uuid_string_random();
    source->type = type;
    source->group = (gid_t)-1;
    source->permissions = CHANNEL_SOURCE_PERMISSIONS;
    source->hold_in = CHANNEL_SOURCE_HOLD_IN;
    source->hold_out = CHANNEL_SOURCE_HOLD_OUT;
    return source;
}

void
channel_source_free(ChannelSource *source)
{
    if (!source)
        return;
    g_free(source->id);
    g_free(source->path);
    g_free(source->host);
    g_free(source->service);
    g_free(source->bind_host);
    g_free(source->bind_service);
    g_free(source->log_path);
    g_free(source);
}

/* --- To nodes -------------------------------------------------------------- */

/* Returns what @node of @source is as text, or NULL for nothing. */
static char *
format_node(const ChannelSource *source, const Node *node)
{
    gconstpointer member = G_STRUCT_MEMBER_P(source, node->offset);

    switch (node->kind) {
    case NODE_PATH:
    case NODE_TEXT:
        return g_strdup(*(char *const *)member);
    case NODE_FLAG:
    case NODE_CHOICE:
        return g_strdup(*(const bool *)member ? node->true_word : node->false_word);
    case NODE_NUMBER:
        return g_strdup_printf(node->base == 8 ? "%04o" : "%u", *(const guint *)member);
    case NODE_SIZE:
        return g_strdup_printf("%zu", *(const gsize *)member);
    }
    return NULL;
}

GHashTable *
channel_source_to_nodes(const ChannelSource *source)
{
    g_autoptr(ChannelSource) defaults = channel_source_new(source->type);
    GHashTable *nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    g_hash_table_insert(nodes, g_strdup("id"), g_strdup(source->id));
    g_hash_table_insert(nodes, g_strdup("type"), g_strdup(channel_source_type_names[source->type]));
    for (gsize i = 0; i < G_N_ELEMENTS(nodes_table); i++) {
        g_autofree char *value = format_node(source, &nodes_table[i]);
        g_autofree char *by_default = format_node(defaults, &nodes_table[i]);

        if (value && g_strcmp0(value, by_default) != 0)
            g_hash_table_insert(nodes, g_strdup(nodes_table[i].name), g_steal_pointer(&value));
    }
    return nodes;
}

/* --- From nodes ------------------------------------------------------------ */

/* Something to print and to hand to the system: not empty, of bounded length, and
 * with nothing in it that could forge a line of the log. */
static bool
is_text(const char *value)
{
    if (!*value || strlen(value) > CHANNEL_SOURCE_TEXT_MAX || !g_utf8_validate(value, -1, NULL))
        return false;
    for (const char *at = value; *at; at = g_utf8_next_char(at)) {
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            return false;
    }
    return true;
}

static bool
parse_number(const Node *node, const char *value, guint64 *number)
{
    return g_ascii_string_to_unsigned(value, node->base, node->min, node->max, number, NULL);
}

static gsize
round_up_to_power_of_two(gsize size)
{
    gsize power = CHANNEL_SOURCE_HOLD_MIN;

    while (power < size)
        power *= 2;
    return power;
}

/* Sets @node of @source to @value. False if it can't be that. */
static bool
parse_node(ChannelSource *source, const Node *node, const char *value)
{
    gpointer member = G_STRUCT_MEMBER_P(source, node->offset);
    guint64 number = 0;

    switch (node->kind) {
    case NODE_PATH:
    case NODE_TEXT:
        if (!is_text(value) || (node->kind == NODE_PATH && *value != '/'))
            return false;
        *(char **)member = g_strdup(value);
        return true;
    case NODE_FLAG:
    case NODE_CHOICE:
        *(bool *)member = g_str_equal(value, node->true_word);
        return *(bool *)member || g_str_equal(value, node->false_word);
    case NODE_NUMBER:
        if (!parse_number(node, value, &number))
            return false;
        *(guint *)member = (guint)number;
        return true;
    case NODE_SIZE:
        if (!parse_number(node, value, &number))
            return false;
        *(gsize *)member = round_up_to_power_of_two(number);
        return true;
    }
    return false;
}

static bool
set_bad_value(GError **error, const char *node, const char *value)
{
    g_autofree char *printable = g_strescape(value, NULL);

    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                            _("the node '%s' of a channel's source can't be '%s'"), node,
                            printable);
}

/* Is all there that a source of that type needs, and possible for it? */
static bool
check_source(const ChannelSource *source, GError **error)
{
    const char *missing = NULL;
    struct sockaddr_un address;

    switch (source->type) {
    case CHANNEL_SOURCE_NULL:
    case CHANNEL_SOURCE_PTY:
        break;
    case CHANNEL_SOURCE_UNIX:
        if (source->path && strlen(source->path) >= sizeof(address.sun_path))
            return set_bad_value(error, "path", source->path);
        missing = source->path ? NULL : "path";
        break;
    case CHANNEL_SOURCE_DEV:
    case CHANNEL_SOURCE_FILE:
    case CHANNEL_SOURCE_PIPE:
        missing = source->path ? NULL : "path";
        break;
    case CHANNEL_SOURCE_UDP:
    case CHANNEL_SOURCE_TCP:
        missing = source->service ? NULL : "service";
        break;
    }
    if (missing)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("the source of a channel of type '%s' has no node '%s'"),
                                channel_source_type_names[source->type], missing);
    return true;
}

/* Reads the two nodes that each source has. */
static bool
parse_id_and_type(GHashTable *nodes, ChannelSource *source, GError **error)
{
    const char *id = g_hash_table_lookup(nodes, "id");
    const char *type = g_hash_table_lookup(nodes, "type");
    guint8 uuid[UUID_SIZE];
    char text[UUID_STRING_SIZE];

    if (!id || !type)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("the source of a channel has no node '%s'"), id ? "type" : "id");
    if (!uuid_parse(id, uuid))
        return set_bad_value(error, "id", id);
    /* It will be part of a file's name, so it is exactly what a UUID looks like. */
    uuid_format(uuid, text);
    if (!g_str_equal(text, id))
        return set_bad_value(error, "id", id);
    for (guint i = 0; channel_source_type_names[i]; i++) {
        if (g_str_equal(channel_source_type_names[i], type)) {
            g_free(source->id);
            source->id = g_strdup(id);
            source->type = (ChannelSourceType)i;
            return true;
        }
    }
    return set_bad_value(error, "type", type);
}

ChannelSource *
channel_source_from_nodes(GHashTable *nodes, GError **error)
{
    g_autoptr(ChannelSource) source = channel_source_new(CHANNEL_SOURCE_NULL);

    if (!parse_id_and_type(nodes, source, error))
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(nodes_table); i++) {
        const char *value = g_hash_table_lookup(nodes, nodes_table[i].name);

        if (value && !parse_node(source, &nodes_table[i], value)) {
            set_bad_value(error, nodes_table[i].name, value);
            return NULL;
        }
    }
    if (!check_source(source, error))
        return NULL;
    return g_steal_pointer(&source);
}

/* --- For people ------------------------------------------------------------ */

/* "host:service", with brackets around an IPv6 address; no host is "*". */
static void
append_address(GString *text, const char *host, const char *service)
{
    bool is_ipv6 = host && strchr(host, ':');

    g_string_append_printf(text, is_ipv6 ? "[%s]:%s" : "%s:%s", host ? host : "*",
                           service ? service : "*");
}

char *
channel_source_describe(const ChannelSource *source)
{
    GString *text = g_string_new(channel_source_type_names[source->type]);
    const char *mode = source->listen ? "bind" : "connect";

    if (source->path)
        g_string_append_printf(text, ":%s", source->path);
    switch (source->type) {
    case CHANNEL_SOURCE_NULL:
    case CHANNEL_SOURCE_PTY:
    case CHANNEL_SOURCE_DEV:
    case CHANNEL_SOURCE_PIPE:
        break;
    case CHANNEL_SOURCE_FILE:
        g_string_append(text, source->append ? " (append)" : "");
        break;
    case CHANNEL_SOURCE_UDP:
        g_string_append_c(text, ':');
        append_address(text, source->host ? source->host : "localhost", source->service);
        if (source->bind_host || source->bind_service) {
            g_string_append(text, " (bind ");
            append_address(text, source->bind_host, source->bind_service);
            g_string_append_c(text, ')');
        }
        break;
    case CHANNEL_SOURCE_TCP:
        g_string_append_c(text, ':');
        append_address(text, source->host || source->listen ? source->host : "localhost",
                       source->service);
        g_string_append_printf(text, " (%s%s)", mode, source->telnet ? ", telnet" : "");
        break;
    case CHANNEL_SOURCE_UNIX:
        g_string_append_printf(text, " (%s)", mode);
        break;
    }
    return g_string_free(text, FALSE);
}
