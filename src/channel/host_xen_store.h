/* What host_xen.c knows of xenstore: a thread that reads (host_xen_devices.c) and writes
 * (host_xen_writes.c) it, since each access waits for xenstored. What it finds is handed to
 * the main loop.
 *
 * When xenstored goes the thread tries once a second to reach another one. Meanwhile the
 * channels go on as they are: a ring that is connected needs no store, and that nothing can
 * be read is no sign that a channel has gone. When it is back all is read again, what has
 * gone meanwhile is told, and what was to be written is written. To end the process
 * instead would let go of rings that work, for one that can't start without xenstored.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/host.h"
#include "channel/host_xen_nodes.h"

typedef struct HostXenStore HostXenStore;

/* Errors: VIR_ERR_NO_CONNECT. */
HostXenStore *host_xen_store_new(GError **error);
void host_xen_store_free(HostXenStore *store);

/* Begins to tell, in the default main context. `lost` is not called. */
void host_xen_store_watch(HostXenStore *store, const ChannelHostCallbacks *callbacks,
                          gpointer user_data);

/* Writes @value to a node of the device, later; NULL removes it. Nothing is written
 * where the node's directory is not there any more. */
void host_xen_store_set(HostXenStore *store, guint32 domid, guint devid, HostXenNode node,
                        const char *value);
