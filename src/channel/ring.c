/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/ring.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <xen/io/console.h>

G_STATIC_ASSERT(sizeof(struct xencons_interface) <= RING_PAGE_SIZE);
G_STATIC_ASSERT(sizeof(((struct xencons_interface *)NULL)->in) == RING_IN_SIZE);
G_STATIC_ASSERT(sizeof(((struct xencons_interface *)NULL)->out) == RING_OUT_SIZE);

/* One of the two queues on the page, as one side sees it. */
typedef struct {
    char *bytes;
    guint32 size; /* a power of two */
    guint32 *consumer;
    guint32 *producer;
} Queue;

static Queue
get_in(const Ring *ring)
{
    struct xencons_interface *page = ring->page;

    return (Queue){page->in, RING_IN_SIZE, &page->in_cons, &page->in_prod};
}

static Queue
get_out(const Ring *ring)
{
    struct xencons_interface *page = ring->page;

    return (Queue){page->out, RING_OUT_SIZE, &page->out_cons, &page->out_prod};
}

static Queue
get_read_queue(const Ring *ring)
{
    return ring->side == RING_BACKEND ? get_out(ring) : get_in(ring);
}

static Queue
get_write_queue(const Ring *ring)
{
    return ring->side == RING_BACKEND ? get_in(ring) : get_out(ring);
}

/* Acquires: what the other end did before it moved its index is seen after this. */
static guint32
load(const guint32 *index)
{
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* Releases: what we did before is seen by whoever sees the index. */
static void
store(guint32 *index, guint32 value)
{
    __atomic_store_n(index, value, __ATOMIC_RELEASE);
}

bool
ring_open(Ring *ring, RingSide side, void *page)
{
    *ring = (Ring){.page = page, .side = side};
    ring->consumed = load(get_read_queue(ring).consumer);
    ring->produced = load(get_write_queue(ring).producer);
    return ring_get_readable(ring) >= 0 && ring_get_writable(ring) >= 0;
}

gssize
ring_get_readable(const Ring *ring)
{
    Queue queue = get_read_queue(ring);
    guint32 used = load(queue.producer) - ring->consumed;

    return used <= queue.size ? (gssize)used : -1;
}

gssize
ring_get_writable(const Ring *ring)
{
    Queue queue = get_write_queue(ring);
    guint32 used = ring->produced - load(queue.consumer);

    return used <= queue.size ? (gssize)(queue.size - used) : -1;
}

/* Copies between the queue, from @index on, and @data; the queue goes round. */
static void
copy(const Queue *queue, guint32 index, void *data, gsize size, bool out_of_queue)
{
    gsize place = index & (queue->size - 1);
    gsize first = MIN(size, queue->size - place);

    if (out_of_queue) {
        memcpy(data, queue->bytes + place, first);
        memcpy((char *)data + first, queue->bytes, size - first);
    } else {
        memcpy(queue->bytes + place, data, first);
        memcpy(queue->bytes, (const char *)data + first, size - first);
    }
}

/* Copies at most @size bytes; returns how many there were. */
static gsize
copy_all(const Queue *queue, guint32 index, const struct iovec *iov, int n_iov, gsize size,
         bool out_of_queue)
{
    gsize done = 0;

    for (int i = 0; i < n_iov && done < size; i++) {
        gsize part = MIN(iov[i].iov_len, size - done);

        if (part > 0)
            copy(queue, index + (guint32)done, iov[i].iov_base, part, out_of_queue);
        done += part;
    }
    return done;
}

gssize
ring_peek(const Ring *ring, const struct iovec *iov, int n_iov)
{
    Queue queue = get_read_queue(ring);
    gssize readable = ring_get_readable(ring);

    if (readable <= 0)
        return readable;
    return (gssize)copy_all(&queue, ring->consumed, iov, n_iov, (gsize)readable, true);
}

void
ring_consume(Ring *ring, gsize size)
{
    ring->consumed += (guint32)size;
    store(get_read_queue(ring).consumer, ring->consumed);
}

gssize
ring_write(Ring *ring, const struct iovec *iov, int n_iov)
{
    Queue queue = get_write_queue(ring);
    gssize writable = ring_get_writable(ring);
    gsize written;

    if (writable <= 0)
        return writable;
    written = copy_all(&queue, ring->produced, iov, n_iov, (gsize)writable, false);
    ring->produced += (guint32)written;
    store(queue.producer, ring->produced);
    return (gssize)written;
}
