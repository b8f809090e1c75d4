/* A ring page as a guest's driver has it: shared memory, an event channel, and the
 * bytes between it and the terminal in the guest's chair.
 *
 * How it works
 *
 * The page and the two FIFOs of its event channel are files that the backend opens by
 * name, as it would map a grant reference and bind a port (channel/host_sim.h). Both
 * ends of each FIFO are open here, so that none of them ever ends: events that are
 * sent while nobody serves the ring wait.
 *
 * Nothing is kept on the way: from the terminal no more is read than the ring has room
 * for, and bytes stay in the ring until the terminal has taken them. So either side
 * stalls the other, and nothing is lost.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct SimGuestRing SimGuestRing;

/* What of the shared page a guest can write at will. */
typedef enum {
    SIM_RING_IN_CONS,
    SIM_RING_IN_PROD,
    SIM_RING_OUT_CONS,
    SIM_RING_OUT_PROD,
} SimRingIndex;

/* Where it is, and what the guest tells the backend of it. */
typedef struct {
    const char *directory; /* made if it is missing */
    guint32 domid;
    guint32 reference;
    guint32 port;
} SimGuestRingConfig;

/* A new, empty page. @terminal is a non-blocking descriptor that outlives the ring. The
 * guest does not run yet. Errors: VIR_ERR_SYSTEM_ERROR, then nothing is left. */
SimGuestRing *sim_guest_ring_new(const SimGuestRingConfig *config, int terminal, GError **error);
/* Removes the files; a backend that has them open keeps what it has. */
void sim_guest_ring_free(SimGuestRing *ring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimGuestRing, sim_guest_ring_free)

/* Bytes flow while the guest runs. */
void sim_guest_ring_set_running(SimGuestRing *ring, bool running);

/* Moves what can be moved now. */
void sim_guest_ring_pump(SimGuestRing *ring);

/* A program in the guest writes @size bytes, byte I of them being I modulo 251. */
void sim_guest_ring_write(SimGuestRing *ring, guint64 size);

/* Hostile: an index gets @value, and the guest no longer minds the ring. */
void sim_guest_ring_set_index(SimGuestRing *ring, SimRingIndex index, guint32 value);
/* Hostile: @count events that tell nothing. */
void sim_guest_ring_storm(SimGuestRing *ring, guint64 count);
