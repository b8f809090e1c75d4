/* A program that goes into the background: whoever started it waits until it serves,
 * or ends having said why it can't.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Before there are threads. Forks, in a session of its own, with nothing of whoever
 * started it but standard output and error and the environment, without the service
 * manager's part. Returns true in the
 * process that goes on, with *@ready for detach_ready(); false in the one that was
 * started, when the other one is ready or has ended: *@status is what to exit with. */
bool detach_process(int *ready, int *status);

/* Tells that it serves. -1 is no error. */
void detach_ready(int ready);

/* From now on standard output and error are appended to @path, which is made with
 * its directory. Errors: VIR_ERR_SYSTEM_ERROR. */
bool detach_redirect_output(const char *path, GError **error);
