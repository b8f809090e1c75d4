/* The threads that run what may block.
 *
 * There are three pools: one for whatever may take long (a domain build), a
 * small one for calls that must get through even while all of the first are
 * busy, e.g. to destroy a domain whose start hangs, and one for calls that wait
 * for an agent in a guest: guests that hang are in the way of nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct RemoteWorkers RemoteWorkers;

typedef enum {
    REMOTE_POOL_ORDINARY,
    REMOTE_POOL_PRIORITY,
    REMOTE_POOL_AGENT, /* as large as the first */
    REMOTE_POOLS,
} RemotePool;

/* @work is called on a worker for every job, then @done in the main context
 * that is the default of the thread that makes the workers. */
RemoteWorkers *remote_workers_new(guint n_workers, guint n_priority_workers, GFunc work, GFunc done,
                                  gpointer user_data);

/* Waits for the jobs that run; their @done is not called. */
void remote_workers_free(RemoteWorkers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RemoteWorkers, remote_workers_free)

/* Main thread only. */
void remote_workers_push(RemoteWorkers *workers, gpointer job, RemotePool pool);

/* How many jobs wait, run, or have not been told done. Main thread only. */
guint remote_workers_get_pending(const RemoteWorkers *workers);
