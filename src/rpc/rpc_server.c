/* A listener is a GSource on its socket. It accepts a few connections a turn,
 * and waits for nothing while the server is full (the end of any client wakes it)
 * or short of descriptors (a moment later it tries again).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rpc/rpc_log.h"

#include "rpc/rpc_server.h"

#include "rpc/rpc_listener.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that one turn of the loop accepts on a socket. */
#define TURN_ACCEPTS 16u

/* How long accepting rests when accept() fails, in microseconds. */
#define REST_TIME G_TIME_SPAN_SECOND

/* The log hears of a full server at most this often. */
#define FULL_LOG_TIME G_TIME_SPAN_MINUTE

typedef struct {
    RpcServer *server;
    int fd;
    RpcSocketFile file; /* without path: adopted */
    RpcListenOptions options;
    GSource *source;
    gpointer source_tag;
} Listener;

typedef struct {
    GSource base;
    Listener *listener;
} ListenerSource;

struct RpcServer {
    RpcServerLimits limits;
    RpcServerHandler handler;
    gpointer user_data;
    RpcClientHandler client_handler; /* ours, in front of the handler's */
    GMainContext *context;
    RpcPoll *poll;        /* of all clients */
    GPtrArray *listeners; /* of Listener */
    GHashTable *clients;  /* of RpcClient, a reference each */
    guint64 last_id;
    gint64 full_logged; /* when it was last told that the server is full */
    bool stopping;
    GSource *stopped_source;  /* to call on_stopped */
    RpcServerStatistics gone; /* what closed clients add to the statistics */
};

static gboolean listener_dispatch(GSource *source, GSourceFunc callback, gpointer user_data);

static GSourceFuncs listener_source_funcs = {.dispatch = listener_dispatch};

/* --- clients ------------------------------------------------------------ */

static void
add_counters(RpcClientCounters *sum, const RpcClientCounters *counters)
{
    sum->calls += counters->calls;
    sum->errors += counters->errors;
    sum->messages += counters->messages;
    sum->bytes_received += counters->bytes_received;
    sum->bytes_sent += counters->bytes_sent;
}

static gboolean
call_on_stopped(gpointer user_data)
{
    RpcServer *server = user_data;

    g_clear_pointer(&server->stopped_source, g_source_unref);
    if (server->handler.on_stopped)
        server->handler.on_stopped(server, server->user_data);
    return G_SOURCE_REMOVE;
}

static void
check_stopped(RpcServer *server)
{
    if (!server->stopping || server->stopped_source || g_hash_table_size(server->clients) > 0)
        return;
    server->stopped_source = g_idle_source_new();
    g_source_set_priority(server->stopped_source, G_PRIORITY_DEFAULT);
    g_source_set_callback(server->stopped_source, call_on_stopped, server, NULL);
    g_source_attach(server->stopped_source, server->context);
}

/* Until its source is ready, see rest(). */
static bool
is_resting(const Listener *listener)
{
    return g_source_get_ready_time(listener->source) >= 0;
}

static void
set_accepting(RpcServer *server, bool accepting)
{
    for (guint i = 0; i < server->listeners->len; i++) {
        Listener *listener = g_ptr_array_index(server->listeners, i);

        if (!is_resting(listener))
            g_source_modify_unix_fd(listener->source, listener->source_tag,
                                    accepting ? G_IO_IN : 0);
    }
}

static bool
is_full(const RpcServer *server)
{
    return g_hash_table_size(server->clients) >= server->limits.max_clients;
}

static void
forward_call(RpcClient *client, RpcMessage *call, gpointer user_data)
{
    RpcServer *server = user_data;

    server->handler.client.on_call(client, call, server->user_data);
}

static void
forward_stream(RpcClient *client, RpcMessage *frame, gpointer user_data)
{
    RpcServer *server = user_data;

    if (server->handler.client.on_stream)
        server->handler.client.on_stream(client, frame, server->user_data);
}

static void
forward_output_ready(RpcClient *client, gpointer user_data)
{
    RpcServer *server = user_data;

    if (server->handler.client.on_output_ready)
        server->handler.client.on_output_ready(client, server->user_data);
}

static GBytes *
forward_encode_error(const GError *error, gpointer user_data)
{
    RpcServer *server = user_data;

    return server->handler.client.encode_error(error, server->user_data);
}

/* A client's connection is closed: forget it, and let the next one in. */
static void
client_closed(RpcClient *client, gpointer user_data)
{
    RpcServer *server = user_data;
    bool was_full = is_full(server);

    add_counters(&server->gone.traffic, rpc_client_get_counters(client));
    if (server->handler.client.on_closed)
        server->handler.client.on_closed(client, server->user_data);
    g_hash_table_remove(server->clients, client);
    if (was_full && !is_full(server))
        set_accepting(server, true);
    check_stopped(server);
}

static guint
count_unauthenticated(const RpcServer *server)
{
    GHashTableIter iter;
    gpointer client;
    guint n = 0;

    g_hash_table_iter_init(&iter, server->clients);
    while (g_hash_table_iter_next(&iter, &client, NULL))
        n += !rpc_client_get_identity(client)->authenticated;
    return n;
}

static guint
count_of_user(const RpcServer *server, uid_t uid)
{
    GHashTableIter iter;
    gpointer client;
    guint n = 0;

    g_hash_table_iter_init(&iter, server->clients);
    while (g_hash_table_iter_next(&iter, &client, NULL))
        n += rpc_client_get_identity(client)->uid == uid;
    return n;
}

/* Why there is no room for a client who is @identity, or NULL. */
static const char *
find_limit(const RpcServer *server, const RpcIdentity *identity)
{
    if (!identity->authenticated &&
        count_unauthenticated(server) >= server->limits.max_unauthenticated)
        return "too many clients that are not authenticated";
    if (identity->uid != 0 &&
        count_of_user(server, identity->uid) >= server->limits.max_clients_per_user)
        return "too many clients of one user";
    return NULL;
}

static void
add_client(RpcServer *server, int fd, const RpcIdentity *identity, const GError *refusal)
{
    RpcClient *client = rpc_client_new(server->poll, fd, ++server->last_id, identity,
                                       &server->limits.client, &server->client_handler, server);

    g_hash_table_add(server->clients, client);
    if (refusal) {
        server->gone.refused++;
        rpc_client_refuse(client, refusal);
    } else if (server->handler.on_client) {
        server->handler.on_client(server, client, server->user_data);
    }
}

/* Makes a client of the accepted connection @fd, or closes it. */
static void
admit(RpcServer *server, const Listener *listener, int fd)
{
    g_autoptr(GError) error = NULL;
    RpcIdentity identity = {.readonly = listener->options.readonly};
    const char *limit;

    server->gone.accepted++;
    if (!rpc_auth_identify(fd, &identity, &error)) {
        g_warning("%s", error->message);
        close(fd);
        return;
    }
    if (!rpc_auth_is_open(&listener->options.auth, &identity))
        identity.authenticated = rpc_auth_admits(&listener->options.auth, fd, &identity, &error);
    if (error)
        g_info("refusing pid %ld: %s", (long)identity.pid, error->message);
    limit = find_limit(server, &identity);
    if (limit) {
        g_info("closing the connection of pid %ld, uid %lu: %s", (long)identity.pid,
               (unsigned long)identity.uid, limit);
        server->gone.refused++;
        close(fd);
        return;
    }
    add_client(server, fd, &identity, error);
}

/* --- listeners ---------------------------------------------------------- */

/* Accepting fails for a reason that a new try would only repeat. */
static void
rest(Listener *listener)
{
    g_warning("accepting clients fails (%s), resting for a moment", g_strerror(errno));
    g_source_modify_unix_fd(listener->source, listener->source_tag, 0);
    g_source_set_ready_time(listener->source, g_get_monotonic_time() + REST_TIME);
}

/* Accepts one connection. False: none is there, or none can be had. */
static bool
accept_one(Listener *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        admit(listener->server, listener, fd);
        return true;
    }
    if (errno == EINTR || errno == ECONNABORTED)
        return true;
    if (errno != EAGAIN)
        rest(listener);
    return false;
}

static void
log_full(RpcServer *server)
{
    gint64 now = g_get_monotonic_time();

    if (server->full_logged && now - server->full_logged < FULL_LOG_TIME)
        return;
    server->full_logged = now;
    g_warning("%u clients are connected, no more are accepted until one leaves",
              g_hash_table_size(server->clients));
}

static gboolean
listener_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    Listener *listener = ((ListenerSource *)source)->listener;
    RpcServer *server = listener->server;

    if (g_source_get_ready_time(source) >= 0) {
        g_source_set_ready_time(source, -1);
        g_source_modify_unix_fd(source, listener->source_tag, is_full(server) ? 0 : G_IO_IN);
    }
    for (guint i = 0; i < TURN_ACCEPTS; i++) {
        if (is_full(server)) {
            log_full(server);
            set_accepting(server, false);
            break;
        }
        if (!accept_one(listener))
            break;
    }
    return G_SOURCE_CONTINUE;
}

static void
listener_free(gpointer pointer)
{
    Listener *listener = pointer;

    g_source_destroy(listener->source);
    g_source_unref(listener->source);
    close(listener->fd);
    rpc_socket_file_remove(&listener->file);
    rpc_socket_file_clear(&listener->file);
    rpc_auth_clear(&listener->options.auth);
    g_free(listener);
}

/* Takes @fd and the contents of @file. */
static void
add_listener(RpcServer *server, int fd, const RpcSocketFile *file, const RpcListenOptions *options)
{
    Listener *listener = g_new0(Listener, 1);

    listener->server = server;
    listener->fd = fd;
    listener->file = *file;
    listener->options = *options;
    rpc_auth_copy(&options->auth, &listener->options.auth);
    listener->source = g_source_new(&listener_source_funcs, sizeof(ListenerSource));
    ((ListenerSource *)listener->source)->listener = listener;
    g_source_set_static_name(listener->source, "rpc listener");
    listener->source_tag = g_source_add_unix_fd(listener->source, fd, G_IO_IN);
    g_source_attach(listener->source, server->context);
    g_ptr_array_add(server->listeners, listener);
}

bool
rpc_server_listen(RpcServer *server, const char *path, mode_t mode, gid_t group,
                  const RpcListenOptions *options, GError **error)
{
    RpcSocketFile file;
    int fd = rpc_socket_listen(path, mode, group, &file, error);

    if (fd < 0)
        return false;
    add_listener(server, fd, &file, options);
    return true;
}

bool
rpc_server_adopt(RpcServer *server, int fd, const RpcListenOptions *options, GError **error)
{
    RpcSocketFile file = {0};

    if (!rpc_socket_adopt(fd, error)) {
        close(fd);
        return false;
    }
    add_listener(server, fd, &file, options);
    return true;
}

/* --- the server --------------------------------------------------------- */

RpcServer *
rpc_server_new(const RpcServerLimits *limits, const RpcServerHandler *handler, gpointer user_data)
{
    RpcServer *server = g_new0(RpcServer, 1);

    server->limits = *limits;
    server->handler = *handler;
    server->user_data = user_data;
    server->client_handler = (RpcClientHandler){
        .on_call = forward_call,
        .on_stream = forward_stream,
        .on_output_ready = forward_output_ready,
        .on_closed = client_closed,
        .encode_error = forward_encode_error,
    };
    server->context = g_main_context_ref_thread_default();
    server->poll = rpc_poll_new(server->context);
    server->listeners = g_ptr_array_new_with_free_func(listener_free);
    server->clients = g_hash_table_new_full(NULL, NULL, (GDestroyNotify)rpc_client_unref, NULL);
    return server;
}

/* The clients of now, a reference each, since the table changes as they close. */
static GPtrArray *
list_clients(const RpcServer *server)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)rpc_client_unref);
    GHashTableIter iter;
    gpointer client;

    g_hash_table_iter_init(&iter, server->clients);
    while (g_hash_table_iter_next(&iter, &client, NULL))
        g_ptr_array_add(list, rpc_client_ref(client));
    return list;
}

void
rpc_server_free(RpcServer *server)
{
    g_autoptr(GPtrArray) clients = list_clients(server);

    g_ptr_array_set_size(server->listeners, 0);
    for (guint i = 0; i < clients->len; i++)
        rpc_client_close(g_ptr_array_index(clients, i));
    if (server->stopped_source) {
        g_source_destroy(server->stopped_source);
        g_source_unref(server->stopped_source);
    }
    g_ptr_array_unref(server->listeners);
    g_hash_table_unref(server->clients);
    rpc_poll_free(server->poll);
    g_main_context_unref(server->context);
    g_free(server);
}

void
rpc_server_stop(RpcServer *server, guint grace_ms)
{
    g_autoptr(GPtrArray) clients = list_clients(server);

    server->stopping = true;
    g_ptr_array_set_size(server->listeners, 0);
    for (guint i = 0; i < clients->len; i++)
        rpc_client_finish(g_ptr_array_index(clients, i), grace_ms);
    check_stopped(server);
}

void
rpc_server_foreach_client(RpcServer *server,
                          void (*function)(RpcClient *client, gpointer user_data),
                          gpointer user_data)
{
    GHashTableIter iter;
    gpointer client;

    g_hash_table_iter_init(&iter, server->clients);
    while (g_hash_table_iter_next(&iter, &client, NULL)) {
        if (rpc_client_get_identity(client)->authenticated)
            function(client, user_data);
    }
}

void
rpc_server_get_statistics(RpcServer *server, RpcServerStatistics *statistics)
{
    GHashTableIter iter;
    gpointer client;

    *statistics = server->gone;
    statistics->clients = g_hash_table_size(server->clients);
    statistics->unauthenticated = count_unauthenticated(server);
    g_hash_table_iter_init(&iter, server->clients);
    while (g_hash_table_iter_next(&iter, &client, NULL))
        add_counters(&statistics->traffic, rpc_client_get_counters(client));
}
