/* Who is at the other end of a UNIX socket, and whether it is admitted.
 *
 * The kernel tells user, group, process and supplementary groups as they were
 * when the client called connect(). No name service is asked, so nothing here
 * blocks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_client.h"

typedef enum {
    RPC_AUTH_NONE,     /* whoever can open the socket */
    RPC_AUTH_PEERCRED, /* root, the listed users, the members of the listed groups */
    RPC_AUTH_POLKIT,   /* root, and whom the room above asks polkit about and admits */
} RpcAuthPolicy;

typedef struct {
    RpcAuthPolicy policy;
    const uid_t *users;
    gsize n_users;
    const gid_t *groups;
    gsize n_groups;
} RpcAuth;

/* A copy with arrays of its own, and its end. */
void rpc_auth_copy(const RpcAuth *auth, RpcAuth *copy);
void rpc_auth_clear(RpcAuth *auth);

/* Fills pid, start_time, uid and gid of @identity from the connected socket @fd. Error:
 * VIR_ERR_SYSTEM_ERROR. */
bool rpc_auth_identify(int fd, RpcIdentity *identity, GError **error);

/* Is the peer @identity one that only the room above can admit, later? */
bool rpc_auth_is_open(const RpcAuth *auth, const RpcIdentity *identity);

/* If not: does @auth admit the peer @identity on @fd? If not, the error is
 * VIR_ERR_AUTH_FAILED with a message for the client. */
bool rpc_auth_admits(const RpcAuth *auth, int fd, const RpcIdentity *identity, GError **error);
