/* A channel's nodes in xenstore: what the toolstack has written (see
 * xen/xen_host_libxl_channel.c and util/channel_source.h), what the guest writes, and what
 * we write.
 *
 * Each access waits for xenstored, so all is for a thread. That xenstored doesn't answer,
 * or fails, is no sign that a node is not there: then nothing is known.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <xenstore.h>

#include "channel/host.h"

#define HOST_XEN_BACKENDS "/local/domain/0/backend/console"

typedef enum {
    HOST_XEN_IS_THERE,
    HOST_XEN_IS_ABSENT,
    HOST_XEN_IS_UNKNOWN,
} HostXenPresence;

/* What doesn't change while the device is there: *@view is new then. A device that has no
 * source is not ours, and as good as absent. */
HostXenPresence host_xen_nodes_read_identity(struct xs_handle *xs, guint32 domid, guint devid,
                                             ChannelView **view);
/* Is the device that was read as @view there still, and not another in its place? */
HostXenPresence host_xen_nodes_find_again(struct xs_handle *xs, const ChannelView *view);
/* What the guest and the toolstack change; into @view. False: nothing is known. */
bool host_xen_nodes_read_states(struct xs_handle *xs, ChannelView *view);

typedef enum {
    HOST_XEN_BACKEND_STATE,
    HOST_XEN_FRONTEND_TTY,
    HOST_XEN_ERROR,
} HostXenNode;

/* Writes @value, NULL removes the node. Nothing is written, and that is no error, where the
 * device is not there any more. False and errno if it fails. */
bool host_xen_nodes_write(struct xs_handle *xs, guint32 domid, guint devid, HostXenNode node,
                          const char *value);

/* True if @text is a number and nothing else. */
bool host_xen_nodes_parse_number(const char *text, guint64 max, guint64 *number);
