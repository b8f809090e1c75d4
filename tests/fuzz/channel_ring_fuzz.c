/* A channel's bytes between a guest and an endpoint, in any order of moves, with
 * kills and restarts of the backend, and a guest that may write anything onto its page
 * between any two of them.
 *
 * Whatever the guest does: no queue holds more than its size, no move is larger than
 * what there was, and what the endpoint has not been given stays the same. As
 * long as the guest plays by the rules, both streams arrive without a gap.
 *
 * The input is a list of steps of three bytes: what to do, and a number.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "channel/hold.h"
#include "stream.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

enum {
    IN_SIZE = 4096,
    OUT_SIZE = 8192,
    HEADER_SIZE = 4096,
    FIRST_INDEX = RING_IN_SIZE + RING_OUT_SIZE, /* where the indices are on the page */
};

typedef struct {
    char *path;
    Hold *hold;
    guint8 *page;
    Ring ring, guest;
    bool has_ring;
    bool honest;                    /* the guest, so far */
    guint32 in_produced, in_read;   /* positions in the stream to the guest */
    guint32 out_written, out_taken; /* positions in the stream from the guest: */
    guint32 out_consumed;           /* written, taken into the hold, consumed */
} World;

static void
check_sizes(World *w)
{
    g_assert(hold_get_used(w->hold, HOLD_IN) + hold_get_room(w->hold, HOLD_IN) == IN_SIZE);
    g_assert(hold_get_used(w->hold, HOLD_OUT) + hold_get_room(w->hold, HOLD_OUT) == OUT_SIZE);
    g_assert(hold_get_used(w->hold, HOLD_IN) <= IN_SIZE);
    g_assert(hold_get_used(w->hold, HOLD_OUT) <= OUT_SIZE);
}

/* --- the guest -------------------------------------------------------------- */

static void
guest_write(World *w, gsize size)
{
    guint8 bytes[RING_OUT_SIZE];
    struct iovec iov[] = {{bytes, MIN(size, sizeof(bytes)) / 3}, {0}};
    gssize written;

    stream_fill(bytes, w->out_written, sizeof(bytes));
    iov[1].iov_base = bytes + iov[0].iov_len;
    iov[1].iov_len = MIN(size, sizeof(bytes)) - iov[0].iov_len;
    written = ring_write(&w->guest, iov, 2);
    g_assert(written >= 0 || !w->honest);
    w->out_written += (guint32)MAX(written, 0);
}

static void
guest_read(World *w, gsize size)
{
    guint8 bytes[RING_IN_SIZE];
    struct iovec iov = {bytes, MIN(size, sizeof(bytes))};
    gssize read = ring_peek(&w->guest, &iov, 1);

    if (read < 0) {
        g_assert(!w->honest);
        return;
    }
    if (w->honest)
        stream_check(bytes, w->in_read, (gsize)read);
    ring_consume(&w->guest, (gsize)read);
    w->in_read += (guint32)read;
}

static void
guest_lies(World *w, guint8 which, guint16 number)
{
    static const guint32 far[] = {0x7fffffffu, 0x80000000u, 0xfffff800u, 0xffffffffu};
    guint32 *index = (guint32 *)(void *)(w->page + FIRST_INDEX) + which % 4;

    w->honest = false;
    if (which & 0x10)
        *index = far[number % G_N_ELEMENTS(far)];
    else if (which & 0x20)
        memset(w->page + number % FIRST_INDEX, which, 1);
    else
        *index += (guint32)(gint16)number;
}

/* --- the backend ------------------------------------------------------------ */

static void
open_hold(World *w)
{
    bool resumed;

    w->hold = hold_open(w->path, IN_SIZE, OUT_SIZE, &resumed, NULL);
    g_assert(w->hold != NULL);
}

static void
connect_ring(World *w, bool is_new)
{
    bool again;

    w->has_ring = ring_open(&w->ring, RING_BACKEND, w->page);
    if (w->honest || is_new)
        ring_open(&w->guest, RING_FRONTEND, w->page);
    g_assert(w->has_ring || !w->honest);
    if (!w->has_ring)
        return;
    again = hold_connect(w->hold, &w->ring, 1, is_new ? 3 : 2);
    g_assert(again || is_new || !w->honest);
}

static void
restart(World *w)
{
    hold_close(w->hold);
    open_hold(w);
    connect_ring(w, false);
}

/* The guest's driver begins anew: what was in the ring is lost. */
static void
renew(World *w)
{
    memset(w->page, 0, RING_PAGE_SIZE);
    w->in_read = w->in_produced - (guint32)hold_get_used(w->hold, HOLD_IN);
    w->out_written = w->out_taken;
    connect_ring(w, true);
    /* with the number that restart() knows */
    hold_connect(w->hold, &w->ring, 1, 2);
}

static void
move_out(World *w, gsize limit)
{
    gssize readable = w->has_ring ? ring_get_readable(&w->ring) : 0;
    gsize used = hold_get_used(w->hold, HOLD_OUT);
    gssize moved = w->has_ring ? hold_move_out(w->hold, &w->ring, limit) : 0;

    if (moved < 0) {
        g_assert(readable < 0);
        return;
    }
    g_assert((gsize)moved <= limit && moved <= MAX(readable, 0));
    g_assert(hold_get_used(w->hold, HOLD_OUT) == used + (gsize)moved);
    w->out_taken += (guint32)moved;
}

static void
move_in(World *w)
{
    gssize writable = w->has_ring ? ring_get_writable(&w->ring) : 0;
    gsize used = hold_get_used(w->hold, HOLD_IN);
    gssize moved = w->has_ring ? hold_move_in(w->hold, &w->ring) : 0;

    if (moved < 0) {
        g_assert(writable < 0);
        return;
    }
    g_assert((gsize)moved == MIN(used, (gsize)MAX(writable, 0)));
    g_assert(hold_get_used(w->hold, HOLD_IN) == used - (gsize)moved);
}

/* A kill after the ring's index was stored, before the hold's: what the last store
 * changed is put back. An empty queue has begun at its start before. */
static void
move_and_die(World *w, bool out)
{
    guint8 header[HEADER_SIZE];
    int fd = open(w->path, O_RDWR | O_CLOEXEC);

    move_out(w, 0);
    g_assert(pread(fd, header, HEADER_SIZE, 0) == HEADER_SIZE);
    if (out)
        move_out(w, RING_OUT_SIZE);
    else
        move_in(w);
    g_assert(pwrite(fd, header, HEADER_SIZE, 0) == HEADER_SIZE);
    close(fd);
    restart(w);
}

/* --- the endpoint ----------------------------------------------------------- */

static void
produce(World *w, gsize size)
{
    struct iovec iov[2];
    int n = hold_get_in_room(w->hold, iov);

    for (int i = 0; i < n; i++) {
        gsize part = MIN(size, iov[i].iov_len);

        stream_fill(iov[i].iov_base, w->in_produced, part);
        hold_produce_in(w->hold, part);
        w->in_produced += (guint32)part;
        size -= part;
    }
}

static void
consume(World *w, gsize size)
{
    struct iovec iov[2];
    int n = hold_get_out_bytes(w->hold, iov);
    guint32 position = w->out_consumed;

    for (int i = 0; i < n && w->honest; i++) {
        stream_check(iov[i].iov_base, position, iov[i].iov_len);
        position += (guint32)iov[i].iov_len;
    }
    g_assert(!w->honest || position == w->out_taken);
    size = MIN(size, hold_get_used(w->hold, HOLD_OUT));
    hold_consume_out(w->hold, size);
    w->out_consumed += (guint32)size;
}

static void
step(World *w, guint8 what, guint16 number)
{
    switch (what % 9) {
    case 0:
        guest_write(w, number);
        break;
    case 1:
        guest_read(w, number);
        break;
    case 2:
        produce(w, number);
        break;
    case 3:
        consume(w, number);
        break;
    case 4:
        move_out(w, number);
        break;
    case 5:
        move_in(w);
        break;
    case 6:
        number & 1 ? renew(w) : restart(w);
        break;
    case 7:
        move_and_die(w, number & 1);
        break;
    default:
        guest_lies(w, what / 9, number);
    }
}

static void
drain(World *w)
{
    for (int i = 0; i < 2 * OUT_SIZE / RING_OUT_SIZE; i++) {
        guest_read(w, RING_IN_SIZE);
        move_in(w);
        move_out(w, RING_OUT_SIZE);
        consume(w, OUT_SIZE);
    }
    guest_read(w, RING_IN_SIZE);
    g_assert(!w->honest || w->in_read == w->in_produced);
    g_assert(!w->honest || w->out_consumed == w->out_written);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    World w = {.honest = true, .page = g_malloc0(RING_PAGE_SIZE)};

    w.path = g_strdup_printf("/dev/shm/virtxl-fuzz-%d", (int)getpid());
    g_unlink(w.path);
    open_hold(&w);
    hold_connect(w.hold, (ring_open(&w.ring, RING_BACKEND, w.page), &w.ring), 1, 2);
    w.has_ring = true;
    ring_open(&w.guest, RING_FRONTEND, w.page);
    for (; size >= 3; data += 3, size -= 3) {
        step(&w, data[0], (guint16)(data[1] << 8 | data[2]));
        check_sizes(&w);
    }
    drain(&w);
    hold_remove(w.hold);
    g_free(w.path);
    g_free(w.page);
    return 0;
}
