/* What host_xen.c knows of xenstore: a thread that reads and writes it, since each
 * access waits for xenstored.
 *
 * It watches the backends of consoles, and of those that are ours (their source is there,
 * see util/channel_source.h) the frontend's state. When something fires, the device is
 * read again and what it says handed to the main loop.
 *
 * A guest can write its state as often as it likes. Each device may be read again
 * DEVICE_BURST times at once and then DEVICE_RATE times a second; one that wants more is
 * not watched at all for a while.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/host.h"

typedef struct HostXenStore HostXenStore;

/* Errors: VIR_ERR_NO_CONNECT. */
HostXenStore *host_xen_store_new(GError **error);
void host_xen_store_free(HostXenStore *store);

/* Begins to tell, in the default main context. */
void host_xen_store_watch(HostXenStore *store, const ChannelHostCallbacks *callbacks,
                          gpointer user_data);

/* Writes @value to a node of the device, later; NULL removes it. Nothing is written
 * where the node's directory is not there any more. */
typedef enum {
    HOST_XEN_BACKEND_STATE,
    HOST_XEN_FRONTEND_TTY,
    HOST_XEN_ERROR,
} HostXenNode;
void host_xen_store_set(HostXenStore *store, guint32 domid, guint devid, HostXenNode node,
                        const char *value);
