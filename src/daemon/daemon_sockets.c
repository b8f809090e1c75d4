/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/daemon_sockets.h"

#include "daemon/service_manager.h"
#include "util/file.h"

/* Whoever can open a socket is admitted: permissions say who that is. */
static const RpcListenOptions writable = {.readonly = false, .auth = {.policy = RPC_AUTH_NONE}};
static const RpcListenOptions readonly = {.readonly = true, .auth = {.policy = RPC_AUTH_NONE}};

static bool
adopt_sockets(RpcServer *rpc, const GArray *sockets, GError **error)
{
    bool ok = true;

    /* Each is taken or closed, whatever becomes of the others. */
    for (guint i = 0; i < sockets->len; i++) {
        const ServiceSocket *passed = &g_array_index(sockets, ServiceSocket, i);

        ok &= rpc_server_adopt(rpc, passed->fd, passed->readonly ? &readonly : &writable,
                               ok ? error : NULL);
    }
    return ok;
}

static bool
listen_in_pair(RpcServer *rpc, const DaemonConfig *config, const char *directory, const char *name,
               gid_t group, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *readonly_path = g_strconcat(path, "-ro", NULL);

    return rpc_server_listen(rpc, path, config->unix_sock_rw_perms, group, &writable, error) &&
           rpc_server_listen(rpc, readonly_path, config->unix_sock_ro_perms, group, &readonly,
                             error);
}

bool
daemon_sockets_listen(RpcServer *rpc, const DaemonConfig *config, const char *directory,
                      GError **error)
{
    g_autoptr(GArray) sockets = service_manager_take_sockets();
    gid_t group;

    if (sockets->len > 0)
        return adopt_sockets(rpc, sockets, error);
    if (!daemon_config_get_group(config, &group, error) ||
        !file_make_directory(directory, 0755, error))
        return false;
    return listen_in_pair(rpc, config, directory, "virtxend-sock", group, error) &&
           (!config->legacy_sockets ||
            listen_in_pair(rpc, config, directory, "libvirt-sock", group, error));
}
