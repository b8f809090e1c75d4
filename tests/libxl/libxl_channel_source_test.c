/* Which backend serves a channel, and what virtxl-channeld gets of it: a table of
 * <channel> elements.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_channel_source.h"

#include <string.h>

#include "util/error.h"

static DomainDef *
parse(const char *type, const char *inside)
{
    g_autofree char *xml =
        g_strdup_printf("<domain type='xen'><name>guest</name>"
                        "<uuid>c7a5fdbd-cdaf-9455-926a-d65c16db1809</uuid><memory>65536</memory>"
                        "<os><type machine='xenpv'>linux</type><kernel>/k</kernel></os>"
                        "<devices><channel type='%s'>%s<target type='virtio' name='one'/>"
                        "</channel></devices></domain>",
                        type, inside);
    g_autoptr(GError) error = NULL;
    DomainDef *def = domain_def_parse_string(xml, NULL, DOMAIN_PARSE_INACTIVE, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(def->channels->len, ==, 1);
    return def;
}

#define LOG "<log file='/var/log/one' append='on'/>"

/* nodes: what virtxl-channeld gets, sorted, without id and type. libxl_can: with
 * channel_backend = "libxl" it is QEMU's. */
static const struct {
    const char *name, *type, *inside, *nodes;
    bool libxl_can;
} possible[] = {
    {"pty", "pty", "", "", true},
    {"pty/log", "pty", LOG, "log=/var/log/one log-append=1", false},
    {"unix/bind", "unix", "<source mode='bind' path='/run/x'/>",
     "group=7 mode=bind path=/run/x permissions=0640", true},
    {"unix/bind/log", "unix",
     "<source mode='bind' path='/run/x'/><log file='/var/log/one' append='off'/>",
     "group=7 log=/var/log/one mode=bind path=/run/x permissions=0640", false},
    {"unix/connect", "unix", "<source mode='connect' path='/run/x'/>", "path=/run/x", false},
    {"unix/reconnect", "unix",
     "<source mode='connect' path='/run/x'><reconnect enabled='yes' timeout='5'/></source>",
     "path=/run/x reconnect=5", false},
    {"unix/reconnect/no", "unix",
     "<source mode='connect' path='/run/x'><reconnect enabled='no'/></source>", "path=/run/x",
     false},
    {"tcp/connect", "tcp", "<source mode='connect' host='a.example' service='99'/>",
     "host=a.example service=99", false},
    {"tcp/bind/telnet", "tcp",
     "<source mode='bind' host='127.0.0.1' service='99' tls='no'/><protocol type='telnet'/>",
     "host=127.0.0.1 mode=bind protocol=telnet service=99", false},
    {"udp", "udp",
     "<source mode='connect' host='::1' service='99'/><source mode='bind' host='::' service='7'/>",
     "bind-host=:: bind-service=7 host=::1 service=99", false},
    {"file", "file", "<source path='/var/a'/>", "path=/var/a", false},
    {"file/append", "file", "<source path='/var/a' append='on'/>", "append=1 path=/var/a", false},
    {"pipe", "pipe", "<source path='/run/a'/>", "path=/run/a", false},
    {"dev", "dev", "<source path='/dev/ttyS0'/>", "path=/dev/ttyS0", false},
    {"null", "null", "", "", false},
};

static char *
format_nodes(const ChannelSource *source)
{
    g_autoptr(GHashTable) nodes = channel_source_to_nodes(source);
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(nodes), (GCompareFunc)strcmp);
    GString *text = g_string_new(NULL);

    for (GList *at = names; at; at = at->next) {
        if (strcmp(at->data, "id") == 0 || strcmp(at->data, "type") == 0)
            continue;
        g_string_append_printf(text, "%s%s=%s", text->len > 0 ? " " : "", (char *)at->data,
                               (char *)g_hash_table_lookup(nodes, at->data));
    }
    return g_string_free(text, FALSE);
}

static void
test_source(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(LibxlDriverConfig) config = libxl_driver_config_new("");
    g_autoptr(DomainDef) def = parse(possible[i].type, possible[i].inside);
    DomainChrDef *channel = def->channels->pdata[0];
    g_autoptr(ChannelSource) source = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *nodes = NULL;

    config->channel_group = 7;
    config->channel_mode = 0640;
    channel->ours = true;
    libxl_channel_source_check(def, channel, &error);
    g_assert_no_error(error);
    source = libxl_channel_source_new(channel, config);
    g_assert_cmpstr(channel_source_type_names[source->type], ==, possible[i].type);
    nodes = format_nodes(source);
    g_assert_cmpstr(nodes, ==, possible[i].nodes);
}

static void
test_backend(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(DomainDef) def = parse(possible[i].type, possible[i].inside);
    const DomainChrDef *channel = def->channels->pdata[0];

    g_assert_true(libxl_channel_source_is_ours(channel, LIBXL_CHANNEL_BACKEND_VIRTXL));
    g_assert_cmpint(libxl_channel_source_is_ours(channel, LIBXL_CHANNEL_BACKEND_LIBXL), !=,
                    possible[i].libxl_can);
}

/* What is refused, and what the message must name. */
static const struct {
    const char *name, *type, *inside, *part;
} refused[] = {
    {"stdio", "stdio", "", "type='stdio'"},
    {"vc", "vc", "", "type='vc'"},
    {"spicevmc", "spicevmc", "", "type='spicevmc'"},
    {"spiceport", "spiceport", "<source channel='a'/>", "type='spiceport'"},
    {"nmdm", "nmdm", "<source master='/dev/a' slave='/dev/b'/>", "type='nmdm'"},
    {"qemu-vdagent", "qemu-vdagent", "", "type='qemu-vdagent'"},
    {"dbus", "dbus", "<source channel='a'/>", "type='dbus'"},
    {"tls", "tcp", "<source mode='bind' host='a' service='99' tls='yes'/>", "tls='yes'"},
    {"protocol/telnets", "tcp",
     "<source mode='bind' host='a' service='99'/><protocol type='telnets'/>", "'telnets'"},
    {"protocol/tls", "tcp", "<source mode='bind' host='a' service='99'/><protocol type='tls'/>",
     "'tls'"},
    {"comma", "file", "<source path='/a,b'/>", "'/a,b'"},
    {"comma/log", "pty", "<log file='/a,b'/>", "'/a,b'"},
    {"relative", "file", "<source path='a'/>", "'a'"},
    {"relative/log", "pty", "<log file='a'/>", "'a'"},
    {"reconnect/too-long", "unix",
     "<source mode='connect' path='/a'><reconnect enabled='yes' timeout='86401'/></source>",
     "'86401'"},
};

static void
test_refused(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(DomainDef) def = parse(refused[i].type, refused[i].inside);
    DomainChrDef *channel = def->channels->pdata[0];
    g_autoptr(GError) error = NULL;

    channel->ours = libxl_channel_source_is_ours(channel, LIBXL_CHANNEL_BACKEND_LIBXL);
    g_assert_false(libxl_channel_source_check(def, channel, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_CONFIG_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "domain 'guest': channel 'one': "));
    g_assert_nonnull(strstr(error->message, refused[i].part));
}

static void
test_socket_without_a_path_listens(void)
{
    g_autoptr(DomainDef) def = parse("unix", "");

    g_assert_false(
        libxl_channel_source_is_ours(def->channels->pdata[0], LIBXL_CHANNEL_BACKEND_LIBXL));
}

static void
test_settings_are_handed_on(void)
{
    g_autoptr(LibxlDriverConfig) config = libxl_driver_config_new("");
    g_autoptr(DomainDef) def = parse("pty", "");
    g_autoptr(ChannelSource) source = NULL;

    config->channel_hold_in = 4096;
    config->channel_hold_out = 8192;
    config->channel_overflow = LIBXL_CHANNEL_WAIT;
    source = libxl_channel_source_new(def->channels->pdata[0], config);
    g_assert_cmpuint(source->hold_in, ==, 4096);
    g_assert_cmpuint(source->hold_out, ==, 8192);
    g_assert_true(source->wait);
}

static void
test_path_of_an_old_pty_is_not_handed_on(void)
{
    g_autoptr(LibxlDriverConfig) config = libxl_driver_config_new("");
    g_autoptr(DomainDef) def = parse("pty", "");
    DomainChrDef *channel = def->channels->pdata[0];
    g_autoptr(ChannelSource) source = NULL;

    channel->source->path = g_strdup("/dev/pts/7");
    source = libxl_channel_source_new(channel, config);
    g_assert_null(source->path);
}

static void
add_table(const char *kind, const char *name, gsize i, GTestDataFunc func)
{
    g_autofree char *path = g_strdup_printf("/libxl/channel-source/%s/%s", kind, name);

    g_test_add_data_func(path, GSIZE_TO_POINTER(i), func);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(possible); i++) {
        add_table("source", possible[i].name, i, test_source);
        add_table("backend", possible[i].name, i, test_backend);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        add_table("refused", refused[i].name, i, test_refused);
    g_test_add_func("/libxl/channel-source/socket-without-a-path-listens",
                    test_socket_without_a_path_listens);
    g_test_add_func("/libxl/channel-source/settings-are-handed-on", test_settings_are_handed_on);
    g_test_add_func("/libxl/channel-source/path-of-an-old-pty-is-not-handed-on",
                    test_path_of_an_old_pty_is_not_handed_on);
    return g_test_run();
}
