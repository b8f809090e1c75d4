/* Who moves which index, and in what order memory is touched
 *
 * The producer of a queue copies bytes into it and then stores its index
 * (release); the consumer loads that index (acquire) before it copies bytes out.
 * The consumer stores its index (release) after its copy; the producer loads that
 * index (acquire) before it writes to the room. So nobody sees bytes that are not
 * there yet, and nobody overwrites bytes that are still being read. Telling the
 * other end by an event is the caller's, after the index is stored.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/ring.h"

#include <stdint.h>
#include <string.h>
#include <xen/io/console.h>

typedef struct xencons_interface Page;

G_STATIC_ASSERT(sizeof(((Page *)NULL)->in) == RING_IN_SIZE);
G_STATIC_ASSERT(sizeof(((Page *)NULL)->out) == RING_OUT_SIZE);
G_STATIC_ASSERT(offsetof(Page, out) == RING_IN_SIZE);
G_STATIC_ASSERT(offsetof(Page, in_cons) == RING_IN_SIZE + RING_OUT_SIZE);
G_STATIC_ASSERT(offsetof(Page, out_prod) == RING_IN_SIZE + RING_OUT_SIZE + 12);
G_STATIC_ASSERT(sizeof(Page) <= RING_PAGE_SIZE);

/* One of the two queues on the page. */
typedef struct {
    char *bytes;
    guint32 size; /* a power of two */
    guint32 *consumed;
    guint32 *produced;
} Queue;

static Queue
get_in(const Ring *ring)
{
    Page *page = ring->page;

    return (Queue){page->in, RING_IN_SIZE, &page->in_cons, &page->in_prod};
}

static Queue
get_out(const Ring *ring)
{
    Page *page = ring->page;

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

static guint32
load_index(const guint32 *index)
{
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void
store_index(guint32 *index, guint32 value)
{
    __atomic_store_n(index, value, __ATOMIC_RELEASE);
}

/* The indices are free-running: their difference is right over a wrap, too. */
static gssize
get_used(const Queue *queue, guint32 consumed, guint32 produced)
{
    guint32 used = produced - consumed;

    return used <= queue->size ? (gssize)used : -1;
}

bool
ring_open(Ring *ring, RingSide side, void *page)
{
    Queue reads, writes;

    *ring = (Ring){.page = page, .side = side};
    reads = get_read_queue(ring);
    writes = get_write_queue(ring);
    ring->consumed = load_index(reads.consumed);
    ring->produced = load_index(writes.produced);
    return ring_get_readable(ring) >= 0 && ring_get_writable(ring) >= 0;
}

gssize
ring_get_readable(const Ring *ring)
{
    Queue queue = get_read_queue(ring);

    return get_used(&queue, ring->consumed, load_index(queue.produced));
}

gssize
ring_get_writable(const Ring *ring)
{
    Queue queue = get_write_queue(ring);
    gssize used = get_used(&queue, load_index(queue.consumed), ring->produced);

    return used < 0 ? -1 : (gssize)queue.size - used;
}

/* The bytes from @index on that lie together, at most @size of them. */
static char *
get_piece(const Queue *queue, guint32 index, gsize *size)
{
    guint32 offset = index & (queue->size - 1);

    *size = MIN(*size, queue->size - offset);
    return queue->bytes + offset;
}

static void
copy_from(const Queue *queue, guint32 index, char *to, gsize size)
{
    gsize first = size;
    const char *piece = get_piece(queue, index, &first);

    memcpy(to, piece, first);
    memcpy(to + first, queue->bytes, size - first);
}

static void
copy_to(const Queue *queue, guint32 index, const char *from, gsize size)
{
    gsize first = size;
    char *piece = get_piece(queue, index, &first);

    memcpy(piece, from, first);
    memcpy(queue->bytes, from + first, size - first);
}

gssize
ring_peek(const Ring *ring, const struct iovec *iov, int n_iov)
{
    Queue queue = get_read_queue(ring);
    gssize readable = ring_get_readable(ring);
    guint32 done = 0;

    if (readable < 0)
        return -1;
    for (int i = 0; i < n_iov; i++) {
        gsize size = MIN(iov[i].iov_len, (gsize)readable - done);

        if (size == 0)
            continue;
        copy_from(&queue, ring->consumed + done, iov[i].iov_base, size);
        done += (guint32)size;
    }
    return done;
}

void
ring_consume(Ring *ring, gsize size)
{
    Queue queue = get_read_queue(ring);

    g_assert(size <= queue.size);
    ring->consumed += (guint32)size;
    store_index(queue.consumed, ring->consumed);
}

gssize
ring_write(Ring *ring, const struct iovec *iov, int n_iov)
{
    Queue queue = get_write_queue(ring);
    gssize writable = ring_get_writable(ring);
    guint32 done = 0;

    if (writable < 0)
        return -1;
    for (int i = 0; i < n_iov; i++) {
        gsize size = MIN(iov[i].iov_len, (gsize)writable - done);

        if (size == 0)
            continue;
        copy_to(&queue, ring->produced + done, iov[i].iov_base, size);
        done += (guint32)size;
    }
    if (done > 0) {
        ring->produced += done;
        store_index(queue.produced, ring->produced);
    }
    return done;
}
