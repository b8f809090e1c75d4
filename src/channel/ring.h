/* The ring of a PV console, as both ends use it: one page of shared memory with
 * two byte queues, "in" to the guest (1024 bytes) and "out" from it (2048).
 *
 * The layout is struct xencons_interface of Xen's public header io/console.h: two
 * arrays of bytes, and free-running 32-bit indices of producers and consumers.
 *
 * Pure: works on the memory that it is given, and does nothing else. The page is
 * shared with somebody who may be hostile and may change any of it at any time, so
 * each index of the other end is read once for each call and bounded before it
 * is used; one's own indices live in Ring and are only written to the page. Bytes
 * are copied out of the page once and never looked at in place.
 *
 * The same code serves the backend (virtxl-channeld), the simulated guest and the
 * fuzzer: side says which end one is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/uio.h>

#define RING_PAGE_SIZE 4096
#define RING_IN_SIZE   1024
#define RING_OUT_SIZE  2048

typedef enum {
    RING_BACKEND,  /* reads out, writes in */
    RING_FRONTEND, /* reads in, writes out */
} RingSide;

typedef struct {
    void *page;
    RingSide side;
    guint32 consumed; /* our index in the queue that we read */
    guint32 produced; /* our index in the queue that we write */
} Ring;

/* Takes up the ring on @page where it stands: our indices are what the page says.
 * False if the indices are impossible (more used than there is). */
bool ring_open(Ring *ring, RingSide side, void *page);

/* How many bytes can be read; -1 if the other end's index is impossible. */
gssize ring_get_readable(const Ring *ring);
/* How many bytes can be written; -1 if the other end's index is impossible. */
gssize ring_get_writable(const Ring *ring);

/* Copies up to what @iov holds out of the ring. The bytes stay in it until
 * ring_consume(). Returns how many, or -1. */
gssize ring_peek(const Ring *ring, const struct iovec *iov, int n_iov);
/* Lets the other end use the room of the first @size bytes again. */
void ring_consume(Ring *ring, gsize size);

/* Copies from @iov into the ring what there is room for, and shows it to the other
 * end. Returns how many, or -1. */
gssize ring_write(Ring *ring, const struct iovec *iov, int n_iov);
