/* The bytes of a channel that are on their way, in memory that outlives this
 * process: those for the guest ("in") until it has room, those from the guest
 * ("out") until somebody takes them.
 *
 * How nothing is lost or made up when the process is killed at any moment
 *
 * The memory is a file in a directory of the daemon's, mapped and shared, one for each
 * channel; what is stored there is there after a kill. It has two queues of bytes, with
 * free-running 32-bit indices. Where bytes pass between a queue and the ring, one
 * and the same store to memory must take them from one and give them to the other.
 * So while a ring is connected, the queue's index on the ring's side is not
 * stored: it is computed from the ring's own index, since both count the same
 * bytes. hold_connect() notes where both stood; from then on
 *
 *     in.consumed  = noted in.consumed  + (ring's in_prod  - noted in_prod)
 *     out.produced = noted out.produced + (ring's out_cons - noted out_cons)
 *
 * and the next process reads the ring's indices from the page. (A guest may
 * write nonsense there. What does not fit the queue is refused; it has then harmed its
 * own channel alone.)
 *
 * On the side of the endpoint an index is moved after the system call that moved the
 * bytes. A client that outlives the process, in the service manager's fd store, could
 * then miss bytes or get them twice if the kill comes just between the two.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "channel/ring.h"

typedef struct Hold Hold;

/* Which of the two queues. */
typedef enum {
    HOLD_IN,  /* for the guest */
    HOLD_OUT, /* from the guest */
} HoldQueue;

/* Opens the file @path, or makes it with queues of @in_size and @out_size bytes (powers
 * of two). One that is there keeps its sizes and what it holds; *@resumed tells. One
 * that makes no sense is replaced, with a warning. Errors: VIR_ERR_SYSTEM_ERROR. */
Hold *hold_open(const char *path, gsize in_size, gsize out_size, bool *resumed, GError **error);
/* Unmaps; the file and what it holds stay. */
void hold_close(Hold *hold);
/* Unmaps and removes the file. */
void hold_remove(Hold *hold);

/* Ties the queues to @ring, which was just opened. @again: it is the ring that they
 * were tied to when the process before ended, so what moved there since is counted.
 * False if what the ring says can't be true; then nothing is tied. */
bool hold_connect(Hold *hold, const Ring *ring, bool again);
/* Stores where the queues stand; the ring may go. */
void hold_disconnect(Hold *hold);
/* Was it tied to a ring when the process before ended? */
bool hold_is_connected(const Hold *hold);

/* How many bytes are in it; room for how many more. */
gsize hold_get_used(const Hold *hold, HoldQueue queue);
gsize hold_get_room(const Hold *hold, HoldQueue queue);

/* The endpoint's side of the queues. The parts of the queue that are room (of IN) or
 * bytes (of OUT), one or two; *n_iov is 0 if there are none. */
void hold_get_in_room(const Hold *hold, struct iovec iov[2], int *n_iov);
void hold_get_out_bytes(const Hold *hold, struct iovec iov[2], int *n_iov);
/* So many bytes were put there, or taken from there. */
void hold_produce_in(Hold *hold, gsize size);
void hold_consume_out(Hold *hold, gsize size);

/* The ring's side: moves what fits. Returns how many bytes moved, -1 if the ring's
 * other end is not to be believed. @limit: no more than so many. */
gssize hold_move_in(Hold *hold, Ring *ring);
gssize hold_move_out(Hold *hold, Ring *ring, gsize limit);

/* The last bytes that hold_move_out() took, @size of them: for the log. */
void hold_get_newest_out(const Hold *hold, gsize size, struct iovec iov[2], int *n_iov);
