/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/hold.h"

#include <string.h>

#include "channel/hold_file.h"

/* A kill stops between any two instructions, and what was stored till then is what
 * the next process sees. So the compiler must not move other stores across this one,
 * neither way; the processor need not be told, a process sees its own in order. */
static void
store(guint32 *place, guint32 value)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(place, value, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* --- places in a queue ------------------------------------------------------ */

gsize
hold_get_used(const Hold *hold, HoldQueue queue)
{
    const HoldFileQueue *q = hold_file_get_queue(hold, queue);

    return queue == HOLD_IN ? q->ours - q->last : q->last - q->ours;
}

gsize
hold_get_room(const Hold *hold, HoldQueue queue)
{
    return hold_file_get_queue(hold, queue)->size - hold_get_used(hold, queue);
}

/* The places of the @size bytes from @index on. */
static int
get_places(const Hold *hold, HoldQueue queue, guint32 index, gsize size, struct iovec iov[2])
{
    const HoldFileQueue *q = hold_file_get_queue(hold, queue);
    gsize place = (index - q->start) & (q->size - 1);
    gsize first = MIN(size, q->size - place);

    iov[0] = (struct iovec){hold->data[queue] + place, first};
    iov[1] = (struct iovec){hold->data[queue], size - first};
    return size == 0 ? 0 : size > first ? 2 : 1;
}

/* How much of @size bytes from @index on has memory. Places are filled from the
 * queue's start on, so those before a wrap have been there already. */
static gsize
get_memory(Hold *hold, HoldQueue queue, guint32 index, gsize size)
{
    const HoldFileQueue *q = hold_file_get_queue(hold, queue);
    gsize place = (index - q->start) & (q->size - 1);
    gsize wanted = MIN(size, HOLD_CHUNK);
    gsize end = MIN(place + wanted, q->size);

    if (hold_file_may_grow(hold, queue, end) && hold_file_allocate(hold, queue, end))
        return place + wanted < q->size ? MIN(size, hold->allocated[queue] - place) : size;
    return hold->allocated[queue] > place ? MIN(size, hold->allocated[queue] - place) : 0;
}

/* An empty queue begins again at its start, where it has memory. */
static void
restart_if_empty(Hold *hold, HoldQueue queue)
{
    HoldFileQueue *q = hold_file_get_queue(hold, queue);

    if (hold_get_used(hold, queue) > 0 || q->start == q->ours)
        return;
    store(&q->start, q->ours);
    hold_file_shrink(hold, queue);
}

/* --- the ring's coming and going -------------------------------------------- */

static bool
was_tied_to(const Hold *hold, const Ring *ring, guint32 ring_ref, guint32 port)
{
    const HoldFileHeader *header = hold->header;
    const HoldFileQueue *in = hold_file_get_queue(hold, HOLD_IN);
    const HoldFileQueue *out = hold_file_get_queue(hold, HOLD_OUT);
    guint32 moved_in = in->noted + (ring->produced - in->ringed) - in->last;
    guint32 moved_out = out->noted + (ring->consumed - out->ringed) - out->last;

    return header->is_connected && header->ring_ref == ring_ref && header->port == port &&
           moved_in <= MIN(RING_IN_SIZE, hold_get_used(hold, HOLD_IN)) &&
           moved_out <= MIN(RING_OUT_SIZE, hold_get_room(hold, HOLD_OUT));
}

bool
hold_connect(Hold *hold, const Ring *ring, guint32 ring_ref, guint32 port)
{
    HoldFileHeader *header = hold->header;
    HoldFileQueue *in = hold_file_get_queue(hold, HOLD_IN);
    HoldFileQueue *out = hold_file_get_queue(hold, HOLD_OUT);
    bool again = was_tied_to(hold, ring, ring_ref, port);

    if (again) {
        store(&in->last, in->noted + (ring->produced - in->ringed));
        store(&out->last, out->noted + (ring->consumed - out->ringed));
    }
    store(&header->is_connected, false);
    header->ring_ref = ring_ref;
    header->port = port;
    in->noted = in->last;
    in->ringed = ring->produced;
    out->noted = out->last;
    out->ringed = ring->consumed;
    store(&header->is_connected, true);
    return again;
}

void
hold_disconnect(Hold *hold)
{
    store(&hold->header->is_connected, false);
}

/* --- the endpoint's side ---------------------------------------------------- */

int
hold_get_in_room(Hold *hold, struct iovec iov[2])
{
    const HoldFileQueue *q = hold_file_get_queue(hold, HOLD_IN);
    gsize room;

    restart_if_empty(hold, HOLD_IN);
    room = get_memory(hold, HOLD_IN, q->ours, hold_get_room(hold, HOLD_IN));
    return get_places(hold, HOLD_IN, q->ours, room, iov);
}

int
hold_get_out_bytes(const Hold *hold, struct iovec iov[2])
{
    return get_places(hold, HOLD_OUT, hold_file_get_queue(hold, HOLD_OUT)->ours,
                      hold_get_used(hold, HOLD_OUT), iov);
}

void
hold_produce_in(Hold *hold, gsize size)
{
    HoldFileQueue *q = hold_file_get_queue(hold, HOLD_IN);

    g_return_if_fail(size <= hold_get_room(hold, HOLD_IN));
    store(&q->ours, q->ours + (guint32)size);
}

void
hold_consume_out(Hold *hold, gsize size)
{
    HoldFileQueue *q = hold_file_get_queue(hold, HOLD_OUT);

    g_return_if_fail(size <= hold_get_used(hold, HOLD_OUT));
    store(&q->ours, q->ours + (guint32)size);
}

void
hold_note_file_size(Hold *hold, guint64 size)
{
    HoldFileHeader *header = hold->header;

    store(&header->has_noted_file, false);
    header->noted_at = hold_file_get_queue(hold, HOLD_OUT)->ours;
    header->noted_file_size = size;
    store(&header->has_noted_file, true);
}

bool
hold_get_noted_file_size(const Hold *hold, guint64 *size)
{
    const HoldFileHeader *header = hold->header;

    *size = header->noted_file_size;
    return header->has_noted_file && header->noted_at == hold_file_get_queue(hold, HOLD_OUT)->ours;
}

bool
hold_out_begins_with(const Hold *hold, gconstpointer data, gsize size)
{
    struct iovec iov[2];
    int n_iov = hold_get_out_bytes(hold, iov);
    const guint8 *rest = data;

    for (int i = 0; i < n_iov; i++) {
        gsize n = MIN(size, iov[i].iov_len);

        if (memcmp(iov[i].iov_base, rest, n) != 0)
            return false;
        rest += n;
        size -= n;
    }
    return size == 0;
}

/* --- the ring's side -------------------------------------------------------- */

gssize
hold_move_in(Hold *hold, Ring *ring)
{
    HoldFileQueue *q = hold_file_get_queue(hold, HOLD_IN);
    struct iovec iov[2];
    int n = get_places(hold, HOLD_IN, q->last, hold_get_used(hold, HOLD_IN), iov);
    gssize moved = ring_write(ring, iov, n);

    if (moved > 0)
        store(&q->last, q->last + (guint32)moved);
    return moved;
}

gssize
hold_move_out(Hold *hold, Ring *ring, gsize limit)
{
    HoldFileQueue *q = hold_file_get_queue(hold, HOLD_OUT);
    gssize readable = ring_get_readable(ring);
    struct iovec iov[2];
    gsize size;

    if (readable <= 0)
        return readable;
    restart_if_empty(hold, HOLD_OUT);
    size = MIN(MIN((gsize)readable, limit), hold_get_room(hold, HOLD_OUT));
    size = get_memory(hold, HOLD_OUT, q->last, size);
    readable = ring_peek(ring, iov, get_places(hold, HOLD_OUT, q->last, size, iov));
    if (readable <= 0)
        return readable;
    ring_consume(ring, (gsize)readable);
    store(&q->last, q->last + (guint32)readable);
    return readable;
}

int
hold_get_newest_out(const Hold *hold, gsize size, struct iovec iov[2])
{
    const HoldFileQueue *q = hold_file_get_queue(hold, HOLD_OUT);

    return get_places(hold, HOLD_OUT, q->last - (guint32)size, size, iov);
}
