/* What the main loop wants written to xenstore, in order, by the thread.
 *
 * What can't be written (the quota of nodes is used up, xenstored doesn't answer) is tried
 * again, later and later, until it is written, something newer is to be written to the
 * same node, or the device has gone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/host_xen_nodes.h"

typedef struct HostXenWrites HostXenWrites;

HostXenWrites *host_xen_writes_new(void);
void host_xen_writes_free(HostXenWrites *writes);

/* Any thread. */
void host_xen_writes_push(HostXenWrites *writes, guint32 domid, guint devid, HostXenNode node,
                          const char *value);

/* Writes what is due. Returns for how many milliseconds nothing else is, -1 for ever. */
int host_xen_writes_run(HostXenWrites *writes, struct xs_handle *xs);
