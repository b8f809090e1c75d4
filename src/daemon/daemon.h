/* The daemon: puts host, driver and server together and runs them.
 *
 * The order of starting is the order of depending: configuration, host, driver
 * (which takes the lock against a second daemon), sockets. So a daemon that
 * can't have the lock touches nobody's sockets. It stops in the other order:
 * nobody new, the calls under way, the driver. Domains go on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What the command line says. */
typedef struct {
    char *root;       /* NULL: the real paths */
    char *host;       /* "libxl", "sim", or NULL: libxl if there is Xen */
    char *config;     /* NULL: the default file, if it is there */
    char *socket_dir; /* NULL: as configured */
    gboolean verbose;
} DaemonOptions;

/* Runs until a signal ends it. False with the error set if it can't start. */
bool daemon_run(const DaemonOptions *options, GError **error);
