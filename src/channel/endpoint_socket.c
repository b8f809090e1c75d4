/* Endpoints that are stream sockets, unix and TCP, bound or connected.
 *
 * One client at a time is served. When it has gone, and has left something that was not
 * read yet, it goes on to the clients that drain: from the first of those all input is
 * read till there is none left, then from the next, at last from the client that is
 * served. So all that was sent arrives in the order in which the clients came, and a
 * client that sends and goes is no hindrance to the next one's output. There are at most
 * MAX_DRAINING of them; then newcomers wait.
 *
 * When has a client gone? Of a unix socket the kernel says so (EPOLLHUP): the other end has
 * closed it, or shut both ways. TCP tells only that nothing more will come. Such a client
 * may wait for an answer; or it is dead. It is served on while nobody else waits in
 * line; else it has to take something at least every LINGER_S seconds. The same holds
 * where we connect, and would connect again.
 *
 * Over a restart the listening sockets and the client outlive the process (fd_store.h), those
 * that drain don't.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/endpoint_private.h"
#include "channel/socket_client.h"
#include "channel/socket_connector.h"
#include "channel/socket_listener.h"

#include <sys/socket.h>

#define MAX_DRAINING 16
#define LINGER_S     5

typedef struct {
    Endpoint base;
    bool telnet;
    bool is_tcp;
    bool reconnects;
    SocketListener *listener; /* one of the two; neither once the door is closed */
    SocketConnector *connector;
    SocketClient *client;     /* that is served, or NULL */
    GQueue draining;          /* of SocketClient */
    bool vacant;              /* the next client has not been asked for yet */
    guint linger_timer;       /* runs while on_linger() has to look */
    gint64 half_closed_since; /* monotonic; 0: it is not */
} SocketEndpoint;

static void
update_watches(SocketEndpoint *socket)
{
    SocketClient *first = g_queue_peek_head(&socket->draining);
    const SocketClient *client = socket->client;
    GIOCondition condition = G_IO_HUP;

    /* One that drains is always readable, and its hangup is no news. */
    if (first)
        fd_watch_set(first->watch, socket->base.want_input ? G_IO_IN : 0);
    if (!client)
        return;
    if (socket->base.want_input && !first && !client->input_over)
        condition |= G_IO_IN;
    if ((socket->base.want_output && !client->output_over) || socket_client_has_answers(client))
        condition |= G_IO_OUT;
    fd_watch_set(client->watch, condition);
}

/* Lets the next client in, if there is a place for it. */
static void
serve_next(SocketEndpoint *socket)
{
    if (socket->client || !socket->vacant || socket->draining.length >= MAX_DRAINING)
        return;
    socket->vacant = false;
    if (socket->listener)
        socket_listener_set_active(socket->listener, true);
    else if (socket->connector)
        socket_connector_start_again(socket->connector);
}

static void
stop_linger(SocketEndpoint *socket)
{
    if (socket->linger_timer)
        g_source_remove(socket->linger_timer);
    socket->linger_timer = 0;
    socket->half_closed_since = 0;
}

/* The service manager has the socket, too, until it has read that it is not to: so to close
 * ours does not tell the client that this is the end. */
static void
forget_client(SocketEndpoint *socket)
{
    endpoint_forget_fd(&socket->base, "client");
    (void)shutdown(socket->client->fd, SHUT_WR);
}

/* The client has gone; what it has left is still to be read. */
static void
retire_client(SocketEndpoint *socket)
{
    SocketClient *client;

    forget_client(socket);
    client = g_steal_pointer(&socket->client);
    stop_linger(socket);
    if (socket_client_has_input(client)) {
        fd_watch_set(client->watch, 0);
        g_queue_push_tail(&socket->draining, client);
    } else {
        socket_client_free(client);
    }
    socket->vacant = true;
    endpoint_tell_change(&socket->base, false);
    serve_next(socket);
    update_watches(socket);
}

static void
check_client(SocketEndpoint *socket)
{
    if (socket->client && socket->client->input_over && socket->client->output_over)
        retire_client(socket);
    else
        update_watches(socket);
}

static void
on_client_event(GIOCondition condition, gpointer user_data)
{
    SocketClient *client = user_data;
    SocketEndpoint *socket = client->owner;

    if (client == socket->client && (condition & (G_IO_HUP | G_IO_ERR))) {
        retire_client(socket);
        return;
    }
    if (condition & G_IO_OUT && socket_client_has_answers(client)) {
        socket_client_write(client, NULL, 0);
        check_client(socket);
        if (socket->client != client)
            return;
    }
    if ((condition & G_IO_IN && socket->base.want_input) ||
        (condition & G_IO_OUT && socket->base.want_output))
        endpoint_tell_ready(&socket->base);
}

/* @fd becomes the client that is served. @resumed: it already was before a restart. */
static void
serve_client(SocketEndpoint *socket, int fd, bool resumed)
{
    socket->client = socket_client_new(fd, socket->telnet, resumed, on_client_event, socket);
    if (!resumed)
        endpoint_keep_fd(&socket->base, "client", fd);
    endpoint_tell_change(&socket->base, true);
    update_watches(socket);
}

/* Each second while somebody waits in line behind a TCP client, or we would connect again. */
static gboolean
on_linger(gpointer user_data)
{
    SocketEndpoint *socket = user_data;
    gint64 now = g_get_monotonic_time();

    if (!socket_client_is_half_closed(socket->client)) {
        socket->half_closed_since = 0;
        return G_SOURCE_CONTINUE;
    }
    if (socket->half_closed_since == 0)
        socket->half_closed_since = now;
    if (now - MAX(socket->half_closed_since, socket->client->last_taken) <
        LINGER_S * G_USEC_PER_SEC)
        return G_SOURCE_CONTINUE;
    g_info("%s: a client that sends no more and takes nothing is let go", socket->base.label);
    socket->linger_timer = 0;
    retire_client(socket);
    return G_SOURCE_REMOVE;
}

static void
start_linger(SocketEndpoint *socket)
{
    if (!socket->linger_timer)
        socket->linger_timer = g_timeout_add_seconds(1, on_linger, socket);
}

/* In line: the listener is active while a TCP client is served, till somebody comes. */
static void
on_waiting(gpointer user_data)
{
    SocketEndpoint *socket = user_data;
    int fd;

    if (socket->client) {
        socket_listener_set_active(socket->listener, false);
        start_linger(socket);
        return;
    }
    fd = socket_listener_accept(socket->listener);
    if (fd < 0)
        return;
    serve_client(socket, fd, false);
    socket_listener_set_active(socket->listener, socket->is_tcp);
}

static void
on_connected(int fd, gpointer user_data)
{
    serve_client(user_data, fd, false);
}

/* A client that another process has served, if it is still there in any way. */
static bool
take_client(SocketEndpoint *socket)
{
    int fd = endpoint_take_fd(&socket->base, "client");

    if (fd < 0)
        return false;
    serve_client(socket, fd, true);
    return true;
}

static bool
open_ends(SocketEndpoint *socket, const ChannelSource *source, GError **error)
{
    if (source->listen)
        socket->listener = socket_listener_new(&socket->base, source, on_waiting, socket, error);
    else
        socket->connector =
            socket_connector_new(&socket->base, source, on_connected, socket, error);
    return socket->listener || socket->connector;
}

static bool
socket_open(Endpoint *endpoint, const ChannelSource *source, const EndpointContext *context,
            GError **error)
{
    SocketEndpoint *socket = (SocketEndpoint *)endpoint;
    bool resumed;

    socket->is_tcp = source->type == CHANNEL_SOURCE_TCP;
    socket->telnet = socket->is_tcp && source->telnet;
    socket->reconnects = !source->listen && source->reconnect_s > 0;
    if (!open_ends(socket, source, error))
        return false;
    resumed = take_client(socket);
    if (socket->listener)
        socket_listener_set_active(socket->listener, !resumed || socket->is_tcp);
    else if (!resumed)
        socket_connector_start(socket->connector);
    return true;
}

static void
socket_close(Endpoint *endpoint, bool forget)
{
    SocketEndpoint *socket = (SocketEndpoint *)endpoint;

    stop_linger(socket);
    socket_listener_free(socket->listener, forget);
    socket_connector_free(socket->connector);
    if (forget && socket->client)
        forget_client(socket);
    socket_client_free(socket->client);
    g_queue_clear_full(&socket->draining, (GDestroyNotify)socket_client_free);
}

static void
socket_close_door(Endpoint *endpoint)
{
    SocketEndpoint *socket = (SocketEndpoint *)endpoint;

    stop_linger(socket);
    socket_listener_free(g_steal_pointer(&socket->listener), true);
    socket_connector_free(g_steal_pointer(&socket->connector));
}

static void
socket_want(Endpoint *endpoint)
{
    update_watches((SocketEndpoint *)endpoint);
}

/* Reads from the first that drains. When it has nothing left it is over with it. */
static gsize
read_draining(SocketEndpoint *socket, const struct iovec *iov, int n_iov)
{
    SocketClient *first = g_queue_peek_head(&socket->draining);
    gsize n = socket_client_read(first, iov, n_iov);

    if (!socket_client_has_input(first)) {
        socket_client_free(g_queue_pop_head(&socket->draining));
        serve_next(socket);
        update_watches(socket);
    }
    return n;
}

static gsize
socket_read(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    SocketEndpoint *socket = (SocketEndpoint *)endpoint;
    gsize n = 0;

    while (n == 0 && socket->draining.length > 0)
        n = read_draining(socket, iov, n_iov);
    if (n > 0 || !socket->client)
        return n;
    n = socket_client_read(socket->client, iov, n_iov);
    if (socket->client->input_over && socket->is_tcp && socket->reconnects)
        start_linger(socket);
    check_client(socket);
    return n;
}

static gsize
socket_write(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    SocketEndpoint *socket = (SocketEndpoint *)endpoint;
    gsize n;

    if (!socket->client || socket->client->output_over)
        return 0;
    n = socket_client_write(socket->client, iov, n_iov);
    if (socket->client->output_over)
        endpoint_tell_change(endpoint, false);
    check_client(socket);
    return n;
}

static bool
socket_is_connected(const Endpoint *endpoint)
{
    const SocketEndpoint *socket = (const SocketEndpoint *)endpoint;

    return socket->client && !socket->client->output_over;
}

static guint
socket_get_client_pid(const Endpoint *endpoint)
{
    const SocketEndpoint *socket = (const SocketEndpoint *)endpoint;

    return socket->client ? socket_client_get_pid(socket->client) : 0;
}

const EndpointOps endpoint_socket_ops = {
    .size = sizeof(SocketEndpoint),
    .open = socket_open,
    .close = socket_close,
    .close_door = socket_close_door,
    .want = socket_want,
    .read = socket_read,
    .write = socket_write,
    .is_connected = socket_is_connected,
    .get_client_pid = socket_get_client_pid,
};
