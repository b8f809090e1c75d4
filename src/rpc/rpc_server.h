/* Listening sockets and the clients that came through them.
 *
 * A server has any number of listening UNIX sockets; each says whether its
 * clients are read-only and who is admitted (RpcAuth). All live in the main
 * context of the thread that made the server; all functions are for that thread.
 *
 * Limits. At max_clients no socket accepts: newcomers wait in the kernel's queue
 * until somebody leaves. The other two limits protect the admitted from the
 * rest, so a newcomer over them is closed at once and nobody waits: clients not
 * yet authenticated, and clients of one user (root excepted). When the process
 * has no descriptors left, accepting rests for a moment instead of spinning.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_auth.h"
#include "rpc/rpc_client.h"

typedef struct RpcServer RpcServer;

typedef struct {
    guint max_clients;
    guint max_unauthenticated;
    guint max_clients_per_user;
    RpcClientLimits client;
} RpcServerLimits;

#define RPC_SERVER_LIMITS_DEFAULT                                                                  \
    {                                                                                              \
        .max_clients = 5000, .max_unauthenticated = 20, .max_clients_per_user = 2500,              \
        .client = RPC_CLIENT_LIMITS_DEFAULT,                                                       \
    }

/* One listening socket. */
typedef struct {
    bool readonly; /* its clients may only read */
    RpcAuth auth;  /* who is admitted; copied */
} RpcListenOptions;

/* What the room above does. */
typedef struct {
    /* A client was admitted; nothing of it has been read yet. It is the
     * place for rpc_client_set_data(). May be NULL. */
    void (*on_client)(RpcServer *server, RpcClient *client, gpointer user_data);

    /* Every client's; see there. */
    RpcClientHandler client;

    /* After rpc_server_stop(): the last client is gone. May be NULL. */
    void (*on_stopped)(RpcServer *server, gpointer user_data);
} RpcServerHandler;

/* Since the server began. */
typedef struct {
    guint clients; /* connected now */
    guint unauthenticated;
    guint64 accepted;
    guint64 refused; /* by authentication or a limit */
    RpcClientCounters traffic;
} RpcServerStatistics;

/* @handler and @limits are copied. */
RpcServer *rpc_server_new(const RpcServerLimits *limits, const RpcServerHandler *handler,
                          gpointer user_data);

/* Closes the sockets and all clients at once (their on_closed is called). Not
 * from a callback, on_stopped excepted. */
void rpc_server_free(RpcServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcServer, rpc_server_free)

/* Listens at @path with permissions @mode and, unless it is (gid_t)-1, group
 * @group. A socket left by a process that is gone is replaced; one that somebody
 * listens on, and anything that is not a socket (a link too), is an error and
 * stays. The socket is removed when the server ends. Error: VIR_ERR_SYSTEM_ERROR
 * naming the path. */
bool rpc_server_listen(RpcServer *server, const char *path, mode_t mode, gid_t group,
                       const RpcListenOptions *options, GError **error);

/* Accepts on @fd, a listening UNIX stream socket of somebody else's making
 * (systemd), which is owned from now on, on failure too. Nothing is removed at
 * the end. Error: VIR_ERR_SYSTEM_ERROR. */
bool rpc_server_adopt(RpcServer *server, int fd, const RpcListenOptions *options, GError **error);

/* Stops listening, and lets each client have the answers to its outstanding
 * calls, for at most @grace_ms milliseconds and a moment to read them (see
 * rpc_client_finish()); then on_stopped, from the loop. Not from on_client. */
void rpc_server_stop(RpcServer *server, guint grace_ms);

/* Calls @function for every client connected and admitted, e.g. to send an
 * event. It must not close clients; sending is fine. */
void rpc_server_foreach_client(RpcServer *server,
                               void (*function)(RpcClient *client, gpointer user_data),
                               gpointer user_data);

void rpc_server_get_statistics(RpcServer *server, RpcServerStatistics *statistics);
