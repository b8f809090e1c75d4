/* The bytes of a channel that are on their way, in memory that outlives this
 * process: those for the guest ("in") until it has room, those from the guest
 * ("out") until somebody takes them.
 *
 * How nothing is lost or made up when the process is killed at any moment
 *
 * The memory is a file in a directory of the daemon's, mapped and shared, one for
 * each channel; what is stored there is there after a kill. It has two queues of
 * bytes, with free-running 32-bit indices. Where bytes pass between a queue and the
 * ring, one and the same store to memory must take them from one and give them to
 * the other. So while a ring is connected, the queue's index on the ring's side is
 * not stored: it follows from the ring's own index, since both count the same bytes.
 * hold_connect() notes where both stood; from then on
 *
 *     in.consumed  = noted in.consumed  + (ring's in_prod  - noted in_prod)
 *     out.produced = noted out.produced + (ring's out_cons - noted out_cons)
 *
 * and the next process reads the ring's indices from the page. Beside that, after
 * each move, the queue's index is stored as last seen. It may be one move behind
 * and not more, which tells the ring that was there before from a new one (the
 * guest's driver was loaded again meanwhile), and from nonsense that a guest has
 * written: then what was last seen counts.
 *
 * On the side of the endpoint an index is moved after the system call that moved
 * the bytes. A client that outlives the process, in the service manager's fd store,
 * could then miss bytes or get them twice if the kill comes just between the two: no
 * kernel counts what has passed through a socket or a pty. A file has a size, which is
 * noted before each piece: the next process sees how much of it has been written.
 *
 * Memory is taken from the file system before it is touched, so that a full one is
 * a queue without room, and no SIGBUS. A part of it is left to others, so that guests
 * can't fill it. The first page of each queue is taken when
 * it is opened: once a queue is empty it can take bytes again, however full the file
 * system is. A queue that is empty begins again at its start and gives back what it
 * had beyond HOLD_CHUNK.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "channel/ring.h"

/* In what steps a queue grows. */
#define HOLD_CHUNK 16384

typedef struct Hold Hold;

/* Which of the two queues. */
typedef enum {
    HOLD_IN,  /* for the guest */
    HOLD_OUT, /* from the guest */
} HoldQueue;

/* Opens the file @path, or makes it with queues of @in_size and @out_size bytes
 * (powers of two, at least 4096). One that is there keeps its sizes and what it
 * holds; *@resumed tells. One that makes no sense is replaced, with a warning.
 * Errors: VIR_ERR_SYSTEM_ERROR. */
Hold *hold_open(const char *path, gsize in_size, gsize out_size, bool *resumed, GError **error);
/* Unmaps; the file and what it holds stay. */
void hold_close(Hold *hold);
/* Unmaps and removes the file. */
void hold_remove(Hold *hold);

/* Ties the queues to @ring, which was just opened and is the guest's @ring_ref and
 * @port. True if it is the ring that they were tied to when the process before
 * ended. */
bool hold_connect(Hold *hold, const Ring *ring, guint32 ring_ref, guint32 port);
/* Stores where the queues stand; the ring may go. */
void hold_disconnect(Hold *hold);

/* How many bytes are in it; room for how many more. */
gsize hold_get_used(const Hold *hold, HoldQueue queue);
gsize hold_get_room(const Hold *hold, HoldQueue queue);

/* The endpoint's side. The parts of the queue, none, one or two, that are room (of
 * IN; as much as there is memory for) or bytes (of OUT). Returns their number. */
int hold_get_in_room(Hold *hold, struct iovec iov[2]);
int hold_get_out_bytes(const Hold *hold, struct iovec iov[2]);
/* So many bytes were put there, or taken from there. */
void hold_produce_in(Hold *hold, gsize size);
void hold_consume_out(Hold *hold, gsize size);

/* What the endpoint is about to take goes to the end of a file that has @size bytes. */
void hold_note_file_size(Hold *hold, guint64 size);
/* What was noted last, if nothing has been consumed since. */
bool hold_get_noted_file_size(const Hold *hold, guint64 *size);
/* Are the first bytes of OUT these? */
bool hold_out_begins_with(const Hold *hold, gconstpointer data, gsize size);

/* The ring's side: moves what fits, out of the ring no more than @limit. Returns how
 * many bytes moved, -1 if the ring's other end is not to be believed. */
gssize hold_move_in(Hold *hold, Ring *ring);
gssize hold_move_out(Hold *hold, Ring *ring, gsize limit);

/* The last @size bytes that hold_move_out() took, before anything is consumed:
 * for the log. Returns the number of parts. */
int hold_get_newest_out(const Hold *hold, gsize size, struct iovec iov[2]);
