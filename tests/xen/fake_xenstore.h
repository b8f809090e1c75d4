/* A xenstore in memory, in place of libxenstore, for one process: transactions, permissions,
 * watches, failing writes and a daemon that goes and comes back, as far as the tests look
 * at them. Any thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Empties it. */
void fake_xenstore_reset(void);

/* Writes and reads past the transactions; watches fire. get returns NULL if the node isn't
 * there; what it returns is the store's. */
void fake_xenstore_set(const char *path, const char *value);
const char *fake_xenstore_get(const char *path);
/* Removes the node and those below it. */
void fake_xenstore_remove(const char *path);
/* As xenstore-ls -p shows them: "n0,r7"; NULL if they were never set. */
const char *fake_xenstore_get_permissions(const char *path);
/* The number of nodes whose path begins with @prefix. */
guint fake_xenstore_count(const char *prefix);

/* Called when a transaction has been committed, with the store as it is then: the
 * other end (a backend, a guest). NULL: nobody. */
void fake_xenstore_set_peer(void (*func)(void));

/* The next @n commits fail with EAGAIN. */
void fake_xenstore_fail_commits(guint n);
/* Writes fail with this errno from now on; 0: they don't. */
void fake_xenstore_fail_writes(int code);
/* Reads of @path, or of what is below it, fail with EIO; NULL: of nothing. */
void fake_xenstore_fail_reads(const char *path);
/* Commits so far that succeeded, of those that changed something. */
guint fake_xenstore_get_commits(void);
/* Changes that were not part of a transaction. */
guint fake_xenstore_get_loose_changes(void);
/* How often @path was read. */
guint fake_xenstore_get_reads(const char *path);

/* The daemon's socket, in a directory of its own: without it there is none. stop: who is
 * connected is not any more, and every access fails. */
void fake_xenstore_start_daemon(void);
void fake_xenstore_stop_daemon(void);
