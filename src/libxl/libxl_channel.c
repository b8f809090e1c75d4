/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "libxl/libxl_channel_source.h"
#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"
#include "util/uuid.h"

/* How long a backend may take to let go of a socket. */
#define RELEASE_WAIT_MS 5000
#define RELEASE_POLL_MS 5

/* --- device ids, aliases, automatic paths --------------------------------- */

/* True if the host's end is a socket that we have made: without a path there is
 * nothing to connect to, so that is one too. */
static bool
has_socket(const DomainChrDef *channel)
{
    return channel->source->type == DOMAIN_CHR_SOURCE_UNIX &&
           (channel->source->listen || !channel->source->path);
}

static bool
devid_is_used(const DomainDef *live, unsigned devid)
{
    for (guint i = 0; i < live->channels->len; i++) {
        const DomainChrDef *channel = live->channels->pdata[i];

        if (channel->devid == devid)
            return true;
    }
    return false;
}

static unsigned
lowest_free_devid(const DomainDef *live)
{
    unsigned devid = 1;

    while (devid_is_used(live, devid))
        devid++;
    return devid;
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
check_path_is_only_its_own(const DomainDef *def, guint index, GError **error)
{
    const DomainChrDef *channel = def->channels->pdata[index];

    for (guint i = 0; i < index; i++) {
        const DomainChrDef *other = def->channels->pdata[i];

        if (has_socket(other) && g_strcmp0(other->source->path, channel->source->path) == 0)
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("domain '%s': channels '%s' and '%s' have the same socket "
                                      "path '%s'"),
                                    def->name, other->target_name, channel->target_name,
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
            if (!check_path_is_only_its_own(def, i, error))
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
libxl_channels_drop_automatic_paths(DomainDef *def, const LibxlDriverConfig *config)
{
    for (guint i = 0; i < def->channels->len; i++) {
        DomainChrDef *channel = def->channels->pdata[i];
        const char *path = channel->source->path;

        if (has_socket(channel) && path && g_str_has_prefix(path, config->channel_dir) &&
            path[strlen(config->channel_dir)] == '/')
            g_clear_pointer(&channel->source->path, g_free);
    }
}

static bool
give_identity(DomainDef *live, DomainChrDef *channel, const LibxlDriverConfig *config,
              GError **error)
{
    channel->devid = lowest_free_devid(live);
    channel->ours = libxl_channel_source_is_ours(channel, config->channel_backend);
    if (!channel->info.alias)
        channel->info.alias = g_strdup_printf("channel%u", channel->devid - 1);
    if (!has_socket(channel) || channel->source->path)
        return true;
    channel->source->listen = true;
    channel->source->path = automatic_path(live, channel, config, error);
    return channel->source->path != NULL;
}

/* --- what is at a socket's path ------------------------------------------- */

/* True if a process accepts on the socket at @path. A non-blocking connect to
 * a full backlog fails with EAGAIN, which is an answer too. */
static bool
socket_is_served(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool served;

    if (fd < 0)
        return true;
    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    served = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN;
    close(fd);
    return served;
}

static bool
clear_path(const DomainDef *live, const char *path, GError **error)
{
    struct stat status;

    if (lstat(path, &status) < 0) {
        if (errno == ENOENT)
            return true;
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR,
                                _("domain '%s': cannot look at channel path '%s': %s"), live->name,
                                path, g_strerror(errno));
    }
    if (!S_ISSOCK(status.st_mode))
        return virtxl_error_set(
            error, VIR_ERR_OPERATION_FAILED,
            _("domain '%s': channel path '%s' is taken by something that is not a socket"),
            live->name, path);
    if (socket_is_served(path))
        return virtxl_error_set(
            error, VIR_ERR_OPERATION_FAILED,
            _("domain '%s': channel path '%s' is the socket of another program that listens on it"),
            live->name, path);
    return file_remove(path, error);
}

/* QEMU removes whatever is at the path before it binds, so our look at it holds
 * only where nobody else can write. */
static void
warn_of_shared_directory(const DomainDef *live, const char *directory, GPtrArray *messages)
{
    struct stat status;

    if (stat(directory, &status) == 0 && status.st_uid == 0 &&
        (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return;
    g_ptr_array_add(
        messages,
        g_strdup_printf(_("domain '%s': users other than root can write to '%s', the directory of "
                          "a channel's socket, and could put their own in its place"),
                        live->name, directory));
}

static bool
prepare_socket(const DomainDef *live, const DomainChrDef *channel, GPtrArray *messages,
               GError **error)
{
    g_autofree char *directory = g_path_get_dirname(channel->source->path);

    if (!file_make_directory(directory, 0755, error))
        return false;
    warn_of_shared_directory(live, directory, messages);
    return clear_path(live, channel->source->path, error);
}

bool
libxl_channels_prepare(DomainDef *live, const LibxlDriverConfig *config, GPtrArray *messages,
                       GError **error)
{
    for (guint i = 0; i < live->channels->len; i++)
        ((DomainChrDef *)live->channels->pdata[i])->devid = 0;

    for (guint i = 0; i < live->channels->len; i++) {
        DomainChrDef *channel = live->channels->pdata[i];

        if (!give_identity(live, channel, config, error))
            return false;
        if (has_socket(channel) && (!check_path_is_only_its_own(live, i, error) ||
                                    !prepare_socket(live, channel, messages, error)))
            return false;
        if (channel->devid == LIBXL_CHANNELS_FOR_LINUX + 1)
            g_ptr_array_add(messages,
                            g_strdup_printf(_("domain '%s' has %u channels; a Linux guest can open "
                                              "the first %d"),
                                            live->name, live->channels->len,
                                            LIBXL_CHANNELS_FOR_LINUX));
    }
    return true;
}

/* --- channels that virtxl-channeld serves ---------------------------------- */

bool
libxl_channels_check_backend(const DomainDef *live, XenHost *host, GError **error)
{
    g_autoptr(GError) reason = NULL;

    for (guint i = 0; i < live->channels->len; i++) {
        const DomainChrDef *channel = live->channels->pdata[i];

        if (!channel->ours)
            continue;
        if (host->ops->check_channel_backend(host, &reason))
            return true;
        g_propagate_prefixed_error(error, g_steal_pointer(&reason),
                                   _("domain '%s': channel '%s': "), live->name,
                                   channel->target_name);
        return false;
    }
    return true;
}

bool
libxl_channels_add(const DomainDef *live, const LibxlDriverConfig *config, XenHost *host,
                   GError **error)
{
    for (guint i = 0; i < live->channels->len; i++) {
        const DomainChrDef *channel = live->channels->pdata[i];
        g_autoptr(ChannelSource) source = NULL;
        g_autoptr(GError) reason = NULL;

        if (!channel->ours)
            continue;
        source = libxl_channel_source_new(channel, config);
        if (host->ops->add_channel(host, (guint32)live->id, channel->devid, channel->target_name,
                                   source, &reason))
            continue;
        g_propagate_prefixed_error(error, g_steal_pointer(&reason),
                                   _("domain '%s': channel '%s': "), live->name,
                                   channel->target_name);
        return false;
    }
    return true;
}

/* --- after the start ------------------------------------------------------ */

static const XenChannelInfo *
find_info(GPtrArray *infos, const char *name)
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

/* Holds on to the socket itself, so that nobody who can write to its directory
 * gets anything else of the host's by a link in its place. */
static int
hold_socket(const char *path)
{
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode))
        return fd;
    if (fd >= 0) {
        close(fd);
        errno = ENOTSOCK;
    }
    return -1;
}

static bool
own_socket(const DomainDef *live, const DomainChrDef *channel, const LibxlDriverConfig *config,
           GError **error)
{
    const char *path = channel->source->path;
    int fd = hold_socket(path);
    g_autofree char *same = g_strdup_printf("/proc/self/fd/%d", fd);
    bool ok = fd >= 0 && fchownat(fd, "", (uid_t)-1, config->channel_group, AT_EMPTY_PATH) == 0 &&
              chmod(same, config->channel_mode) == 0;

    if (!ok)
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                         _("domain '%s': channel '%s' has no usable socket '%s': %s"), live->name,
                         channel->target_name, path, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool
settle(DomainDef *live, DomainChrDef *channel, GPtrArray *infos, const LibxlDriverConfig *config,
       GError **error)
{
    const XenChannelInfo *info = find_info(infos, channel->target_name);

    if (!info || info->devid != channel->devid || info->is_ours != channel->ours ||
        info->is_pty != (channel->source->type == DOMAIN_CHR_SOURCE_PTY))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("domain '%s': Xen did not make channel '%s' (device id %u)"),
                                live->name, channel->target_name, channel->devid);
    take_pty_path(channel, info);
    if (channel->source->type == DOMAIN_CHR_SOURCE_PTY && !channel->source->path)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("domain '%s': channel '%s' got no pty"), live->name,
                                channel->target_name);
    return !has_socket(channel) || channel->ours || own_socket(live, channel, config, error);
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

bool
libxl_channels_adopt(DomainDef *live, XenHost *host, GError **error)
{
    g_autoptr(GPtrArray) infos = host->ops->list_channels(host, (guint32)live->id, error);

    if (!infos)
        return false;
    for (guint i = 0; i < live->channels->len; i++) {
        DomainChrDef *channel = live->channels->pdata[i];
        const XenChannelInfo *info = find_info(infos, channel->target_name);

        channel->devid = info ? info->devid : 0;
        channel->ours = info && info->is_ours;
        if (info)
            take_pty_path(channel, info);
    }
    return true;
}

static void
remove_socket(const char *path)
{
    struct stat status;

    for (int waited = 0; waited <= RELEASE_WAIT_MS; waited += RELEASE_POLL_MS) {
        if (lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode))
            return;
        if (!socket_is_served(path)) {
            g_unlink(path);
            return;
        }
        g_usleep(RELEASE_POLL_MS * 1000);
    }
    g_message("the socket '%s' is still served by a program, and stays", path);
}

void
libxl_channels_remove(const DomainDef *live, const LibxlDriverConfig *config)
{
    g_autofree char *directory = automatic_directory(live, config);

    for (guint i = 0; i < live->channels->len; i++) {
        const DomainChrDef *channel = live->channels->pdata[i];

        if (has_socket(channel) && channel->source->path)
            remove_socket(channel->source->path);
    }
    g_rmdir(directory);
}
