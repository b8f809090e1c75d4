/* Character devices as libxl's configuration.
 *
 * A serial port of an HVM guest is QEMU's: libxl takes it as the text of QEMU's
 * -serial option. serial_text() writes it, source type by source type.
 *
 * A channel that virtxl-channeld serves is not libxl's business: it is checked here,
 * left out, and added to the domain once that is built (libxl_channel.c). So libxl
 * starts no QEMU for it. Any other is a libxl_device_channel with its device id
 * given: libxl would number by position, and 0 is the primary console's. Whether
 * the definition says target "xen" or "virtio" makes no difference.
 *
 * The primary console needs no configuration: every guest has it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/chr_conf.h"
#include "libxl/libxl_channel_source.h"
#include "libxl/libxl_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

/* --- serial ports --------------------------------------------------------- */

static char *
tcp_text(const DomainChrSourceDef *source)
{
    return g_strdup_printf(
        "%s:%s:%s%s", source->protocol == DOMAIN_CHR_PROTOCOL_TELNET ? "telnet" : "tcp",
        source->host ? source->host : "", source->service, source->listen ? ",server,nowait" : "");
}

static char *
udp_text(const DomainChrSourceDef *source)
{
    return g_strdup_printf("udp:%s:%s@%s:%s", source->host ? source->host : "",
                           source->service ? source->service : "",
                           source->bind_host ? source->bind_host : "",
                           source->bind_service ? source->bind_service : "");
}

/* NULL for a source that QEMU has no text for. */
static char *
serial_text(const DomainChrSourceDef *source)
{
    switch (source->type) {
    case DOMAIN_CHR_SOURCE_NULL:
    case DOMAIN_CHR_SOURCE_VC:
    case DOMAIN_CHR_SOURCE_PTY:
    case DOMAIN_CHR_SOURCE_STDIO:
        return g_strdup(domain_chr_source_type_names[source->type]);
    case DOMAIN_CHR_SOURCE_FILE:
    case DOMAIN_CHR_SOURCE_PIPE:
        return g_strdup_printf("%s:%s", domain_chr_source_type_names[source->type], source->path);
    case DOMAIN_CHR_SOURCE_DEV:
        return g_strdup(source->path);
    case DOMAIN_CHR_SOURCE_UDP:
        return udp_text(source);
    case DOMAIN_CHR_SOURCE_TCP:
        return tcp_text(source);
    case DOMAIN_CHR_SOURCE_UNIX:
        return g_strdup_printf("unix:%s%s", source->path, source->listen ? ",server,nowait" : "");
    case DOMAIN_CHR_SOURCE_SPICEVMC:
    case DOMAIN_CHR_SOURCE_SPICEPORT:
    case DOMAIN_CHR_SOURCE_NMDM:
    case DOMAIN_CHR_SOURCE_QEMU_VDAGENT:
    case DOMAIN_CHR_SOURCE_DBUS:
        break;
    }
    return NULL;
}

static bool
source_is_plain(const DomainChrSourceDef *source)
{
    return libxl_conf_is_plain(source->path) && libxl_conf_is_plain(source->host) &&
           libxl_conf_is_plain(source->service) && libxl_conf_is_plain(source->bind_host) &&
           libxl_conf_is_plain(source->bind_service);
}

static bool
add_serial(const DomainDef *def, const DomainChrDef *serial, GPtrArray *texts, GError **error)
{
    const char *type = domain_chr_source_type_names[serial->source->type];
    char *text;

    if (!source_is_plain(serial->source))
        return libxl_conf_refuse(def, error,
                                 _("serial port %d: the <source> has a comma, a quote or a "
                                   "control character, which Xen can't handle"),
                                 serial->target_port);
    text = serial_text(serial->source);
    if (!text)
        return libxl_conf_refuse(def, error,
                                 _("serial port %d: source type '%s' is not possible on Xen"),
                                 serial->target_port, type);
    g_ptr_array_add(texts, text);
    return true;
}

bool
libxl_conf_map_serials(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    if (!libxl_conf_is_hvm(def))
        return true;
    for (guint i = 0; i < def->serials->len; i++) {
        if (!add_serial(def, def->serials->pdata[i], texts, error))
            return false;
    }
    if (texts->len == 1)
        config->b_info.u.hvm.serial = g_steal_pointer(&texts->pdata[0]);
    else if (texts->len > 1)
        config->b_info.u.hvm.serial_list = libxl_conf_string_list(texts);
    return true;
}

bool
libxl_conf_map_parallels(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    if (libxl_conf_is_hvm(def) && def->parallels->len > 0)
        return libxl_conf_refuse(def, error, _("<parallel> is not possible on Xen"));
    return true;
}

/* --- channels ------------------------------------------------------------- */

bool
libxl_conf_check_channel_target(const DomainDef *def, const DomainChrDef *channel, GError **error)
{
    if (channel->channel_target != DOMAIN_CHR_CHANNEL_XEN &&
        channel->channel_target != DOMAIN_CHR_CHANNEL_VIRTIO)
        return libxl_conf_refuse(
            def, error,
            _("channel '%s': target type '%s' is not possible on Xen; use 'virtio' or 'xen'"),
            libxl_channel_source_name(channel),
            domain_chr_channel_target_names[channel->channel_target]);
    if (!channel->target_name || !*channel->target_name)
        return libxl_conf_refuse(def, error,
                                 _("channel '%s': <target> has no name, which Xen needs"),
                                 libxl_channel_source_name(channel));
    if (!libxl_conf_is_plain(channel->target_name))
        return libxl_conf_refuse(def, error,
                                 _("channel '%s': the name has a comma, a quote or a control "
                                   "character, which Xen can't handle"),
                                 channel->target_name);
    return true;
}

/* What both backends need. */
static bool
check_channel(const DomainDef *def, const DomainChrDef *channel, GError **error)
{
    if (!libxl_conf_check_channel_target(def, channel, error) ||
        !libxl_channel_source_check(def, channel, error))
        return false;
    /* libxl starts the domain without the channel if the id is the console's. */
    if (channel->devid == 0)
        return libxl_conf_refuse(def, error, _("channel '%s' has no device id"),
                                 channel->target_name);
    return true;
}

static void
map_channel(const DomainChrDef *channel, libxl_device_channel *device)
{
    libxl_device_channel_init(device);
    device->devid = (libxl_devid)channel->devid;
    device->name = g_strdup(channel->target_name);
    if (channel->source->type == DOMAIN_CHR_SOURCE_PTY) {
        libxl_device_channel_init_connection(device, LIBXL_CHANNEL_CONNECTION_PTY);
    } else {
        libxl_device_channel_init_connection(device, LIBXL_CHANNEL_CONNECTION_SOCKET);
        device->u.socket.path = g_strdup(channel->source->path);
    }
}

bool
libxl_conf_map_channels(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    config->channels = g_new0(libxl_device_channel, def->channels->len);
    for (guint i = 0; i < def->channels->len; i++) {
        const DomainChrDef *channel = def->channels->pdata[i];

        if (!check_channel(def, channel, error))
            return false;
        if (!channel->ours)
            map_channel(channel, &config->channels[config->num_channels++]);
    }
    return true;
}
