/* The service manager (systemd), if it started us: sockets that it made, and
 * telling it how we are. Both are a few environment variables, as sd_notify(3)
 * and sd_listen_fds(3) describe; without them nothing here does anything.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Tells the service manager @state, lines of NAME=VALUE. */
void service_manager_notify(const char *state);

/* With the time that a reload needs beside it. */
void service_manager_notify_reloading(void);

/* A listening socket that the service manager passed. */
typedef struct {
    int fd; /* close-on-exec */
    bool readonly;
} ServiceSocket;

/* Array of ServiceSocket, empty if there are none. The read-only one is that
 * whose name (FileDescriptorName=, by default that of its unit) or path ends in
 * "-ro". Once: the environment is cleared. */
GArray *service_manager_take_sockets(void);
