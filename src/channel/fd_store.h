/* Descriptors that outlive this process: systemd keeps them and passes them to
 * the next one (sd_notify(3), FDSTORE=1; FileDescriptorStoreMax= in the unit).
 * Without a service manager nothing here does anything, and nothing is kept.
 *
 * A descriptor has the name "ID.WHAT": ID is the channel's (ChannelSource.id),
 * WHAT is "listen", "client", "pty", ...
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct FdStore FdStore;

/* Takes over what the service manager passed; the environment is cleared.
 * Descriptors with other names (sockets of units) stay the service manager's. */
FdStore *fd_store_new(void);
/* Closes what nobody took; the service manager goes on keeping it. */
void fd_store_free(FdStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FdStore, fd_store_free)

/* What was passed under that name, or -1. It is the caller's from now on,
 * close-on-exec and non-blocking. */
int fd_store_take(FdStore *store, const char *id, const char *what);

/* Has a copy of @fd kept, in place of one that was kept under that name. */
void fd_store_keep(FdStore *store, const char *id, const char *what, int fd);
void fd_store_forget(FdStore *store, const char *id, const char *what);

/* Forgets everything of channels for which @is_known says no. */
void fd_store_prune(FdStore *store, bool (*is_known)(const char *id, gpointer user_data),
                    gpointer user_data);
