/* The types of sources that a character device can have; see chr_source_kinds.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/chr_source_kinds.h"

#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

static ConfNames mouse_mode_names = {"", "server", "client", NULL};

/* --- parsing ------------------------------------------------- */

static bool
parse_mode(DomainChrSourceDef *source, xmlNode *node, GError **error)
{
    static ConfNames names = {"connect", "bind", NULL};
    int mode = 0;

    if (!conf_xml_attr_enum(node, "mode", names, &mode, VIR_ERR_XML_ERROR, error))
        return false;
    source->listen = mode == 1;
    return true;
}

static bool
parse_reconnect(DomainChrSourceDef *source, xmlNode *node, GError **error)
{
    xmlNode *reconnect = conf_xml_child(node, "reconnect");
    bool has_timeout = false;

    if (!reconnect)
        return true;
    if (source->listen)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("chardev reconnect is possible only for connect mode"));
    if (!conf_xml_attr_yes_no(reconnect, "enabled", &source->reconnect, error))
        return false;
    if (source->reconnect != CONF_TRISTATE_YES) {
        conf_xml_drop_attr(reconnect, "timeout");
        return true;
    }
    if (!conf_xml_attr_uint(reconnect, "timeout", &source->reconnect_timeout, &has_timeout,
                            VIR_ERR_XML_ERROR, error))
        return false;
    if (!has_timeout)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Missing required attribute 'timeout' in element 'reconnect'"));
    return true;
}

static bool
parse_pty(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
          GError **error)
{
    /* the host's choice, of no use for the next start */
    if (!(context->flags & DOMAIN_PARSE_INACTIVE))
        source->path = conf_xml_attr(node, "path");
    return true;
}

static bool
parse_path(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
           GError **error)
{
    source->path = conf_xml_attr(node, "path");
    return true;
}

static bool
parse_file(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
           GError **error)
{
    source->path = conf_xml_attr(node, "path");
    return conf_xml_attr_on_off(node, "append", &source->append, error);
}

/* The first <source> of each mode counts. */
static bool
parse_udp(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
          GError **error)
{
    char **host, **service;

    if (!parse_mode(source, node, error))
        return false;
    host = source->listen ? &source->bind_host : &source->host;
    service = source->listen ? &source->bind_service : &source->service;
    source->listen = false;
    if (*host || *service)
        return true;
    *host = conf_xml_attr(node, "host");
    *service = conf_xml_attr(node, "service");
    return true;
}

static bool
parse_tcp(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
          GError **error)
{
    source->host = conf_xml_attr(node, "host");
    source->service = conf_xml_attr(node, "service");
    return parse_mode(source, node, error) &&
           conf_xml_attr_yes_no(node, "tls", &source->tls, error) &&
           parse_reconnect(source, node, error);
}

static bool
parse_unix(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
           GError **error)
{
    source->path = conf_xml_attr(node, "path");
    return parse_mode(source, node, error) && parse_reconnect(source, node, error);
}

static bool
parse_channel(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
              GError **error)
{
    source->channel = conf_xml_attr(node, "channel");
    return true;
}

static bool
parse_nmdm(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
           GError **error)
{
    source->master = conf_xml_attr(node, "master");
    source->slave = conf_xml_attr(node, "slave");
    return true;
}

static bool
parse_vdagent(DomainChrSourceDef *source, xmlNode *node, const DomainParseContext *context,
              GError **error)
{
    xmlNode *clipboard = conf_xml_child(node, "clipboard");
    xmlNode *mouse = conf_xml_child(node, "mouse");

    if (clipboard) {
        if (!conf_xml_attr_yes_no(clipboard, "copypaste", &source->clipboard_copypaste, error))
            return false;
        if (source->clipboard_copypaste == CONF_TRISTATE_ABSENT)
            return virtxl_error_set(
                error, VIR_ERR_XML_ERROR,
                _("Missing required attribute 'copypaste' in element 'clipboard'"));
    }
    if (mouse) {
        if (!conf_xml_attr_enum(mouse, "mode", mouse_mode_names, &source->mouse_mode,
                                VIR_ERR_XML_ERROR, error))
            return false;
        if (source->mouse_mode == 0)
            return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                    _("Missing required attribute 'mode' in element 'mouse'"));
    }
    return true;
}

/* --- checking ------------------------------------------------------------- */

static bool
missing(const char *what, const DomainChrDef *def, virErrorNumber code, GError **error)
{
    return virtxl_error_set(
        error, code, _("Missing source %s attribute for char device '%s'"), what,
        def->target_name ? def->target_name : domain_chr_device_names[def->device]);
}

static bool
check_path(const DomainChrDef *def, GError **error)
{
    if (!def->source->path)
        return missing("path", def, VIR_ERR_INTERNAL_ERROR, error);
    return true;
}

static bool
check_unix(const DomainChrDef *def, GError **error)
{
    /* a path is made for those at start */
    if (def->device == DOMAIN_CHR_DEVICE_CHANNEL &&
        (def->channel_target == DOMAIN_CHR_CHANNEL_VIRTIO ||
         def->channel_target == DOMAIN_CHR_CHANNEL_XEN))
        return true;
    return check_path(def, error);
}

static bool
check_udp(const DomainChrDef *def, GError **error)
{
    if (!def->source->service)
        return missing("service", def, VIR_ERR_INTERNAL_ERROR, error);
    return true;
}

static bool
check_tcp(const DomainChrDef *def, GError **error)
{
    if (!def->source->host)
        return missing("host", def, VIR_ERR_INTERNAL_ERROR, error);
    return check_udp(def, error);
}

static bool
check_channel(const DomainChrDef *def, GError **error)
{
    const char *channel = def->source->channel;

    if (!channel)
        return missing("channel", def, VIR_ERR_CONFIG_UNSUPPORTED, error);
    for (; *channel; channel++) {
        if (!g_ascii_isalnum(*channel) && !strchr("._-", *channel))
            return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                    _("Invalid character in source channel '%s' for char device"),
                                    def->source->channel);
    }
    return true;
}

static bool
check_nmdm(const DomainChrDef *def, GError **error)
{
    if (!def->source->master != !def->source->slave)
        return virtxl_error_set(
            error, VIR_ERR_INTERNAL_ERROR,
            _("Should define both master and slave path attributes for nmdm device"));
    return true;
}

/* --- writing one <source> ------------------------------------------------- */

static void
format_path(const DomainChrSourceDef *source, xmlNode *node)
{
    conf_xml_set(node, "path", source->path);
    if (source->type == DOMAIN_CHR_SOURCE_FILE)
        conf_xml_set_on_off(node, "append", source->append);
}

static void
format_reconnect(const DomainChrSourceDef *source, xmlNode *node)
{
    xmlNode *reconnect;

    if (source->reconnect == CONF_TRISTATE_ABSENT)
        return;
    reconnect = conf_xml_add(node, "reconnect");
    conf_xml_set_yes_no(reconnect, "enabled", source->reconnect);
    if (source->reconnect == CONF_TRISTATE_YES)
        conf_xml_setf(reconnect, "timeout", "%u", source->reconnect_timeout);
}

static void
format_host(xmlNode *node, const char *mode, const char *host, const char *service)
{
    conf_xml_set(node, "mode", mode);
    conf_xml_set(node, "host", host);
    conf_xml_set(node, "service", service);
}

/* bind, then connect: two elements */
static void
format_udp(const DomainChrSourceDef *source, xmlNode *node)
{
    bool bind = source->bind_host || source->bind_service;

    if (bind)
        format_host(node, "bind", source->bind_host, source->bind_service);
    if (source->host || source->service)
        format_host(bind ? conf_xml_add(node->parent, "source") : node, "connect", source->host,
                    source->service);
}

static void
format_tcp(const DomainChrSourceDef *source, xmlNode *node)
{
    format_host(node, source->listen ? "bind" : "connect", source->host, source->service);
    conf_xml_set_yes_no(node, "tls", source->tls);
    format_reconnect(source, node);
}

static void
format_unix(const DomainChrSourceDef *source, xmlNode *node)
{
    if (!source->path)
        return;
    conf_xml_set(node, "mode", source->listen ? "bind" : "connect");
    conf_xml_set(node, "path", source->path);
    format_reconnect(source, node);
}

static void
format_channel(const DomainChrSourceDef *source, xmlNode *node)
{
    conf_xml_set(node, "channel", source->channel);
}

static void
format_nmdm(const DomainChrSourceDef *source, xmlNode *node)
{
    conf_xml_set(node, "master", source->master);
    conf_xml_set(node, "slave", source->slave);
}

static void
format_vdagent(const DomainChrSourceDef *source, xmlNode *node)
{
    if (source->clipboard_copypaste != CONF_TRISTATE_ABSENT)
        conf_xml_set_yes_no(conf_xml_add(node, "clipboard"), "copypaste",
                            source->clipboard_copypaste);
    if (source->mouse_mode > 0)
        conf_xml_set(conf_xml_add(node, "mouse"), "mode", mouse_mode_names[source->mouse_mode]);
}

/* --- the table ------------------------------------------------------------ */

const DomainChrSourceKind domain_chr_source_kinds[] = {
    [DOMAIN_CHR_SOURCE_NULL] = {NULL, NULL, NULL},
    [DOMAIN_CHR_SOURCE_VC] = {NULL, NULL, NULL},
    [DOMAIN_CHR_SOURCE_PTY] = {parse_pty, NULL, format_path},
    [DOMAIN_CHR_SOURCE_DEV] = {parse_path, check_path, format_path},
    [DOMAIN_CHR_SOURCE_FILE] = {parse_file, check_path, format_path},
    [DOMAIN_CHR_SOURCE_PIPE] = {parse_path, check_path, format_path},
    [DOMAIN_CHR_SOURCE_STDIO] = {NULL, NULL, NULL},
    [DOMAIN_CHR_SOURCE_UDP] = {parse_udp, check_udp, format_udp},
    [DOMAIN_CHR_SOURCE_TCP] = {parse_tcp, check_tcp, format_tcp},
    [DOMAIN_CHR_SOURCE_UNIX] = {parse_unix, check_unix, format_unix},
    [DOMAIN_CHR_SOURCE_SPICEVMC] = {NULL, NULL, NULL},
    [DOMAIN_CHR_SOURCE_SPICEPORT] = {parse_channel, check_channel, format_channel},
    [DOMAIN_CHR_SOURCE_NMDM] = {parse_nmdm, check_nmdm, format_nmdm},
    [DOMAIN_CHR_SOURCE_QEMU_VDAGENT] = {parse_vdagent, NULL, format_vdagent},
    [DOMAIN_CHR_SOURCE_DBUS] = {parse_channel, check_channel, format_channel},
};
