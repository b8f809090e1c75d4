/* A channel's inside, which has four parts:
 *
 *   channel.c           its life, and the bytes that the pump moves
 *   channel_states.c    the states of xenbus, and the ring
 *   channel_host_end.c  the endpoint, the log and the memory of bytes on their way
 *   channel_describe.c  what is shown of it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/channel.h"
#include "channel/frontend.h"
#include "channel/host_open.h"
#include "channel/pump.h"
#include "util/log_limit.h"

struct Channel {
    const ChannelContext *context;
    ChannelView *view;
    ChannelSource *source;
    char *label; /* for log lines */
    LogLimit guest_lines;
    LogLimit client_lines;

    int state;            /* the XenbusState that we have given */
    guint rest_timer;     /* at Closed */
    guint frontend_write; /* the view's, when the ring was connected */
    Frontend *frontend;   /* NULL while no ring is connected */

    bool resumed; /* was there before this process */
    Endpoint *endpoint;
    bool had_client;      /* as the log has it */
    HostOpening *opening; /* of the log, or of the endpoint's file */
    guint slow_timer;     /* while it is under way */
    guint retry_ms;       /* what the last retry waited for */
    guint retry_timer;
    char *error;   /* why there is no endpoint */
    bool has_told; /* whether there is one */

    Hold *hold; /* NULL while it can't be opened, and there is no endpoint then */
    LogFile *log;
    Pump pump;
    guint pump_source; /* it has more to do */
    gint64 warned_us;
    guint64 warned_discarded;

    guint linger_timer;
    void (*done)(Channel *channel, gpointer user_data);
    gpointer user_data;
};

/* channel.c: moves bytes, and goes on later if there are more. May let go of the ring. */
void channel_run_pump(Channel *channel);
/* The endpoint, or the log, can go on. May free the channel. */
void channel_go_on(Channel *channel);

/* channel_states.c: does what the view asks for. */
void channel_follow(Channel *channel);
/* Lets go of the ring, after what the guest has said last. */
void channel_disconnect(Channel *channel);
/* Lets go of a ring whose indices are impossible. */
void channel_drop_broken_ring(Channel *channel);

/* channel_host_end.c: opens it, now or, if that fails, later. Then the states are followed,
 * and bytes move. */
void channel_open_host_end(Channel *channel);
/* Nothing is opened any more that is not open yet. */
void channel_stop_opening(Channel *channel);
