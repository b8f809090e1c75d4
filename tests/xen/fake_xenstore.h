/* A xenstore in memory, in place of libxenstore: what src/xen calls of it, for one
 * process. Transactions, permissions and watches are there as far as the tests look
 * at them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Empties it. */
void fake_xenstore_reset(void);

/* Writes and reads past the transactions. get returns NULL if the node isn't there;
 * what it returns is the store's. */
void fake_xenstore_set(const char *path, const char *value);
const char *fake_xenstore_get(const char *path);
/* As xenstore-ls -p shows them: "n0,r7"; NULL if they were never set. */
const char *fake_xenstore_get_permissions(const char *path);
/* The number of nodes whose path begins with @prefix. */
guint fake_xenstore_count(const char *prefix);

/* Called when a transaction has been committed, with the store as it is then: the
 * other end (a backend, a guest). NULL: nobody. */
void fake_xenstore_set_peer(void (*func)(void));

/* The next @n commits fail with EAGAIN. */
void fake_xenstore_fail_commits(guint n);
/* Commits so far that succeeded, of those that changed something. */
guint fake_xenstore_get_commits(void);
/* Changes that were not part of a transaction. */
guint fake_xenstore_get_loose_changes(void);
