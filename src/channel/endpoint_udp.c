/* Endpoints that send and receive datagrams.
 *
 * One socket, bound to bind-host and bind-service and connected to host and service, so that
 * it receives from there only. What comes from the guest leaves in datagrams of whatever
 * is there, MAX_SIZE bytes at most; whether they arrive nobody can tell. What
 * comes is read a datagram at a time, whole, when there is room for it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/endpoint_private.h"
#include "channel/host_lookup.h"
#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"
#include "util/log_limit.h"

/* Fits a frame of Ethernet with some tunnel around it. */
#define MAX_SIZE  1400
/* When a name server did not answer. */
#define RETRY_MS  5000
/* How long until it is looked again whether there is room for a datagram that waits. */
#define ROOM_MS   100
/* Of one datagram. */
#define IOV_PARTS 8

typedef enum {
    LOCAL,
    REMOTE,
    N_SIDES,
} Side;

typedef struct {
    char *host;
    char *service;
    GArray *addresses; /* NULL: not known yet */
    HostLookup *lookup;
} Name;

typedef struct {
    Endpoint base;
    Name names[N_SIDES];
    gsize max_room; /* of the caller, ever */
    int fd;         /* -1: names are not known yet */
    FdWatch *watch;
    bool warned;
    LogLimit drop_lines;
    guint retry_timer;
    guint room_timer; /* a datagram waits for room */
} UdpEndpoint;

static void
update_watch(UdpEndpoint *udp)
{
    GIOCondition condition = 0;

    if (udp->fd < 0)
        return;
    if (udp->base.want_input && !udp->room_timer)
        condition |= G_IO_IN;
    if (udp->base.want_output)
        condition |= G_IO_OUT;
    fd_watch_set(udp->watch, condition);
}

static void
stop_room_timer(UdpEndpoint *udp)
{
    g_clear_handle_id(&udp->room_timer, g_source_remove);
}

static gboolean
on_room_timer(gpointer user_data)
{
    UdpEndpoint *udp = user_data;

    udp->room_timer = 0;
    update_watch(udp);
    return G_SOURCE_REMOVE;
}

/* An error (the other end answered "nobody is here") is over once it was asked for. */
static void
on_event(GIOCondition condition, gpointer user_data)
{
    UdpEndpoint *udp = user_data;
    int code;
    socklen_t size = sizeof(code);

    if (condition & G_IO_ERR)
        (void)getsockopt(udp->fd, SOL_SOCKET, SO_ERROR, &code, &size);
    if (condition & (G_IO_IN | G_IO_OUT))
        endpoint_tell_ready(&udp->base);
}

static void
set_socket(UdpEndpoint *udp, int fd)
{
    udp->fd = fd;
    udp->watch = fd_watch_new(fd, on_event, udp);
    update_watch(udp);
}

static int
make_socket(const HostAddress *local, const HostAddress *remote)
{
    int fd = socket(remote->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (bind(fd, &local->any, local->size) == 0 && connect(fd, &remote->any, remote->size) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Takes the first two addresses of one kind that work. */
static bool
open_socket(UdpEndpoint *udp, GError **error)
{
    const GArray *locals = udp->names[LOCAL].addresses;
    const GArray *remotes = udp->names[REMOTE].addresses;
    int code = EAFNOSUPPORT;

    for (guint i = 0; i < remotes->len; i++) {
        const HostAddress *remote = &g_array_index(remotes, HostAddress, i);

        for (guint j = 0; j < locals->len; j++) {
            const HostAddress *local = &g_array_index(locals, HostAddress, j);
            int fd;

            if (local->any.sa_family != remote->any.sa_family)
                continue;
            fd = make_socket(local, remote);
            if (fd >= 0) {
                set_socket(udp, fd);
                endpoint_keep_fd(&udp->base, "udp", fd);
                return true;
            }
            code = errno;
        }
    }
    return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                            _("cannot send datagrams to host '%s', port '%s': %s"),
                            udp->names[REMOTE].host ? udp->names[REMOTE].host : "",
                            udp->names[REMOTE].service, g_strerror(code));
}

static void look_up(UdpEndpoint *udp, Side side);

static gboolean
on_retry(gpointer user_data)
{
    UdpEndpoint *udp = user_data;

    udp->retry_timer = 0;
    for (Side side = LOCAL; side < N_SIDES; side++) {
        if (!udp->names[side].lookup)
            look_up(udp, side);
    }
    return G_SOURCE_REMOVE;
}

static void
retry_later(UdpEndpoint *udp, const char *reason)
{
    if (!udp->warned)
        g_warning("%s: %s; trying again", udp->base.label, reason);
    udp->warned = true;
    if (!udp->retry_timer)
        udp->retry_timer = g_timeout_add(RETRY_MS, on_retry, udp);
}

static void
take_answer(UdpEndpoint *udp, Side side, GArray *addresses, const GError *lookup_error)
{
    g_autoptr(GError) error = NULL;

    udp->names[side].lookup = NULL;
    g_clear_pointer(&udp->names[side].addresses, g_array_unref);
    udp->names[side].addresses = addresses;
    if (!addresses)
        retry_later(udp, lookup_error->message);
    else if (udp->names[LOCAL].addresses && udp->names[REMOTE].addresses && udp->fd < 0 &&
             !open_socket(udp, &error))
        retry_later(udp, error->message);
}

static void
on_local(GArray *addresses, const GError *error, gpointer user_data)
{
    take_answer(user_data, LOCAL, addresses, error);
}

static void
on_remote(GArray *addresses, const GError *error, gpointer user_data)
{
    take_answer(user_data, REMOTE, addresses, error);
}

static HostQuery
get_query(const UdpEndpoint *udp, Side side)
{
    return (HostQuery){udp->names[side].host, udp->names[side].service, SOCK_DGRAM, side == LOCAL};
}

static void
look_up(UdpEndpoint *udp, Side side)
{
    const HostQuery query = get_query(udp, side);

    udp->names[side].lookup = host_lookup_start(&query, side == LOCAL ? on_local : on_remote, udp);
}

/* What needs no name server is known at once. */
static bool
look_up_numeric(UdpEndpoint *udp, Side side, GError **error)
{
    const HostQuery query = get_query(udp, side);
    g_autoptr(GError) lookup_error = NULL;

    udp->names[side].addresses = host_lookup_numeric(&query, &lookup_error);
    if (!lookup_error)
        return true;
    g_propagate_error(error, g_steal_pointer(&lookup_error));
    return false;
}

static bool
udp_open(Endpoint *endpoint, const ChannelSource *source, const EndpointContext *context,
         GError **error)
{
    UdpEndpoint *udp = (UdpEndpoint *)endpoint;
    int fd = endpoint_take_fd(endpoint, "udp");

    udp->fd = -1;
    udp->max_room = source->hold_in;
    udp->names[LOCAL] = (Name){g_strdup(source->bind_host), g_strdup(source->bind_service)};
    udp->names[REMOTE] = (Name){g_strdup(source->host), g_strdup(source->service)};
    if (fd >= 0) {
        set_socket(udp, fd);
        return true;
    }
    for (Side side = LOCAL; side < N_SIDES; side++) {
        if (!look_up_numeric(udp, side, error))
            return false;
    }
    if (udp->names[LOCAL].addresses && udp->names[REMOTE].addresses)
        return open_socket(udp, error);
    for (Side side = LOCAL; side < N_SIDES; side++) {
        if (!udp->names[side].addresses)
            look_up(udp, side);
    }
    return true;
}

static void
clear_name(Name *name)
{
    host_lookup_cancel(name->lookup);
    g_clear_pointer(&name->addresses, g_array_unref);
    g_free(name->host);
    g_free(name->service);
}

static void
udp_close(Endpoint *endpoint, bool forget)
{
    UdpEndpoint *udp = (UdpEndpoint *)endpoint;

    if (forget)
        endpoint_forget_fd(endpoint, "udp");
    for (Side side = LOCAL; side < N_SIDES; side++)
        clear_name(&udp->names[side]);
    fd_watch_free(udp->watch);
    if (udp->fd >= 0)
        close(udp->fd);
    if (udp->retry_timer)
        g_source_remove(udp->retry_timer);
    stop_room_timer(udp);
}

static void
udp_want(Endpoint *endpoint)
{
    update_watch((UdpEndpoint *)endpoint);
}

/* Returns the size of the next datagram, -1 if there is none. */
static gssize
peek_size(int fd)
{
    char nothing;

    return recv(fd, &nothing, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
}

/* Throws away what can't be taken: the first datagram. */
static void
drop_datagram(UdpEndpoint *udp, gssize size)
{
    char nothing;

    if (size > 0)
        log_limited(&udp->drop_lines, G_LOG_LEVEL_WARNING,
                    "%s: a datagram of %zd bytes is dropped, since at most %zu can be held",
                    udp->base.label, size, udp->max_room);
    (void)recv(udp->fd, &nothing, 0, MSG_DONTWAIT);
}

static gsize
udp_read(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    UdpEndpoint *udp = (UdpEndpoint *)endpoint;
    struct msghdr message = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (gsize)n_iov};
    gssize size;

    if (udp->fd < 0)
        return 0;
    size = peek_size(udp->fd);
    if (size < 0)
        return 0;
    if (size == 0 || (gsize)size > udp->max_room) {
        drop_datagram(udp, size);
        return 0;
    }
    if ((gsize)size > endpoint_get_size(iov, n_iov)) {
        if (!udp->room_timer)
            udp->room_timer = g_timeout_add(ROOM_MS, on_room_timer, udp);
        update_watch(udp);
        return 0;
    }
    stop_room_timer(udp);
    update_watch(udp);
    return endpoint_count(recvmsg(udp->fd, &message, MSG_DONTWAIT));
}

/* The first MAX_SIZE bytes of what is after the first @skip. Returns how many iovecs. */
static int
cut(const struct iovec *iov, int n_iov, gsize skip, struct iovec *part)
{
    gsize room = MAX_SIZE;
    int n = 0;

    for (int i = 0; i < n_iov && room > 0; i++) {
        gsize skipped = MIN(skip, iov[i].iov_len);
        gsize size = MIN(iov[i].iov_len - skipped, room);

        skip -= skipped;
        if (size == 0)
            continue;
        part[n++] = (struct iovec){(char *)iov[i].iov_base + skipped, size};
        room -= size;
    }
    return n;
}

/* Sends one datagram. That nobody was there for the one before is told in place of sending;
 * then once more. */
static gsize
send_datagram(UdpEndpoint *udp, struct iovec *part, int n)
{
    const struct msghdr message = {.msg_iov = part, .msg_iovlen = (gsize)n};
    gssize sent = sendmsg(udp->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent < 0 && errno == ECONNREFUSED)
        sent = sendmsg(udp->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno == EAGAIN || errno == ENOBUFS || errno == EINTR)
        return endpoint_count(sent);
    /* No route, refused by a firewall: lost like one that does not arrive. */
    g_debug("%s: can't send a datagram: %s", udp->base.label, g_strerror(errno));
    return endpoint_get_size(part, n);
}

static gsize
udp_write(Endpoint *endpoint, const struct iovec *iov, int n_iov)
{
    UdpEndpoint *udp = (UdpEndpoint *)endpoint;
    struct iovec part[IOV_PARTS];
    gsize taken = 0;
    gsize sent;
    int n;

    if (udp->fd < 0)
        return 0;
    do {
        n = cut(iov, MIN(n_iov, IOV_PARTS), taken, part);
        sent = n > 0 ? send_datagram(udp, part, n) : 0;
        taken += sent;
    } while (sent > 0);
    return taken;
}

static bool
udp_is_connected(const Endpoint *endpoint)
{
    return ((const UdpEndpoint *)endpoint)->fd >= 0;
}

const EndpointOps endpoint_udp_ops = {
    .size = sizeof(UdpEndpoint),
    .open = udp_open,
    .close = udp_close,
    .want = udp_want,
    .read = udp_read,
    .write = udp_write,
    .is_connected = udp_is_connected,
};
