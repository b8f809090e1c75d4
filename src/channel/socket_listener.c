/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/socket_listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "channel/host_lookup.h"
#include "channel/socket_path.h"
#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"

/* Clients that wait in line. */
#define BACKLOG     64
#define MAX_SOCKETS 4
/* After a failure that may pass: no descriptors left, no answer from a name server. */
#define RETRY_MS    1000

struct SocketListener {
    Endpoint *endpoint;
    void (*waiting)(gpointer user_data);
    gpointer user_data;
    bool active;
    int fds[MAX_SOCKETS];
    FdWatch *watches[MAX_SOCKETS];
    int n_fds;
    SocketPath file; /* unix only */
    char *host;      /* tcp only, as are the next */
    char *service;
    HostLookup *lookup;
    bool lookup_failing;
    guint retry_timer;
};

static char *
get_stored_name(int i)
{
    return i == 0 ? g_strdup("listen") : g_strdup_printf("listen%d", i);
}

static void
update_watches(SocketListener *listener)
{
    for (int i = 0; i < listener->n_fds; i++)
        fd_watch_set(listener->watches[i],
                     listener->active && !listener->retry_timer ? G_IO_IN : 0);
}

static void
on_waiting(GIOCondition condition, gpointer user_data)
{
    SocketListener *listener = user_data;

    listener->waiting(listener->user_data);
}

/* Takes over @fd, a listening socket. @keep: it is new to the fd store. */
static void
add_socket(SocketListener *listener, int fd, bool keep)
{
    int i = listener->n_fds++;
    g_autofree char *name = get_stored_name(i);

    listener->fds[i] = fd;
    listener->watches[i] = fd_watch_new(fd, on_waiting, listener);
    if (keep)
        endpoint_keep_fd(listener->endpoint, name, fd);
    update_watches(listener);
}

static bool
open_unix(SocketListener *listener, const ChannelSource *source, GError **error)
{
    int fd = endpoint_take_fd(listener->endpoint, "listen");
    bool kept = fd >= 0 && socket_path_adopt(fd, source->path, &listener->file);

    if (!kept) {
        if (fd >= 0)
            close(fd); /* somebody has removed its file: nobody can reach it */
        fd = socket_path_listen(source->path, source->permissions, source->group, &listener->file,
                                error);
    }
    if (fd < 0)
        return false;
    add_socket(listener, fd, !kept);
    return true;
}

static int
bind_address(const HostAddress *address)
{
    const int on = 1;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    /* Else it would be in the way of the IPv4 address of the same name. */
    if (address->any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, &address->any, address->size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

/* A host need not have every kind of address that it has a name for. */
static bool
is_harmless(int code)
{
    return code == EAFNOSUPPORT || code == EADDRNOTAVAIL;
}

/* Listens at all addresses, or at none. */
static bool
bind_all(SocketListener *listener, const GArray *addresses, GError **error)
{
    int fds[MAX_SOCKETS];
    int n = 0;
    int code = 0;

    for (guint i = 0; i < addresses->len && n < MAX_SOCKETS; i++) {
        int fd = bind_address(&g_array_index(addresses, HostAddress, i));

        if (fd >= 0)
            fds[n++] = fd;
        else
            code = code == 0 || is_harmless(code) ? errno : code;
    }
    if (n == 0 || (code != 0 && !is_harmless(code))) {
        while (n > 0)
            close(fds[--n]);
        return virtxl_error_set(
            error, VIR_ERR_OPERATION_FAILED, _("cannot listen at host '%s', port '%s': %s"),
            listener->host ? listener->host : "", listener->service, g_strerror(code));
    }
    for (int i = 0; i < n; i++)
        add_socket(listener, fds[i], true);
    return true;
}

static bool
take_stored(SocketListener *listener)
{
    for (int i = 0; i < MAX_SOCKETS; i++) {
        g_autofree char *name = get_stored_name(i);
        int fd = endpoint_take_fd(listener->endpoint, name);

        if (fd < 0)
            break;
        add_socket(listener, fd, false);
    }
    return listener->n_fds > 0;
}

static void start_lookup(SocketListener *listener);

static gboolean
on_retry(gpointer user_data)
{
    SocketListener *listener = user_data;

    listener->retry_timer = 0;
    if (listener->n_fds == 0)
        start_lookup(listener);
    update_watches(listener);
    return G_SOURCE_REMOVE;
}

static void
retry_later(SocketListener *listener)
{
    if (!listener->retry_timer)
        listener->retry_timer = g_timeout_add(RETRY_MS, on_retry, listener);
    update_watches(listener);
}

static void
on_addresses(GArray *found, const GError *lookup_error, gpointer user_data)
{
    SocketListener *listener = user_data;
    g_autoptr(GArray) addresses = found;
    g_autoptr(GError) bind_error = NULL;

    listener->lookup = NULL;
    if (addresses && bind_all(listener, addresses, &bind_error))
        return;
    if (!listener->lookup_failing)
        g_warning("%s: %s; trying again", listener->endpoint->label,
                  addresses ? bind_error->message : lookup_error->message);
    listener->lookup_failing = true;
    retry_later(listener);
}

static void
start_lookup(SocketListener *listener)
{
    const HostQuery query = {listener->host, listener->service, SOCK_STREAM, true};

    listener->lookup = host_lookup_start(&query, on_addresses, listener);
}

static bool
open_tcp(SocketListener *listener, const ChannelSource *source, GError **error)
{
    const HostQuery query = {source->host, source->service, SOCK_STREAM, true};
    g_autoptr(GArray) addresses = NULL;
    g_autoptr(GError) lookup_error = NULL;

    listener->host = g_strdup(source->host);
    listener->service = g_strdup(source->service);
    if (take_stored(listener))
        return true;
    addresses = host_lookup_numeric(&query, &lookup_error);
    if (addresses)
        return bind_all(listener, addresses, error);
    if (lookup_error) {
        g_propagate_error(error, g_steal_pointer(&lookup_error));
        return false;
    }
    start_lookup(listener);
    return true;
}

SocketListener *
socket_listener_new(Endpoint *endpoint, const ChannelSource *source,
                    void (*waiting)(gpointer user_data), gpointer user_data, GError **error)
{
    SocketListener *listener = g_new0(SocketListener, 1);

    listener->endpoint = endpoint;
    listener->waiting = waiting;
    listener->user_data = user_data;
    if (source->type == CHANNEL_SOURCE_UNIX ? open_unix(listener, source, error)
                                            : open_tcp(listener, source, error))
        return listener;
    socket_listener_free(listener, true);
    return NULL;
}

static void
close_socket(SocketListener *listener, int i, bool forget)
{
    g_autofree char *name = get_stored_name(i);

    if (forget)
        endpoint_forget_fd(listener->endpoint, name);
    fd_watch_free(listener->watches[i]);
    close(listener->fds[i]);
}

void
socket_listener_free(SocketListener *listener, bool forget)
{
    if (!listener)
        return;
    if (forget)
        socket_path_remove(&listener->file);
    socket_path_clear(&listener->file);
    for (int i = 0; i < listener->n_fds; i++)
        close_socket(listener, i, forget);
    host_lookup_cancel(listener->lookup);
    if (listener->retry_timer)
        g_source_remove(listener->retry_timer);
    g_free(listener->host);
    g_free(listener->service);
    g_free(listener);
}

void
socket_listener_set_active(SocketListener *listener, bool active)
{
    listener->active = active;
    update_watches(listener);
}

int
socket_listener_accept(SocketListener *listener)
{
    for (int i = 0; i < listener->n_fds; i++) {
        int fd = accept4(listener->fds[i], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0)
            return fd;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            g_warning("%s: can't accept a client: %s; trying again", listener->endpoint->label,
                      g_strerror(errno));
            retry_later(listener);
        }
    }
    return -1;
}
