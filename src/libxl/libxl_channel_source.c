/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_channel_source.h"

#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

const char *
libxl_channel_source_name(const DomainChrDef *channel)
{
    if (channel->target_name)
        return channel->target_name;
    return channel->info.alias ? channel->info.alias : "";
}

/* --- which backend --------------------------------------------------------- */

static bool
qemu_can_serve(const DomainChrSourceDef *source)
{
    if (source->log_file)
        return false;
    /* A socket without a path is one that listens. */
    return source->type == DOMAIN_CHR_SOURCE_PTY ||
           (source->type == DOMAIN_CHR_SOURCE_UNIX && (source->listen || !source->path));
}

bool
libxl_channel_source_is_ours(const DomainChrDef *channel, LibxlChannelBackend configured)
{
    return configured == LIBXL_CHANNEL_BACKEND_VIRTXL || !qemu_can_serve(channel->source);
}

/* --- for ours -------------------------------------------------------------- */

/* False for a type that is not possible on Xen. */
static bool
map_type(DomainChrSourceType type, ChannelSourceType *mapped)
{
    static const struct {
        DomainChrSourceType from;
        ChannelSourceType to;
    } types[] = {
        {DOMAIN_CHR_SOURCE_NULL, CHANNEL_SOURCE_NULL},
        {DOMAIN_CHR_SOURCE_PTY, CHANNEL_SOURCE_PTY},
        {DOMAIN_CHR_SOURCE_DEV, CHANNEL_SOURCE_DEV},
        {DOMAIN_CHR_SOURCE_FILE, CHANNEL_SOURCE_FILE},
        {DOMAIN_CHR_SOURCE_PIPE, CHANNEL_SOURCE_PIPE},
        {DOMAIN_CHR_SOURCE_UDP, CHANNEL_SOURCE_UDP},
        {DOMAIN_CHR_SOURCE_TCP, CHANNEL_SOURCE_TCP},
        {DOMAIN_CHR_SOURCE_UNIX, CHANNEL_SOURCE_UNIX},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].from == type) {
            *mapped = types[i].to;
            return true;
        }
    }
    return false;
}

static ChannelSource *
map_source(const DomainChrSourceDef *source, ChannelSourceType type)
{
    ChannelSource *mapped = channel_source_new(type);

    /* A pty's is what it got the last time. */
    if (type != CHANNEL_SOURCE_PTY)
        mapped->path = g_strdup(source->path);
    mapped->append = source->append == CONF_TRISTATE_YES;
    mapped->listen = source->listen;
    mapped->host = g_strdup(source->host);
    mapped->service = g_strdup(source->service);
    mapped->bind_host = g_strdup(source->bind_host);
    mapped->bind_service = g_strdup(source->bind_service);
    mapped->telnet = source->protocol == DOMAIN_CHR_PROTOCOL_TELNET;
    if (source->reconnect == CONF_TRISTATE_YES)
        mapped->reconnect_s = source->reconnect_timeout;
    mapped->log_path = g_strdup(source->log_file);
    mapped->log_append = source->log_append == CONF_TRISTATE_YES;
    return mapped;
}

ChannelSource *
libxl_channel_source_new(const DomainChrDef *channel, const LibxlDriverConfig *config)
{
    ChannelSourceType type = CHANNEL_SOURCE_NULL;
    ChannelSource *source;

    g_return_val_if_fail(map_type(channel->source->type, &type), NULL);
    source = map_source(channel->source, type);
    if (type == CHANNEL_SOURCE_UNIX && source->listen) {
        source->group = config->channel_group;
        source->permissions = config->channel_mode;
    }
    source->hold_in = config->channel_hold_in;
    source->hold_out = config->channel_hold_out;
    source->wait = config->channel_overflow == LIBXL_CHANNEL_WAIT;
    return source;
}

/* --- what is possible ------------------------------------------------------ */

/* Asks the backend's own reader, so that nothing is refused only after the domain
 * is built. */
static bool
check_readable(const DomainDef *def, const DomainChrDef *channel, ChannelSourceType type,
               GError **error)
{
    g_autoptr(ChannelSource) source = map_source(channel->source, type);
    g_autoptr(GHashTable) nodes = channel_source_to_nodes(source);
    g_autoptr(GError) reason = NULL;
    g_autoptr(ChannelSource) read = channel_source_from_nodes(nodes, &reason);

    return read || libxl_conf_refuse(def, error, _("channel '%s': %s"),
                                     libxl_channel_source_name(channel), reason->message);
}

static bool
check_protocol(const DomainDef *def, const DomainChrDef *channel, GError **error)
{
    const DomainChrSourceDef *source = channel->source;

    if (source->tls == CONF_TRISTATE_YES)
        return libxl_conf_refuse(def, error, _("channel '%s': tls='yes' is not possible on Xen"),
                                 libxl_channel_source_name(channel));
    if (source->protocol != DOMAIN_CHR_PROTOCOL_RAW &&
        source->protocol != DOMAIN_CHR_PROTOCOL_TELNET)
        return libxl_conf_refuse(def, error,
                                 _("channel '%s': <protocol type='%s'> is not possible on Xen; use "
                                   "'raw' or 'telnet'"),
                                 libxl_channel_source_name(channel),
                                 domain_chr_protocol_names[source->protocol]);
    return true;
}

static bool
check_path(const DomainDef *def, const DomainChrDef *channel, const char *path, GError **error)
{
    if (libxl_conf_is_plain(path))
        return true;
    return libxl_conf_refuse(def, error,
                             _("channel '%s': the path '%s' has a comma, a quote or a control "
                               "character, which Xen can't handle"),
                             libxl_channel_source_name(channel), path);
}

bool
libxl_channel_source_check(const DomainDef *def, const DomainChrDef *channel, GError **error)
{
    const DomainChrSourceDef *source = channel->source;
    ChannelSourceType type;

    if (!map_type(source->type, &type))
        return libxl_conf_refuse(def, error, _("channel '%s': type='%s' is not possible on Xen"),
                                 libxl_channel_source_name(channel),
                                 domain_chr_source_type_names[source->type]);
    if (type == CHANNEL_SOURCE_UNIX && !source->path)
        return libxl_conf_refuse(def, error, _("channel '%s': <source> has no path"),
                                 libxl_channel_source_name(channel));
    if (!channel->ours && !qemu_can_serve(source))
        return libxl_conf_refuse(def, error, _("channel '%s': only virtxl-channeld can serve it"),
                                 libxl_channel_source_name(channel));
    return check_protocol(def, channel, error) &&
           check_path(def, channel, type == CHANNEL_SOURCE_PTY ? NULL : source->path, error) &&
           check_path(def, channel, source->log_file, error) &&
           check_readable(def, channel, type, error);
}
