/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_auth.h"

#include "util/error.h"
#include "util/i18n.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void
rpc_auth_copy(const RpcAuth *auth, RpcAuth *copy)
{
    *copy = *auth;
    copy->users = g_memdup2(auth->users, auth->n_users * sizeof(*auth->users));
    copy->groups = g_memdup2(auth->groups, auth->n_groups * sizeof(*auth->groups));
}

void
rpc_auth_clear(RpcAuth *auth)
{
    g_free((gpointer)auth->users);
    g_free((gpointer)auth->groups);
    *auth = (RpcAuth){.policy = RPC_AUTH_PEERCRED};
}

/* The 22nd field of the process's line (proc(5)). The second is its name in parentheses,
 * which may have anything in it. */
static guint64
get_start_time(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%ld/stat", (long)pid);
    g_autofree char *line = NULL;
    g_auto(GStrv) fields = NULL;
    const char *name_end;

    if (!g_file_get_contents(path, &line, NULL, NULL))
        return 0;
    name_end = strrchr(line, ')');
    fields = g_strsplit(name_end ? name_end : "", " ", 0);
    return g_strv_length(fields) > 20 ? g_ascii_strtoull(fields[20], NULL, 10) : 0;
}

bool
rpc_auth_identify(int fd, RpcIdentity *identity, GError **error)
{
    struct ucred credentials;
    socklen_t size = sizeof(credentials);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("asking who the client is: %s"),
                                g_strerror(errno));
    identity->pid = credentials.pid;
    identity->start_time = get_start_time(credentials.pid);
    identity->uid = credentials.uid;
    identity->gid = credentials.gid;
    return true;
}

/* The peer's supplementary groups, NULL if it has none or the kernel does not
 * tell. */
static gid_t *
get_peer_groups(int fd, gsize *n)
{
    g_autofree gid_t *groups = NULL;
    socklen_t size = 0;

    *n = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE)
        return NULL;
    groups = g_malloc(size);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
        return NULL;
    *n = size / sizeof(gid_t);
    return g_steal_pointer(&groups);
}

static bool
lists_group(const RpcAuth *auth, gid_t group)
{
    for (gsize i = 0; i < auth->n_groups; i++) {
        if (auth->groups[i] == group)
            return true;
    }
    return false;
}

static bool
lists_user(const RpcAuth *auth, uid_t user)
{
    for (gsize i = 0; i < auth->n_users; i++) {
        if (auth->users[i] == user)
            return true;
    }
    return false;
}

static bool
lists_peer_group(const RpcAuth *auth, int fd)
{
    g_autofree gid_t *groups = NULL;
    gsize n;

    if (auth->n_groups == 0)
        return false;
    groups = get_peer_groups(fd, &n);
    for (gsize i = 0; i < n; i++) {
        if (lists_group(auth, groups[i]))
            return true;
    }
    return false;
}

bool
rpc_auth_is_open(const RpcAuth *auth, const RpcIdentity *identity)
{
    return auth->policy == RPC_AUTH_POLKIT && identity->uid != 0;
}

bool
rpc_auth_admits(const RpcAuth *auth, int fd, const RpcIdentity *identity, GError **error)
{
    if (auth->policy == RPC_AUTH_NONE)
        return true;
    if (identity->uid == 0 || lists_user(auth, identity->uid) || lists_group(auth, identity->gid) ||
        lists_peer_group(auth, fd))
        return true;
    return virtxl_error_set(error, VIR_ERR_AUTH_FAILED,
                            _("user %lu is not admitted on this socket"),
                            (unsigned long)identity->uid);
}
