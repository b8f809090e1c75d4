/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/socket_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* A dead host is noticed after about a minute: when nothing is under way by keepalive
 * probes, else by the timeout. */
#define KEEPALIVE_IDLE_S     15
#define KEEPALIVE_INTERVAL_S 15
#define KEEPALIVE_COUNT      3
#define USER_TIMEOUT_MS      60000

#define ENCODE_SIZE 4096

static void
set_option(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof(value)) < 0)
        g_debug("socket option %d: %s", option, g_strerror(errno));
}

static bool
is_tcp(int fd)
{
    int protocol = 0;
    socklen_t size = sizeof(protocol);

    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
           protocol == IPPROTO_TCP;
}

static void
set_tcp_options(int fd)
{
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

SocketClient *
socket_client_new(int fd, bool telnet, bool resumed, FdWatchFunc func, gpointer owner)
{
    SocketClient *client = g_new0(SocketClient, 1);

    client->fd = fd;
    client->owner = owner;
    client->watch = fd_watch_new(fd, func, client);
    client->last_taken = g_get_monotonic_time();
    if (is_tcp(fd))
        set_tcp_options(fd);
    if (telnet) {
        client->telnet = g_new(Telnet, 1);
        if (resumed)
            telnet_init_resumed(client->telnet);
        else
            telnet_init(client->telnet);
    }
    return client;
}

void
socket_client_free(SocketClient *client)
{
    if (!client)
        return;
    fd_watch_free(client->watch);
    close(client->fd);
    g_free(client->telnet);
    g_free(client);
}

static bool
is_passing(int code)
{
    return code == EAGAIN || code == EINTR || code == ENOBUFS || code == ENOMEM;
}

gsize
socket_client_read(SocketClient *client, const struct iovec *iov, int n_iov)
{
    /* In place, telnet can take bytes out of one piece of memory. */
    struct msghdr message = {
        .msg_iov = (struct iovec *)iov,
        .msg_iovlen = client->telnet ? 1 : (gsize)n_iov,
    };
    gssize n;

    if (client->input_over)
        return 0;
    n = recvmsg(client->fd, &message, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && !is_passing(errno)))
        client->input_over = true;
    if (n <= 0)
        return 0;
    return client->telnet ? telnet_decode(client->telnet, iov[0].iov_base, (gsize)n) : (gsize)n;
}

static gsize
send_all(SocketClient *client, const struct iovec *iov, int n_iov)
{
    const struct msghdr message = {
        .msg_iov = (struct iovec *)iov,
        .msg_iovlen = (gsize)n_iov,
    };
    gssize n = sendmsg(client->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n > 0)
        client->last_taken = g_get_monotonic_time();
    if (n < 0 && !is_passing(errno))
        client->output_over = true;
    return n > 0 ? (gsize)n : 0;
}

gsize
socket_client_write(SocketClient *client, const struct iovec *iov, int n_iov)
{
    guint8 buffer[ENCODE_SIZE];
    struct iovec encoded = {.iov_base = buffer};

    if (client->output_over)
        return 0;
    if (!client->telnet)
        return send_all(client, iov, n_iov);
    encoded.iov_len = telnet_encode(client->telnet, iov, n_iov, buffer, sizeof(buffer));
    return telnet_sent(client->telnet, iov, n_iov, send_all(client, &encoded, 1));
}

bool
socket_client_has_answers(const SocketClient *client)
{
    return client->telnet && client->telnet->n_pending > 0 && !client->output_over;
}

bool
socket_client_has_input(const SocketClient *client)
{
    char byte;

    return !client->input_over && recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool
socket_client_is_half_closed(const SocketClient *client)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);

    return getsockopt(client->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_state == TCP_CLOSE_WAIT;
}

guint
socket_client_get_pid(const SocketClient *client)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.pid < 0)
        return 0;
    return (guint)peer.pid;
}
