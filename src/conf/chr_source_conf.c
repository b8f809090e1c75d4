/* Where a character device's bytes go on the host: `type`, <source>,
 * <protocol>, <log>.
 *
 * What each type has in its <source> is in chr_source_kinds.c. What a type has no use for
 * is known to libvirt, which drops it; so do we.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <libvirt/libvirt.h>

#include "conf/chr_source_kinds.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_chr_source_type_names = {
    "null", "vc",   "pty",      "dev",       "file", "pipe",         "stdio", "udp",
    "tcp",  "unix", "spicevmc", "spiceport", "nmdm", "qemu-vdagent", "dbus",  NULL,
};

ConfNames domain_chr_protocol_names = {"raw", "telnet", "telnets", "tls", NULL};

/* --- the structure -------------------------------------------------------- */

static const gsize string_members[] = {
    offsetof(DomainChrSourceDef, path),         offsetof(DomainChrSourceDef, host),
    offsetof(DomainChrSourceDef, service),      offsetof(DomainChrSourceDef, bind_host),
    offsetof(DomainChrSourceDef, bind_service), offsetof(DomainChrSourceDef, channel),
    offsetof(DomainChrSourceDef, master),       offsetof(DomainChrSourceDef, slave),
    offsetof(DomainChrSourceDef, log_file),
};

static char **
string_member(const DomainChrSourceDef *source, gsize i)
{
    return G_STRUCT_MEMBER_P(source, string_members[i]);
}

DomainChrSourceDef *
domain_chr_source_new(DomainChrSourceType type)
{
    DomainChrSourceDef *source = g_new0(DomainChrSourceDef, 1);

    source->type = type;
    return source;
}

void
domain_chr_source_free(DomainChrSourceDef *source)
{
    if (!source)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(string_members); i++)
        g_free(*string_member(source, i));
    conf_xml_kept_free(source->kept);
    g_free(source);
}

DomainChrSourceDef *
domain_chr_source_copy(const DomainChrSourceDef *source)
{
    DomainChrSourceDef *copy = g_memdup2(source, sizeof(*source));

    for (gsize i = 0; i < G_N_ELEMENTS(string_members); i++)
        *string_member(copy, i) = g_strdup(*string_member(source, i));
    copy->kept = conf_xml_kept_copy(source->kept);
    return copy;
}

bool
domain_chr_source_equal(const DomainChrSourceDef *a, const DomainChrSourceDef *b)
{
    if (a->type != b->type || a->listen != b->listen)
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(string_members); i++) {
        if (string_members[i] != offsetof(DomainChrSourceDef, log_file) &&
            g_strcmp0(*string_member(a, i), *string_member(b, i)) != 0)
            return false;
    }
    return true;
}

/* --- parsing ---------------------------------------------------------------- */

static bool
parse_sources(DomainChrSourceDef *source, xmlNode *device, const DomainParseContext *context,
              GError **error)
{
    static const char *const known[] = {
        "mode", "path",    "host",   "service", "append",
        "tls",  "channel", "master", "slave",   "startupPolicy",
    };
    int limit = source->type == DOMAIN_CHR_SOURCE_UDP ? 2 : 1;
    int count = 0;

    for (xmlNode *node = NULL; (node = conf_xml_next_child(device, node, "source"));) {
        if (++count > limit)
            return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                    limit == 1 ? _("only one source element is allowed for a "
                                                   "character device")
                                               : _("only two source elements are allowed for a "
                                                   "character device"));
        if (domain_chr_source_kinds[source->type].parse) {
            if (!domain_chr_source_kinds[source->type].parse(source, node, context, error))
                return false;
            for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
                conf_xml_drop_attr(node, known[i]);
            if (!source->kept)
                source->kept = conf_xml_keep(node);
        }
        conf_xml_drop(node);
    }
    return true;
}

/* The only child element of that name; NULL if there is none, or with *@ok false
 * if there are several. */
static xmlNode *
only_child(xmlNode *device, const char *name, bool *ok, GError **error)
{
    xmlNode *node = conf_xml_next_child(device, NULL, name);

    if (node && conf_xml_next_child(device, node, name)) {
        *ok = virtxl_error_set(error, VIR_ERR_XML_ERROR,
                               _("only one %s element is allowed for a character device"), name);
        return NULL;
    }
    *ok = true;
    return node;
}

static bool
parse_protocol(DomainChrSourceDef *source, xmlNode *device, GError **error)
{
    bool ok;
    xmlNode *node = only_child(device, "protocol", &ok, error);
    int protocol = DOMAIN_CHR_PROTOCOL_RAW;

    if (!node)
        return ok;
    if (source->type != DOMAIN_CHR_SOURCE_TCP) {
        conf_xml_drop(node);
        return true;
    }
    if (!conf_xml_attr_enum(node, "type", domain_chr_protocol_names, &protocol,
                            VIR_ERR_CONFIG_UNSUPPORTED, error))
        return false;
    source->protocol = (DomainChrProtocol)protocol;
    return true;
}

static bool
parse_log(DomainChrSourceDef *source, xmlNode *device, GError **error)
{
    bool ok;
    xmlNode *node = only_child(device, "log", &ok, error);

    if (!node)
        return ok;
    source->log_file = conf_xml_attr(node, "file");
    return conf_xml_attr_on_off(node, "append", &source->log_append, error);
}

bool
domain_chr_source_parse(DomainChrSourceDef *source, xmlNode *node,
                        const DomainParseContext *context, GError **error)
{
    g_autofree char *type = conf_xml_attr(node, "type");
    int found = DOMAIN_CHR_SOURCE_PTY;

    if (type)
        found = conf_names_find(domain_chr_source_type_names, type);
    if (found < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("unknown type presented to host for character device: '%s'"),
                                type);
    source->type = (DomainChrSourceType)found;
    return parse_sources(source, node, context, error) && parse_protocol(source, node, error) &&
           parse_log(source, node, error);
}

/* --- checking and formatting ------------------------------------------------- */

bool
domain_chr_source_check(const DomainChrDef *def, GError **error)
{
    bool (*check)(const DomainChrDef *, GError **) =
        domain_chr_source_kinds[def->source->type].check;

    return !check || check(def, error);
}

/* In the inactive definition there is no path that the host chose. */
static bool
hides_source(const DomainChrSourceDef *source, unsigned flags)
{
    return (flags & (VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_MIGRATABLE)) &&
           (source->type == DOMAIN_CHR_SOURCE_PTY || source->path_generated);
}

void
domain_chr_source_format(const DomainChrSourceDef *source, xmlNode *device, unsigned flags)
{
    static const ConfXmlOrder order[] = {
        {"seclabel"}, {"clipboard"}, {"mouse"}, {"reconnect"}, {NULL}};
    xmlNode *node, *log;

    if (domain_chr_source_kinds[source->type].format && !hides_source(source, flags)) {
        node = conf_xml_add(device, "source");
        domain_chr_source_kinds[source->type].format(source, node);
        if (node->properties || node->children)
            conf_xml_put_kept(node, source->kept, order);
        else
            conf_xml_drop_if_empty(node);
    }
    if (source->type == DOMAIN_CHR_SOURCE_TCP)
        conf_xml_set(conf_xml_add(device, "protocol"), "type",
                     domain_chr_protocol_names[source->protocol]);
    if (source->log_file) {
        log = conf_xml_add(device, "log");
        conf_xml_set(log, "file", source->log_file);
        conf_xml_set_on_off(log, "append", source->log_append);
    }
}
