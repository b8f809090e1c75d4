/* The socket of a channel that listens, as a file: what may be at its path before,
 * whose it is, and its end.
 *
 * Nothing of anybody else's is ever taken away: only a socket at which nobody
 * listens is removed. All of it may block on the disk.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"
#include "libxl/libxl_driver.h"

/* Makes the directory of @channel's path and removes a stale socket from the path.
 * @messages gets what an administrator should know. Errors: VIR_ERR_OPERATION_FAILED
 * for a path that something else has, VIR_ERR_SYSTEM_ERROR. */
bool libxl_channel_socket_prepare(const DomainDef *live, const DomainChrDef *channel,
                                  GPtrArray *messages, GError **error);

/* Gives the socket that QEMU has made its group and mode. Errors:
 * VIR_ERR_OPERATION_FAILED. */
bool libxl_channel_socket_own(const DomainDef *live, const DomainChrDef *channel,
                              const LibxlDriverConfig *config, GError **error);

/* Removes the socket at @path once nobody serves it, for which it waits a while. Who
 * still serves it then is somebody else, and keeps it. */
void libxl_channel_socket_remove(const char *path);
