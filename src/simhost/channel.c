/* How it works
 *
 * The guest's end is the master of a pty whose slave a program in the guest's
 * chair opens through the link. The host's end is a listening socket, of which
 * one client at a time is accepted (the next waits in the backlog), or the
 * master of a second pty, which is there all the time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "simhost/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "simhost/pty.h"
#include "simhost/relay.h"
#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"

enum {
    BACKLOG = 16
};

struct SimChannel {
    guint devid;
    char *name;
    char *link; /* NULL until it is there */
    SimChannelState state;
    bool running;
    SimRelay *relay;
    SimPty guest;
    SimPty host; /* of a pty channel */
    char *socket;
    struct stat socket_stat; /* of the file that was made */
    int listener;
    FdWatch *listener_watch;
    int client;
};

static void
on_client(GIOCondition condition, gpointer user_data)
{
    SimChannel *channel = user_data;
    int client = accept4(channel->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (client < 0)
        return;
    channel->client = client;
    fd_watch_set(channel->listener_watch, 0);
    sim_relay_set_host(channel->relay, client);
}

static void
on_client_closed(int fd, gpointer user_data)
{
    SimChannel *channel = user_data;

    close(fd);
    channel->client = -1;
    fd_watch_set(channel->listener_watch, G_IO_IN);
}

static bool
bind_socket(SimChannel *channel, const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("device model did not start: UNIX socket path '%s' is too long"),
                                path);
    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    channel->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(path);
    if (channel->listener < 0 ||
        bind(channel->listener, (struct sockaddr *)&address, sizeof(address)) < 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("device model did not start: failed to bind socket to %s: %s"),
                                path, g_strerror(errno));
    channel->socket = g_strdup(path);
    if (lstat(path, &channel->socket_stat) < 0 || listen(channel->listener, BACKLOG) < 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("device model did not start: failed to listen on %s: %s"), path,
                                g_strerror(errno));
    return true;
}

static bool
make_host_end(SimChannel *channel, const char *path, GError **error)
{
    if (path) {
        if (!bind_socket(channel, path, error))
            return false;
        channel->listener_watch = fd_watch_new(channel->listener, on_client, channel);
        fd_watch_set(channel->listener_watch, G_IO_IN);
        return true;
    }
    if (!sim_pty_open(&channel->host, error))
        return false;
    sim_relay_set_host(channel->relay, channel->host.master);
    return true;
}

static bool
make_guest_end(SimChannel *channel, const char *link, GError **error)
{
    if (!sim_pty_open(&channel->guest, error))
        return false;
    if (symlink(channel->guest.path, link) < 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("cannot link the guest's end of channel '%s' at '%s': %s"),
                                channel->name, link, g_strerror(errno));
    channel->link = g_strdup(link);
    channel->relay = sim_relay_new(channel->guest.master, on_client_closed, channel);
    return true;
}

SimChannel *
sim_channel_new(const SimChannelConfig *config, GError **error)
{
    g_autoptr(SimChannel) channel = g_new0(SimChannel, 1);

    channel->devid = config->devid;
    channel->name = g_strdup(config->name);
    channel->state = SIM_CHANNEL_INITIALISING;
    channel->listener = channel->client = -1;
    channel->guest = channel->host = (SimPty){.master = -1, .slave = -1};
    if (!make_guest_end(channel, config->link, error) ||
        !make_host_end(channel, config->socket, error))
        return NULL;
    return g_steal_pointer(&channel);
}

static void
remove_socket(SimChannel *channel)
{
    struct stat now;

    if (channel->socket && lstat(channel->socket, &now) == 0 &&
        now.st_dev == channel->socket_stat.st_dev && now.st_ino == channel->socket_stat.st_ino)
        unlink(channel->socket);
}

void
sim_channel_free(SimChannel *channel)
{
    if (!channel)
        return;
    fd_watch_free(channel->listener_watch);
    sim_relay_free(channel->relay);
    if (channel->link)
        unlink(channel->link);
    remove_socket(channel);
    if (channel->listener >= 0)
        close(channel->listener);
    if (channel->client >= 0)
        close(channel->client);
    sim_pty_close(&channel->host);
    sim_pty_close(&channel->guest);
    g_free(channel->socket);
    g_free(channel->link);
    g_free(channel->name);
    g_free(channel);
}

guint
sim_channel_get_devid(const SimChannel *channel)
{
    return channel->devid;
}

const char *
sim_channel_get_name(const SimChannel *channel)
{
    return channel->name;
}

const char *
sim_channel_get_path(const SimChannel *channel)
{
    return channel->socket ? channel->socket : channel->host.path;
}

bool
sim_channel_is_pty(const SimChannel *channel)
{
    return channel->socket == NULL;
}

SimChannelState
sim_channel_get_state(const SimChannel *channel)
{
    return channel->state;
}

static void
update_relay(SimChannel *channel)
{
    sim_relay_set_active(channel->relay,
                         channel->running && channel->state == SIM_CHANNEL_CONNECTED);
}

void
sim_channel_set_state(SimChannel *channel, SimChannelState state)
{
    channel->state = state;
    update_relay(channel);
}

void
sim_channel_set_running(SimChannel *channel, bool running)
{
    channel->running = running;
    update_relay(channel);
}
