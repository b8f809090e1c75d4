/* One simulated host a root: a lock for as long as the process lives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    int fd; /* holds the lock; -1 if it is not held */
    char *directory;
    char *path;
} SimInstance;

/* Makes @directory and takes the lock in it. Sets *@is_running and fails if
 * somebody has it. Errors: VIR_ERR_SYSTEM_ERROR. */
bool sim_instance_acquire(SimInstance *instance, const char *directory, bool *is_running,
                          GError **error);
/* Removes the lock's file and the directory if nothing else is in it. */
void sim_instance_release(SimInstance *instance);
