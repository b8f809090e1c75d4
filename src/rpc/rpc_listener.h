/* A listening UNIX socket in the file system.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Which file a socket is, so that only that one is removed later. */
typedef struct {
    char *path;
    dev_t device;
    ino_t inode;
} RpcSocketFile;

void rpc_socket_file_clear(RpcSocketFile *file);

/* Listens at @path and returns the non-blocking, close-on-exec socket, or -1. A
 * path with something else than a dead socket at it is left alone. @group
 * (gid_t)-1 keeps the process's. Error: VIR_ERR_SYSTEM_ERROR. */
int rpc_socket_listen(const char *path, mode_t mode, gid_t group, RpcSocketFile *file,
                      GError **error);

/* Removes the socket's file, unless something else is there by now. */
void rpc_socket_file_remove(const RpcSocketFile *file);

/* Is @fd a listening UNIX stream socket? Makes it non-blocking and close-on-exec.
 * Error: VIR_ERR_SYSTEM_ERROR. */
bool rpc_socket_adopt(int fd, GError **error);
