/* Counters of channels, which virtxl-channeld has: the same on the real host and on the
 * simulated one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Of a channel that virtxl-channeld serves, as the guest sees it: to it (rx) and from it (tx).
 * Bytes that the other end has taken count from when that process began to serve it. */
typedef struct {
    guint32 domid;
    char *name;
    guint64 rx_bytes;
    guint64 rx_held; /* bytes that wait for the guest */
    guint64 tx_bytes;
    guint64 tx_held;       /* bytes that wait for a program on the host */
    guint64 tx_discarded;  /* bytes for which no program came */
    guint64 clients;       /* that have connected so far, where programs do */
    gboolean is_connected; /* a program on the host is */
    guint64 client_pid;    /* of that; 0: not known */
} XenChannelStats;

void xen_channel_stats_free(XenChannelStats *stats);

/* Those of channel @name of domain @domid in @list (NULL: there is none), which keeps them;
 * NULL if virtxl-channeld doesn't serve it. */
const XenChannelStats *xen_channel_stats_find(const GPtrArray *list, guint32 domid,
                                              const char *name);

/* Returns an array of XenChannelStats, of all domains. Asks virtxl-channeld under @root
 * (absolute, or "" for none) and waits two seconds for it at most. Errors:
 * VIR_ERR_NO_CONNECT if it is not there, VIR_ERR_OPERATION_TIMEOUT if it hangs. */
GPtrArray *xen_channel_stats_list(const char *root, GError **error);
