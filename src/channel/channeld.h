/* The backend of channels, put together: the port to the host, the channels that it
 * tells of, the control socket, what is kept over a restart, and privileges.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const char *root;     /* absolute, without a slash at the end; "" for the real paths */
    bool simulated;       /* the host is virtxl-simhost */
    int ready;            /* for detach_ready(), or -1 */
    const char *log_path; /* where log lines go once it serves, or NULL */
} ChanneldOptions;

/* Serves until SIGTERM or SIGINT, after which channels go on in the next process, or
 * until the simulated host ends. Another daemon that serves the same host is no error
 * if @options has somebody to tell. Errors: VIR_ERR_NO_CONNECT,
 * VIR_ERR_OPERATION_INVALID, VIR_ERR_SYSTEM_ERROR. */
bool channeld_run(const ChanneldOptions *options, GError **error);
