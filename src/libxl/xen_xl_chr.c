/* Serial and parallel ports (serial=, parallel=) and channels (channel=).
 *
 * A port is a text of QEMU's -serial option. A channel is a list of parts; its name is
 * the target's, and a socket without a path is given one at each start.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

#define NO_PORT "none"
/* QEMU's words for a socket that listens and does not hold up the guest. */
#define LISTENS ",server,nowait"

/* --- ports: reading ---------------------------------------------------------------- */

/* Sources that are only a type, and those that are "TYPE:PATH". */
static ConfNames plain_sources = {"pty", "null", "vc", "stdio", NULL};
static ConfNames path_sources = {"file", "pipe", "unix", NULL};

static xmlNode *
add_source(xmlNode *port, const char *mode)
{
    xmlNode *source = conf_xml_add(port, "source");

    conf_xml_set(source, "mode", mode);
    return source;
}

/* "HOST:PORT" */
static void
set_host(xmlNode *source, const char *text)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *host = g_strndup(text, colon ? (gsize)(colon - text) : strlen(text));

    if (*host)
        conf_xml_set(source, "host", host);
    if (colon && colon[1])
        conf_xml_set(source, "service", colon + 1);
}

static void
parse_net_source(xmlNode *port, const char *kind, const char *rest, bool listens)
{
    g_auto(GStrv) ends = g_strsplit(rest, "@", 2);

    if (strcmp(kind, "udp") == 0) {
        conf_xml_set(port, "type", "udp");
        if (ends[0] && ends[1])
            set_host(add_source(port, "bind"), ends[1]);
        set_host(add_source(port, "connect"), ends[0] ? ends[0] : "");
        return;
    }
    conf_xml_set(port, "type", "tcp");
    set_host(add_source(port, listens ? "bind" : "connect"), rest);
    conf_xml_add_with_attr(port, "protocol", "type",
                           strcmp(kind, "telnet") == 0 ? "telnet" : "raw");
}

static bool
is_net_source(const char *kind)
{
    return strcmp(kind, "tcp") == 0 || strcmp(kind, "telnet") == 0 || strcmp(kind, "udp") == 0;
}

/* "KIND:REST". Returns false for a @kind that is unknown. */
static bool
parse_kind(xmlNode *port, const char *kind, const char *rest, bool listens)
{
    if (strcmp(kind, "unix") == 0) {
        conf_xml_set(port, "type", "unix");
        conf_xml_set(add_source(port, listens ? "bind" : "connect"), "path", rest);
    } else if (conf_names_find(path_sources, kind) >= 0) {
        conf_xml_set(port, "type", kind);
        conf_xml_set(conf_xml_add(port, "source"), "path", rest);
    } else if (is_net_source(kind)) {
        parse_net_source(port, kind, rest, listens);
    } else {
        return false;
    }
    return true;
}

/* Returns false for a text that is none of these. */
static bool
parse_source(xmlNode *port, const char *text)
{
    g_autofree char *place = g_strndup(text, strcspn(text, ","));
    bool listens = strstr(text, ",server") != NULL;
    g_auto(GStrv) pair = g_strsplit(place, ":", 2);

    if (conf_names_find(plain_sources, text) >= 0) {
        conf_xml_set(port, "type", text);
        return true;
    }
    if (text[0] == '/') {
        conf_xml_set(port, "type", "dev");
        conf_xml_set(conf_xml_add(port, "source"), "path", text);
        return true;
    }
    return g_strv_length(pair) == 2 && parse_kind(port, pair[0], pair[1], listens);
}

/* Ports stand in the list by number; "none" is a number without a port. */
static bool
parse_ports(XenXlConfig *config, const char *name, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) texts = xen_xl_config_list(config, name, error);

    for (guint i = 0; texts && i < texts->len; i++) {
        const char *text = texts->pdata[i];
        xmlNode *port;

        if (!*text || strcmp(text, NO_PORT) == 0)
            continue;
        port = xen_xl_add_device(domain, name);
        if (!parse_source(port, text))
            return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                    _("%s: unknown chr device type '%s'"), name, text);
        conf_xml_setf(conf_xml_add(port, "target"), "port", "%u", i);
    }
    return texts != NULL;
}

bool
xen_xl_ports_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    return !xen_xl_is_hvm(domain) || (parse_ports(config, "parallel", domain, error) &&
                                      parse_ports(config, "serial", domain, error));
}

/* --- ports: writing ----------------------------------------------------------------- */

static char *
format_host(xmlNode *source)
{
    g_autofree char *host = source ? conf_xml_attr(source, "host") : NULL;
    g_autofree char *service = source ? conf_xml_attr(source, "service") : NULL;

    return g_strdup_printf("%s:%s", host ? host : "", service ? service : "");
}

static char *
format_udp(xmlNode *port)
{
    g_autofree char *to = NULL;
    g_autofree char *from = NULL;

    for (xmlNode *source = NULL; (source = conf_xml_next_child(port, source, "source"));) {
        g_autofree char *mode = conf_xml_attr(source, "mode");
        char **end = g_strcmp0(mode, "bind") == 0 ? &from : &to;

        g_free(*end);
        *end = format_host(source);
    }
    return g_strdup_printf("udp:%s@%s", to ? to : ":", from ? from : ":");
}

static char *
format_tcp(xmlNode *port, bool listens)
{
    g_autofree char *protocol = conf_xml_child_attr(port, "protocol", "type");
    g_autofree char *host = format_host(xen_xl_find(port, "source"));

    return g_strdup_printf("%s:%s%s", g_strcmp0(protocol, "telnet") == 0 ? "telnet" : "tcp", host,
                           listens ? LISTENS : "");
}

/* NULL for a source that there is no text for. */
static char *
format_port(xmlNode *port)
{
    g_autofree char *type = conf_xml_attr(port, "type");
    g_autofree char *path = NULL;
    g_autofree char *mode = NULL;
    bool listens;

    if (g_strcmp0(type, "udp") == 0)
        return format_udp(port);
    path = xen_xl_get(port, "source", "path");
    mode = xen_xl_get(port, "source", "mode");
    listens = g_strcmp0(mode, "bind") == 0;
    if (conf_names_find(plain_sources, type) >= 0)
        return g_strdup(type);
    if (strcmp(type, "tcp") == 0)
        return format_tcp(port, listens);
    if (path && strcmp(type, "dev") == 0)
        return g_steal_pointer(&path);
    if (path && conf_names_find(path_sources, type) >= 0)
        return g_strdup_printf("%s:%s%s", type, path, listens ? LISTENS : "");
    return NULL;
}

static void
format_ports(xmlNode *domain, const char *name, GString *out)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    for (xmlNode *port = NULL; (port = xen_xl_next_device(domain, port, name));) {
        g_autofree char *number = conf_xml_child_attr(port, "target", "port");
        char *text = format_port(port);
        guint64 index = texts->len;

        conf_xml_see(xen_xl_find(port, "target"));
        if (number)
            conf_parse_uint64(number, &index);
        if (!text) {
            conf_xml_unsee(port);
            continue;
        }
        while (texts->len < MIN(index, 4))
            g_ptr_array_add(texts, g_strdup(NO_PORT));
        g_ptr_array_add(texts, text);
    }
    if (texts->len <= 1)
        xen_xl_put_text(out, name, texts->len ? texts->pdata[0] : NO_PORT);
    else
        xen_xl_put_list(out, name, texts);
}

void
xen_xl_ports_format(xmlNode *domain, GString *out)
{
    if (!xen_xl_is_hvm(domain))
        return;
    format_ports(domain, "parallel", out);
    format_ports(domain, "serial", out);
}

/* --- channels ------------------------------------------------------------------------ */

static ConfNames channel_parts = {"connection", "path", "name", "backend", NULL};

/* connection=, and the type of the source that it is. */
static const char *const connections[][2] = {{"pty", "pty"}, {"socket", "unix"}};

static bool
add_channel(GHashTable *parts, const char *item, xmlNode *domain, GError **error)
{
    const char *connection = g_hash_table_lookup(parts, "connection");
    const char *path = g_hash_table_lookup(parts, "path");
    const char *type = NULL;
    xmlNode *channel, *target;

    for (gsize i = 0; connection && i < G_N_ELEMENTS(connections); i++) {
        if (strcmp(connections[i][0], connection) == 0)
            type = connections[i][1];
    }
    if (!type)
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                _("channel: '%s' needs connection=pty or connection=socket"), item);
    channel = xen_xl_add_device(domain, "channel");
    conf_xml_set(channel, "type", type);
    if (path && strcmp(type, "unix") == 0)
        conf_xml_set(add_source(channel, "bind"), "path", path);
    target = conf_xml_add(channel, "target");
    conf_xml_set(target, "type", "xen");
    conf_xml_set(target, "name", g_hash_table_lookup(parts, "name"));
    return true;
}

bool
xen_xl_channels_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) items = xen_xl_config_list(config, "channel", error);

    for (guint i = 0; items && i < items->len; i++) {
        g_autoptr(GHashTable) parts =
            xen_xl_parts_parse(config, "channel", items->pdata[i], channel_parts);

        if (!add_channel(parts, items->pdata[i], domain, error))
            return false;
    }
    return items != NULL;
}

/* NULL if libxl has no such channel. */
static char *
format_channel(xmlNode *channel)
{
    g_autoptr(GString) item = g_string_new(NULL);
    g_autofree char *type = conf_xml_attr(channel, "type");
    g_autofree char *name = conf_xml_child_attr(channel, "target", "name");
    g_autofree char *path = NULL;

    g_free(conf_xml_child_attr(channel, "target", "type"));
    for (gsize i = 0; i < G_N_ELEMENTS(connections); i++) {
        if (g_strcmp0(connections[i][1], type) == 0)
            xen_xl_add_part(item, "connection", connections[i][0]);
    }
    if (item->len == 0 || !name)
        return NULL;
    if (strcmp(type, "unix") == 0) {
        path = conf_xml_child_attr(channel, "source", "path");
        g_free(conf_xml_child_attr(channel, "source", "mode"));
    }
    xen_xl_add_part(item, "path", path);
    xen_xl_add_part(item, "name", name);
    return g_strdup(item->str);
}

void
xen_xl_channels_format(xmlNode *domain, GString *out)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);

    for (xmlNode *channel = NULL; (channel = xen_xl_next_device(domain, channel, "channel"));) {
        char *item = format_channel(channel);

        if (item)
            g_ptr_array_add(items, item);
        else
            conf_xml_unsee(channel);
    }
    xen_xl_put_list(out, "channel", items);
}
