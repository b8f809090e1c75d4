/* The service manager (systemd), if it started us: descriptors that it passed,
 * telling it how we are, and having it keep descriptors for our next process. All
 * of that is a few environment variables and messages, as sd_notify(3) and
 * sd_listen_fds(3) describe; without them nothing here does anything.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Tells the service manager @state, lines of NAME=VALUE. False if there is none, or
 * it can't be told (then there is a warning). */
bool service_manager_notify(const char *state);

/* With the time that a reload needs beside it. */
void service_manager_notify_reloading(void);

/* Has a copy of @fd kept under @name until service_manager_forget_fd(), even if its
 * other end hangs up; our next process gets it passed. @name: at most 255 printable
 * characters of ASCII, no colon. The unit's FileDescriptorStoreMax= limits how many
 * there can be. False as above. */
bool service_manager_keep_fd(const char *name, int fd);
/* Closes all that are kept under @name. */
void service_manager_forget_fd(const char *name);

/* A descriptor that the service manager passed. */
typedef struct {
    int fd;     /* close-on-exec */
    char *name; /* FileDescriptorName= of a socket unit, by default that of the unit; or
                   the name under which it was kept; "" if it has none */
} ServiceDescriptor;

/* Array of ServiceDescriptor, empty if there are none; it frees the names, the
 * descriptors are the caller's. Once: the environment is cleared. */
GArray *service_manager_take_fds(void);
