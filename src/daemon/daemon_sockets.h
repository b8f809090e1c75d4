/* The sockets that clients connect to.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "daemon/daemon_config.h"
#include "rpc/rpc_server.h"

/* Makes @rpc listen: on the sockets that the service manager passed, or else on
 * sockets of its own in @directory, which is made if it is missing:
 * virtxend-sock and virtxend-sock-ro, and libvirt-sock and libvirt-sock-ro if
 * @config asks for them. Error: VIR_ERR_SYSTEM_ERROR or VIR_ERR_CONF_SYNTAX. */
bool daemon_sockets_listen(RpcServer *rpc, const DaemonConfig *config, const char *directory,
                           GError **error);
