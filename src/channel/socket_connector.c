/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/socket_connector.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "channel/host_lookup.h"
#include "channel/socket_path.h"
#include "util/fd_watch.h"

/* After so long a host that does not answer is given up, and its next address tried. */
#define CONNECT_TIMEOUT_MS 10000
/* When the line of those who wait at a unix socket is full. */
#define FULL_LINE_MS       1000

struct SocketConnector {
    Endpoint *endpoint;
    void (*connected)(int fd, gpointer user_data);
    gpointer user_data;
    char *host; /* tcp only */
    char *service;
    guint reconnect_s;
    char *place; /* for log lines */
    bool failing;
    HostLookup *lookup;
    GArray *addresses; /* of the try that goes on, or of all tries (unix) */
    guint next;        /* of them */
    int fd;            /* being connected, or -1 */
    FdWatch *watch;
    guint timer; /* of the next try, or of the end of this one */
};

static void begin_try(SocketConnector *connector);

static void
stop_timer(SocketConnector *connector)
{
    g_clear_handle_id(&connector->timer, g_source_remove);
}

static gboolean
on_next_try(gpointer user_data)
{
    SocketConnector *connector = user_data;

    connector->timer = 0;
    begin_try(connector);
    return G_SOURCE_REMOVE;
}

static void
schedule(SocketConnector *connector, guint ms)
{
    stop_timer(connector);
    connector->timer = g_timeout_add(ms, on_next_try, connector);
}

/* Logs the first of failures that follow each other. */
static void
fail(SocketConnector *connector, const char *reason)
{
    const char *label = connector->endpoint->label;

    if (connector->failing)
        g_debug("%s: can't connect to %s: %s", label, connector->place, reason);
    else if (connector->reconnect_s > 0)
        g_warning("%s: can't connect to %s: %s; trying again every %u s", label, connector->place,
                  reason, connector->reconnect_s);
    else
        g_warning("%s: can't connect to %s: %s; it stays unconnected, since it has no <reconnect>",
                  label, connector->place, reason);
    connector->failing = true;
    socket_connector_start_again(connector);
}

static void
close_attempt(SocketConnector *connector)
{
    g_clear_pointer(&connector->watch, fd_watch_free);
    if (connector->fd >= 0)
        close(connector->fd);
    connector->fd = -1;
}

static void
succeed(SocketConnector *connector)
{
    int fd = connector->fd;

    stop_timer(connector);
    g_clear_pointer(&connector->watch, fd_watch_free);
    connector->fd = -1;
    connector->failing = false;
    g_info("%s: connected to %s", connector->endpoint->label, connector->place);
    connector->connected(fd, connector->user_data);
}

/* A TCP socket that tries a local port to which nobody listens may be given just
 * that port as its own; then it meets itself. */
static bool
is_own_peer(int fd)
{
    HostAddress own = {.size = sizeof(own.storage)};
    HostAddress peer = {.size = sizeof(peer.storage)};

    return getsockname(fd, &own.any, &own.size) == 0 &&
           getpeername(fd, &peer.any, &peer.size) == 0 && own.any.sa_family != AF_UNIX &&
           own.size == peer.size && memcmp(&own.storage, &peer.storage, own.size) == 0;
}

/* Returns the error of the attempt that has ended, 0 if it is connected. */
static int
get_outcome(int fd)
{
    int code = 0;
    socklen_t size = sizeof(code);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
        return errno;
    return code == 0 && is_own_peer(fd) ? ECONNREFUSED : code;
}

static void try_next_address(SocketConnector *connector, int code);

static void
on_attempt_over(GIOCondition condition, gpointer user_data)
{
    SocketConnector *connector = user_data;
    int code = get_outcome(connector->fd);

    if (code == 0) {
        succeed(connector);
    } else {
        close_attempt(connector);
        try_next_address(connector, code);
    }
}

static gboolean
on_attempt_timeout(gpointer user_data)
{
    SocketConnector *connector = user_data;

    connector->timer = 0;
    close_attempt(connector);
    try_next_address(connector, ETIMEDOUT);
    return G_SOURCE_REMOVE;
}

/* Returns connect()'s errno, 0 if it is connected. */
static int
begin_attempt(SocketConnector *connector, const HostAddress *address)
{
    connector->fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connector->fd < 0)
        return errno;
    if (connect(connector->fd, &address->any, address->size) < 0)
        return errno;
    return get_outcome(connector->fd);
}

/* @code: why the address before did not work. */
static void
try_next_address(SocketConnector *connector, int code)
{
    stop_timer(connector);
    while (connector->next < connector->addresses->len) {
        code = begin_attempt(connector,
                             &g_array_index(connector->addresses, HostAddress, connector->next++));
        if (code == 0) {
            succeed(connector);
            return;
        }
        if (code == EINPROGRESS) {
            connector->watch = fd_watch_new(connector->fd, on_attempt_over, connector);
            fd_watch_set(connector->watch, G_IO_OUT);
            connector->timer = g_timeout_add(CONNECT_TIMEOUT_MS, on_attempt_timeout, connector);
            return;
        }
        close_attempt(connector);
        if (code == EAGAIN) {
            schedule(connector, FULL_LINE_MS);
            return;
        }
    }
    fail(connector, g_strerror(code));
}

static void
take_addresses(SocketConnector *connector, GArray *addresses)
{
    g_clear_pointer(&connector->addresses, g_array_unref);
    connector->addresses = addresses;
    connector->next = 0;
    try_next_address(connector, 0);
}

static void
on_addresses(GArray *addresses, const GError *error, gpointer user_data)
{
    SocketConnector *connector = user_data;

    connector->lookup = NULL;
    if (addresses)
        take_addresses(connector, addresses);
    else
        fail(connector, error->message);
}

static void
begin_tcp_try(SocketConnector *connector)
{
    const HostQuery query = {connector->host, connector->service, SOCK_STREAM, false};
    GArray *addresses = host_lookup_numeric(&query, NULL);

    if (addresses)
        take_addresses(connector, addresses);
    else
        connector->lookup = host_lookup_start(&query, on_addresses, connector);
}

static void
begin_try(SocketConnector *connector)
{
    if (connector->service) {
        begin_tcp_try(connector);
    } else {
        connector->next = 0;
        try_next_address(connector, 0);
    }
}

static bool
set_unix_address(SocketConnector *connector, const char *path, GError **error)
{
    struct sockaddr_un unix_address;
    HostAddress address = {.size = sizeof(unix_address)};

    if (!socket_path_get_address(path, &unix_address, error))
        return false;
    memcpy(&address.storage, &unix_address, sizeof(unix_address));
    connector->addresses = g_array_new(FALSE, FALSE, sizeof(HostAddress));
    g_array_append_val(connector->addresses, address);
    connector->place = g_strdup_printf("socket '%s'", path);
    return true;
}

static void
set_tcp_address(SocketConnector *connector, const ChannelSource *source)
{
    connector->host = g_strdup(source->host);
    connector->service = g_strdup(source->service);
    connector->place = g_strdup_printf("host '%s', port '%s'",
                                       source->host ? source->host : "localhost", source->service);
}

SocketConnector *
socket_connector_new(Endpoint *endpoint, const ChannelSource *source,
                     void (*connected)(int fd, gpointer user_data), gpointer user_data,
                     GError **error)
{
    SocketConnector *connector = g_new0(SocketConnector, 1);

    connector->endpoint = endpoint;
    connector->connected = connected;
    connector->user_data = user_data;
    connector->reconnect_s = source->reconnect_s;
    connector->fd = -1;
    if (source->type == CHANNEL_SOURCE_TCP) {
        set_tcp_address(connector, source);
    } else if (!set_unix_address(connector, source->path, error)) {
        socket_connector_free(connector);
        return NULL;
    }
    return connector;
}

void
socket_connector_free(SocketConnector *connector)
{
    if (!connector)
        return;
    stop_timer(connector);
    host_lookup_cancel(connector->lookup);
    close_attempt(connector);
    g_clear_pointer(&connector->addresses, g_array_unref);
    g_free(connector->host);
    g_free(connector->service);
    g_free(connector->place);
    g_free(connector);
}

void
socket_connector_start(SocketConnector *connector)
{
    schedule(connector, 0);
}

void
socket_connector_start_again(SocketConnector *connector)
{
    if (connector->reconnect_s > 0)
        schedule(connector, connector->reconnect_s * 1000);
}
