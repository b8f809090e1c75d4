/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/daemon_sockets.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "util/file.h"
#include "util/service_manager.h"

/* Who is admitted to which socket. */
typedef struct {
    RpcListenOptions writable;
    RpcListenOptions readonly;
    gid_t group; /* (gid_t)-1: none */
} Doors;

/* With "peercred" the socket's group is admitted, and root, whatever the
 * permissions of the socket are: systemd may have made it. */
static RpcAuth
get_auth(RpcAuthPolicy policy, const Doors *doors)
{
    RpcAuth auth = {.policy = policy};

    if (policy == RPC_AUTH_PEERCRED && doors->group != (gid_t)-1) {
        auth.groups = &doors->group;
        auth.n_groups = 1;
    }
    return auth;
}

static bool
get_doors(const DaemonConfig *config, Doors *doors, GError **error)
{
    if (!daemon_config_get_group(config, &doors->group, error))
        return false;
    doors->writable = (RpcListenOptions){.auth = get_auth(config->auth_unix_rw, doors)};
    doors->readonly =
        (RpcListenOptions){.readonly = true, .auth = get_auth(config->auth_unix_ro, doors)};
    return true;
}

static bool
name_is_readonly(const char *name)
{
    return g_str_has_suffix(name, "-ro") || g_str_has_suffix(name, "-ro.socket");
}

static bool
path_is_readonly(int fd)
{
    struct sockaddr_un address = {0};
    socklen_t size = sizeof(address) - 1;

    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 || address.sun_family != AF_UNIX)
        return false;
    return g_str_has_suffix(address.sun_path, "-ro");
}

/* The read-only one of the sockets that the service manager made is that whose name
 * or path ends in "-ro". */
static bool
is_readonly(const ServiceDescriptor *passed)
{
    return name_is_readonly(passed->name) || path_is_readonly(passed->fd);
}

static bool
adopt_sockets(RpcServer *rpc, const GArray *sockets, const Doors *doors, GError **error)
{
    bool ok = true;

    /* Each is taken or closed, whatever becomes of the others. */
    for (guint i = 0; i < sockets->len; i++) {
        const ServiceDescriptor *passed = &g_array_index(sockets, ServiceDescriptor, i);

        ok &= rpc_server_adopt(rpc, passed->fd,
                               is_readonly(passed) ? &doors->readonly : &doors->writable,
                               ok ? error : NULL);
    }
    return ok;
}

static bool
listen_in_pair(RpcServer *rpc, const DaemonConfig *config, const char *directory, const char *name,
               const Doors *doors, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *readonly_path = g_strconcat(path, "-ro", NULL);

    return rpc_server_listen(rpc, path, config->unix_sock_rw_perms, doors->group, &doors->writable,
                             error) &&
           rpc_server_listen(rpc, readonly_path, config->unix_sock_ro_perms, doors->group,
                             &doors->readonly, error);
}

bool
daemon_sockets_listen(RpcServer *rpc, const DaemonConfig *config, const char *directory,
                      GError **error)
{
    g_autoptr(GArray) sockets = service_manager_take_fds();
    Doors doors;

    if (!get_doors(config, &doors, error))
        return false;
    if (sockets->len > 0)
        return adopt_sockets(rpc, sockets, &doors, error);
    return file_make_directory(directory, 0755, error) &&
           listen_in_pair(rpc, config, directory, "virtxend-sock", &doors, error) &&
           (!config->legacy_sockets ||
            listen_in_pair(rpc, config, directory, "libvirt-sock", &doors, error));
}
