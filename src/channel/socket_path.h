/* A unix socket in the file system: made, and removed, without harm to what others have
 * put there.
 *
 * A socket at the path to which nobody listens is replaced. Anything else (a file, a
 * link, a directory, a socket that is listened to) is refused. Between a look at
 * the path and an act on it somebody may change what is there, so the stale socket is held
 * by a descriptor and asked through it, moved aside first, and only removed if it is the one
 * that was asked; else it is moved back. bind() makes the new one, and fails if anything is
 * there; nobody but the owner may connect until it has its group and mode, and
 * nobody at all before it listens.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

/* The file of a bound socket. */
typedef struct {
    char *path; /* NULL: none */
    dev_t device;
    ino_t inode;
} SocketPath;

/* The address of @path. Errors: VIR_ERR_OPERATION_FAILED, too long (107 bytes at most). */
bool socket_path_get_address(const char *path, struct sockaddr_un *address, GError **error);

/* Makes a listening, non-blocking stream socket at @path; a directory that is missing is
 * made, with mode 0755. @group: (gid_t)-1 leaves it. Fills *@made. Returns -1 and an
 * error (VIR_ERR_OPERATION_FAILED) if it can't be. */
int socket_path_listen(const char *path, mode_t permissions, gid_t group, SocketPath *made,
                       GError **error);

/* Is @fd a socket that listens at @path, where a socket still is? Then fills *@made. */
bool socket_path_adopt(int fd, const char *path, SocketPath *made);

/* Removes the file if it is still the one that was made, and clears *@made. To be
 * called while the socket is open: till then no other file can have its inode's number. */
void socket_path_remove(SocketPath *made);
/* Clears *@made, and leaves the file. */
void socket_path_clear(SocketPath *made);
