/* One channel: a console device of a guest that this daemon is the backend of.
 *
 * How it works
 *
 * What the toolstack and the guest have in the store comes as a ChannelView, again
 * whenever it changes. channel_update() compares it with what there is and does
 * what the states of xenbus ask for:
 *
 *   frontend            we
 *   Initialised,        map the ring, bind the event channel, go to Connected
 *   Connected
 *   Closing             let go of both, go to Closing
 *   Closed              the same, and go to InitWait: the guest's driver can come back
 *                       with a new ring (it was loaded again, or another kernel was
 *                       started). After a Closing there is somebody who waits to see
 *                       Closed, and so before that we are at Closed for CHANNEL_REST_MS
 *   anything before     let go, go to InitWait
 *
 * A toolstack that wants the channel detached sets online to 0: we let go of the ring,
 * go to Closing, and once the frontend has closed, to Closed.
 *
 * A frontend that writes its state while it is connected may have let go of its ring
 * and come back so fast that nothing of it was seen. So then the ring is opened
 * again, which does no harm if it is the same.
 *
 * A guest can send events, write states and change its ring as it likes. It gets an
 * answer, but not as often: events without bytes are answered later and later
 * (the event channel stays masked meanwhile), and a ring that makes no sense is
 * let go until the frontend comes up again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

#include "channel/fd_store.h"
#include "channel/host.h"

/* How long a closed channel rests at Closed: a kernel that starts in place of one that has
 * crashed waits to see it (5 s, else). A driver that is bound meanwhile takes it for an end,
 * and stays closed: so no longer than a guest needs to read a node. */
#define CHANNEL_REST_MS   50
/* How long a client may go on reading what a guest has left that is gone. */
#define CHANNEL_LINGER_MS 10000

typedef struct Channel Channel;

/* What all channels share; outlives them. */
typedef struct {
    ChannelHost *host;
    FdStore *fd_store;
    const char *directory; /* for holds */
} ChannelContext;

/* Begins to serve the channel. What can't be opened, endpoint, log or hold, is told to the
 * toolstack, and tried again, later and later, as long as the channel is there. Errors:
 * VIR_ERR_INTERNAL_ERROR if what the toolstack has written makes no sense. */
Channel *channel_new(const ChannelContext *context, const ChannelView *view, GError **error);

/* Something of it has changed. */
void channel_update(Channel *channel, const ChannelView *view);

/* The device is not there any more: lets go of the ring at once (the domain can't
 * end before) and of the socket's path. @done is called, later or at once, when the
 * client has what the guest has said last, or is gone; then channel_free() is due. */
void channel_end(Channel *channel, void (*done)(Channel *channel, gpointer user_data),
                 gpointer user_data);

/* Nothing of it is left. */
void channel_free(Channel *channel);
/* The daemon ends and the channel goes on: what can wait for the next one waits. */
void channel_abandon(Channel *channel);

const char *channel_get_id(const Channel *channel);

/* Adds what `virtxl-channeld --list` shows; see control.h. */
void channel_describe(const Channel *channel, struct json_object *object);
