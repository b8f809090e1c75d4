/* A pseudo terminal whose both ends stay open.
 *
 * The slave is held open here beside whoever uses it, so that programs may come
 * and go without a hangup, and its settings outlive them, as those of a device
 * in a guest do whose port somebody holds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    int master; /* non-blocking; -1 when closed */
    int slave;
    char *path; /* of the slave */
} SimPty;

/* Allocates a pty: raw, without echo, close-on-exec. On failure @pty is as
 * sim_pty_close() leaves it. */
bool sim_pty_open(SimPty *pty, GError **error);
void sim_pty_close(SimPty *pty);
