/* Unix sockets by their path.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

/* Connects a new stream socket, close-on-exec, with @type_flags (SOCK_NONBLOCK or 0).
 * Returns -1 and errno; ENAMETOOLONG for a path that no socket can have. */
int unix_socket_connect(const char *path, int type_flags);

/* Does a process listen on the socket at @path? True, too, where that can't be known: a
 * socket that is not served may be replaced, any other not. Does not wait. */
bool unix_socket_is_served(const char *path);
