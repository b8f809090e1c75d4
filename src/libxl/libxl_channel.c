/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_channel.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/un.h>

#include "libxl/libxl_channel_devid.h"
#include "libxl/libxl_channel_socket.h"
#include "libxl/libxl_channel_source.h"
#include "libxl/libxl_channel_state.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/uuid.h"

/* How long a backend may take to remove a socket that is no longer at its path. */
#define ASIDE_WAIT_MS 1000
#define ASIDE_POLL_MS 5

/* --- automatic paths ------------------------------------------------------- */

/* True if the host's end is a socket that we have made: without a path there is
 * nothing to connect to, so that is one too. */
static bool
has_socket(const DomainChrDef *channel)
{
    return channel->source->type == DOMAIN_CHR_SOURCE_UNIX &&
           (channel->source->listen || !channel->source->path);
}

DomainChrDef *
libxl_channels_find(const DomainDef *live, const char *name)
{
    for (guint i = 0; i < live->channels->len; i++) {
        DomainChrDef *channel = live->channels->pdata[i];

        if (g_strcmp0(channel->target_name, name) == 0)
            return channel;
    }
    return NULL;
}

static char *
automatic_directory(const DomainDef *live, const LibxlDriverConfig *config)
{
    char uuid[UUID_STRING_SIZE];

    uuid_format(live->uuid, uuid);
    return g_build_filename(config->channel_dir, uuid, NULL);
}

/* A domain's id changes with each reboot and its name may be another's plus a
 * dash: an application finds its socket again by the uuid. */
static char *
automatic_path(const DomainDef *live, const DomainChrDef *channel, const LibxlDriverConfig *config,
               GError **error)
{
    const gsize limit = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    g_autofree char *directory = automatic_directory(live, config);
    g_autofree char *path = g_build_filename(directory, channel->target_name, NULL);

    if (strlen(path) <= limit)
        return g_steal_pointer(&path);
    virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                     _("domain '%s': channel '%s' needs the socket path '%s', which is longer than "
                       "the %zu bytes that a socket's path can have; give it a <source path>"),
                     live->name, channel->target_name, path, limit);
    return NULL;
}

/* Of two at one path, the second would take the first one's away. */
static bool
check_path_is_only_its_own(const DomainDef *def, const DomainChrDef *channel, GError **error)
{
    for (guint i = 0; i < def->channels->len; i++) {
        const DomainChrDef *other = def->channels->pdata[i];

        if (other != channel && has_socket(other) &&
            g_strcmp0(other->source->path, channel->source->path) == 0)
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("domain '%s': channels '%s' and '%s' have the same socket "
                                      "path '%s'"),
                                    def->name, channel->target_name, other->target_name,
                                    channel->source->path);
    }
    return true;
}

bool
libxl_channels_check(const DomainDef *def, const LibxlDriverConfig *config, GError **error)
{
    for (guint i = 0; i < def->channels->len; i++) {
        const DomainChrDef *channel = def->channels->pdata[i];
        g_autofree char *path = NULL;

        if (!has_socket(channel) || !channel->target_name)
            continue;
        if (channel->source->path) {
            if (!check_path_is_only_its_own(def, channel, error))
                return false;
            continue;
        }
        path = automatic_path(def, channel, config, error);
        if (!path)
            return false;
    }
    return true;
}

void
libxl_channel_drop_automatic_path(DomainChrDef *channel, const LibxlDriverConfig *config)
{
    const char *path = channel->source->path;

    if (has_socket(channel) && path && g_str_has_prefix(path, config->channel_dir) &&
        path[strlen(config->channel_dir)] == '/')
        g_clear_pointer(&channel->source->path, g_free);
}

void
libxl_channels_drop_automatic_paths(DomainDef *def, const LibxlDriverConfig *config)
{
    for (guint i = 0; i < def->channels->len; i++)
        libxl_channel_drop_automatic_path(def->channels->pdata[i], config);
}

static bool
give_path(DomainDef *live, DomainChrDef *channel, const LibxlDriverConfig *config, GError **error)
{
    if (channel->source->path)
        return true;
    channel->source->listen = true;
    channel->source->path = automatic_path(live, channel, config, error);
    return channel->source->path != NULL;
}

/* A backend that removes a socket moves it aside first, so as to remove no other. Is there
 * one? */
static bool
has_socket_aside(const DomainDef *live, const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        if (!libxl_channels_find(live, name))
            return true;
    }
    return false;
}

/* Where there is another automatic socket, it stays. */
static void
remove_automatic_directory(const DomainDef *live, const LibxlDriverConfig *config)
{
    g_autofree char *directory = automatic_directory(live, config);

    for (int waited = 0; waited <= ASIDE_WAIT_MS; waited += ASIDE_POLL_MS) {
        if (g_rmdir(directory) == 0 || !has_socket_aside(live, directory))
            return;
        g_usleep(ASIDE_POLL_MS * 1000);
    }
}

bool
libxl_channel_prepare(DomainDef *live, DomainChrDef *channel, LibxlChannelBackend backend,
                      const LibxlDriverConfig *config, GPtrArray *messages, GError **error)
{
    libxl_channel_give_devid(live, channel);
    channel->ours = libxl_channel_source_is_ours(channel, backend);
    if (has_socket(channel) && (!give_path(live, channel, config, error) ||
                                !check_path_is_only_its_own(live, channel, error) ||
                                !libxl_channel_socket_prepare(live, channel, messages, error))) {
        remove_automatic_directory(live, config);
        return false;
    }
    if (channel->devid == LIBXL_CHANNELS_FOR_LINUX + 1)
        g_ptr_array_add(messages,
                        g_strdup_printf(_("domain '%s' has %u channels; a Linux guest "
                                          "can open the first %d"),
                                        live->name, live->channels->len, LIBXL_CHANNELS_FOR_LINUX));
    return true;
}

bool
libxl_channels_prepare(DomainDef *live, const LibxlDriverConfig *config, GPtrArray *messages,
                       GError **error)
{
    for (guint i = 0; i < live->channels->len; i++) {
        if (!libxl_channel_prepare(live, live->channels->pdata[i], config->channel_backend, config,
                                   messages, error))
            return false;
    }
    return true;
}

bool
libxl_channel_is_agent(const DomainChrDef *channel)
{
    return g_strcmp0(channel->target_name, LIBXL_AGENT_CHANNEL) == 0;
}

/* --- channels that virtxl-channeld serves ---------------------------------- */

bool
libxl_channel_check_backend(const DomainDef *live, const DomainChrDef *channel, XenHost *host,
                            GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (host->ops->check_channel_backend(host, &reason))
        return true;
    g_propagate_prefixed_error(error, g_steal_pointer(&reason), _("domain '%s': channel '%s': "),
                               live->name, channel->target_name);
    return false;
}

bool
libxl_channels_check_backend(const DomainDef *live, XenHost *host, GError **error)
{
    for (guint i = 0; i < live->channels->len; i++) {
        const DomainChrDef *channel = live->channels->pdata[i];

        if (channel->ours)
            return libxl_channel_check_backend(live, channel, host, error);
    }
    return true;
}

bool
libxl_channel_add(const DomainDef *live, const DomainChrDef *channel,
                  const LibxlDriverConfig *config, XenHost *host, GError **error)
{
    g_autoptr(ChannelSource) source = libxl_channel_source_new(channel, config);
    g_autoptr(GError) reason = NULL;

    if (host->ops->add_channel(host, (guint32)live->id, channel->devid, channel->target_name,
                               source, &reason))
        return true;
    g_propagate_prefixed_error(error, g_steal_pointer(&reason), _("domain '%s': channel '%s': "),
                               live->name, channel->target_name);
    return false;
}

bool
libxl_channels_add(const DomainDef *live, const LibxlDriverConfig *config, XenHost *host,
                   GError **error)
{
    for (guint i = 0; i < live->channels->len; i++) {
        const DomainChrDef *channel = live->channels->pdata[i];

        if (channel->ours && !libxl_channel_add(live, channel, config, host, error))
            return false;
    }
    return true;
}

/* --- after the start ------------------------------------------------------ */

const XenChannelInfo *
libxl_channel_find_info(GPtrArray *infos, const char *name)
{
    for (guint i = 0; i < infos->len; i++) {
        const XenChannelInfo *info = infos->pdata[i];

        if (g_strcmp0(info->name, name) == 0)
            return info;
    }
    return NULL;
}

static void
take_pty_path(DomainChrDef *channel, const XenChannelInfo *info)
{
    if (channel->source->type != DOMAIN_CHR_SOURCE_PTY || !info->path)
        return;
    g_free(channel->source->path);
    channel->source->path = g_strdup(info->path);
}

static bool
settle(DomainDef *live, DomainChrDef *channel, GPtrArray *infos, const LibxlDriverConfig *config,
       GError **error)
{
    const XenChannelInfo *info = libxl_channel_find_info(infos, channel->target_name);

    if (!info || info->devid != channel->devid || info->is_ours != channel->ours ||
        info->is_pty != (channel->source->type == DOMAIN_CHR_SOURCE_PTY))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("domain '%s': Xen did not make channel '%s' (device id %u)"),
                                live->name, channel->target_name, channel->devid);
    libxl_channel_state_init(channel, info->is_connected);
    take_pty_path(channel, info);
    if (channel->source->type == DOMAIN_CHR_SOURCE_PTY && !channel->source->path)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("domain '%s': channel '%s' got no pty"), live->name,
                                channel->target_name);
    return !has_socket(channel) || channel->ours ||
           libxl_channel_socket_own(live, channel, config, error);
}

bool
libxl_channel_settle(DomainDef *live, DomainChrDef *channel, const LibxlDriverConfig *config,
                     XenHost *host, GError **error)
{
    g_autoptr(GPtrArray) infos = host->ops->list_channels(host, (guint32)live->id, error);

    return infos && settle(live, channel, infos, config, error);
}

bool
libxl_channels_settle(DomainDef *live, const LibxlDriverConfig *config, XenHost *host,
                      GError **error)
{
    g_autoptr(GPtrArray) infos = NULL;

    if (live->channels->len == 0)
        return true;
    infos = host->ops->list_channels(host, (guint32)live->id, error);
    if (!infos)
        return false;
    for (guint i = 0; i < live->channels->len; i++) {
        if (!settle(live, live->channels->pdata[i], infos, config, error))
            return false;
    }
    return true;
}

/* One that nobody has written down was to be attached, or detached, when a driver
 * before us died. */
static void
remove_unfinished(const DomainDef *live, GPtrArray *infos, XenHost *host)
{
    for (guint i = 0; i < infos->len; i++) {
        const XenChannelInfo *info = infos->pdata[i];
        g_autoptr(GError) error = NULL;

        if (!info->is_ours || libxl_channels_find(live, info->name))
            continue;
        g_message("domain '%s': channel '%s' was not attached or detached to the end", live->name,
                  info->name);
        if (!host->ops->remove_channel(host, (guint32)live->id, info->devid, false, &error))
            g_warning("domain '%s': channel '%s' stays: %s", live->name, info->name,
                      error->message);
    }
}

bool
libxl_channels_adopt(DomainDef *live, XenHost *host, GError **error)
{
    g_autoptr(GPtrArray) infos = host->ops->list_channels(host, (guint32)live->id, error);

    if (!infos)
        return false;
    for (guint i = 0; i < live->channels->len; i++) {
        DomainChrDef *channel = live->channels->pdata[i];
        const XenChannelInfo *info = libxl_channel_find_info(infos, channel->target_name);

        channel->devid = info ? info->devid : 0;
        channel->ours = info && info->is_ours;
        libxl_channel_state_init(channel, info && info->is_connected);
        if (info)
            take_pty_path(channel, info);
    }
    remove_unfinished(live, infos, host);
    return true;
}

void
libxl_channel_remove(const DomainDef *live, const DomainChrDef *channel,
                     const LibxlDriverConfig *config)
{
    if (has_socket(channel) && channel->source->path)
        libxl_channel_socket_remove(channel->source->path);
    remove_automatic_directory(live, config);
}

void
libxl_channels_remove(const DomainDef *live, const LibxlDriverConfig *config)
{
    for (guint i = 0; i < live->channels->len; i++)
        libxl_channel_remove(live, live->channels->pdata[i], config);
    remove_automatic_directory(live, config);
}
