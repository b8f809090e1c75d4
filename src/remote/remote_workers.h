/* The threads that run what may block.
 *
 * There are two pools: one for whatever may take long (a domain build), and a
 * small one for calls that must get through even while all of the first are
 * busy, e.g. to destroy a domain whose start hangs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct RemoteWorkers RemoteWorkers;

/* @work is called on a worker for every job, then @done in the main context
 * that is the default of the thread that makes the workers. */
RemoteWorkers *remote_workers_new(guint n_workers, guint n_priority_workers, GFunc work, GFunc done,
                                  gpointer user_data);

/* Waits for the jobs that run; their @done is not called. */
void remote_workers_free(RemoteWorkers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RemoteWorkers, remote_workers_free)

/* Main thread only. */
void remote_workers_push(RemoteWorkers *workers, gpointer job, bool high_priority);

/* How many jobs wait, run, or have not been told done. Main thread only. */
guint remote_workers_get_pending(const RemoteWorkers *workers);
