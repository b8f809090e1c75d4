/* A channel's bytes, moved both ways:
 *
 *     endpoint -> hold IN -> ring   (to the guest)
 *     ring -> hold OUT -> endpoint  (from the guest)
 *
 * What comes from the guest is taken out of the ring whether somebody is there to
 * have it or not, as long as it can be held: Linux waits for room in the ring in
 * its kernel, with interrupts off, so that a CPU of the guest hangs meanwhile. When no
 * more can be held and nobody is connected, the oldest is discarded and counted,
 * or, if the channel is configured so, the guest waits. While somebody is
 * connected nothing is ever discarded: who reads slowly makes the guest wait.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "channel/endpoint.h"
#include "channel/hold.h"
#include "channel/log_file.h"
#include "channel/ring.h"

typedef struct {
    Endpoint *endpoint; /* or NULL; none of these is the pump's own */
    Hold *hold;
    LogFile *log; /* or NULL */
    Ring *ring;   /* NULL while none is connected */
    bool wait;    /* rather than discard */
    bool in_full; /* no more is read from the endpoint until there is much room again */

    guint64 bytes_in;  /* that the guest's ring has taken */
    guint64 bytes_out; /* that the endpoint has taken */
    guint64 discarded; /* bytes from the guest */
} Pump;

typedef struct {
    bool moved;  /* anything */
    bool notify; /* the guest must be sent an event */
    bool more;   /* there is more to do right now: call again soon */
    bool broken; /* the guest's indices are impossible; the ring must go */
} PumpResult;

/* Moves what can be moved, but not for ever, and has the endpoint call for what can
 * not. */
PumpResult pump_run(Pump *pump);
