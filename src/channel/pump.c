/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/pump.h"

/* How many times a channel may move bytes before the others have their turn. */
#define ROUNDS_MAX 16

#define IN_REFILL_PART 4

static bool
is_connected(const Pump *pump)
{
    return pump->endpoint && endpoint_is_connected(pump->endpoint);
}

/* The parts of hold IN that the endpoint may fill now. A guest takes a few bytes at a
 * time: once the hold has been full, a quarter of it must be free again, or there would be
 * system calls for each few bytes. */
static int
get_in_room(Pump *pump, struct iovec iov[2])
{
    gsize room = hold_get_room(pump->hold, HOLD_IN);
    gsize size = room + hold_get_used(pump->hold, HOLD_IN);

    if (room == 0)
        pump->in_full = true;
    else if (room >= size / IN_REFILL_PART)
        pump->in_full = false;
    return pump->endpoint && !pump->in_full ? hold_get_in_room(pump->hold, iov) : 0;
}

static gsize
move_endpoint_to_hold(Pump *pump)
{
    struct iovec iov[2];
    int n_iov = get_in_room(pump, iov);
    gsize moved = n_iov > 0 ? endpoint_read(pump->endpoint, iov, n_iov) : 0;

    hold_produce_in(pump->hold, moved);
    return moved;
}

static gsize
move_hold_to_endpoint(Pump *pump)
{
    struct iovec iov[2];
    int n_iov = pump->endpoint ? hold_get_out_bytes(pump->hold, iov) : 0;
    guint64 file_size;
    gsize moved;

    if (n_iov == 0)
        return 0;
    if (endpoint_get_file_size(pump->endpoint, &file_size))
        hold_note_file_size(pump->hold, file_size);
    moved = endpoint_write(pump->endpoint, iov, n_iov);
    hold_consume_out(pump->hold, moved);
    pump->bytes_out += moved;
    return moved;
}

/* The guest must hear of each move, even if it can't be waiting by what its indices
 * say: it may have read ours just before, and now store its own and go to sleep.
 * Frontends, Linux's too, don't look again after that. */
static bool
has_moved(const Ring *before, const Ring *now)
{
    return now && (now->consumed != before->consumed || now->produced != before->produced);
}

/* Makes room for @size bytes where the oldest are nobody's any more. */
static void
discard_for(Pump *pump, gsize size)
{
    gsize room = hold_get_room(pump->hold, HOLD_OUT);

    if (pump->wait || size <= room || is_connected(pump))
        return;
    hold_consume_out(pump->hold, size - room);
    pump->discarded += size - room;
}

/* Moves at most @size bytes. Where the file system is full, room can be without
 * memory; an empty queue always has some. */
static gssize
move_out(Pump *pump, gsize size)
{
    gssize moved;

    discard_for(pump, size);
    moved = hold_move_out(pump->hold, pump->ring, size);
    if (moved != 0 || size == 0)
        return moved;
    discard_for(pump, hold_get_used(pump->hold, HOLD_OUT) + hold_get_room(pump->hold, HOLD_OUT));
    return hold_move_out(pump->hold, pump->ring, size);
}

static void
write_log(Pump *pump, gsize size)
{
    struct iovec iov[2];
    int n_iov = hold_get_newest_out(pump->hold, size, iov);

    for (int i = 0; i < n_iov; i++)
        log_file_write(pump->log, iov[i].iov_base, iov[i].iov_len);
}

static gssize
move_ring_to_hold(Pump *pump)
{
    gsize limit = pump->log ? log_file_get_room(pump->log) : RING_OUT_SIZE;
    gssize moved = ring_get_readable(pump->ring);

    if (moved <= 0)
        return moved;
    moved = move_out(pump, MIN((gsize)moved, limit));
    if (pump->log && moved > 0)
        write_log(pump, (gsize)moved);
    return moved;
}

static gssize
move_hold_to_ring(Pump *pump)
{
    gssize moved = hold_move_in(pump->hold, pump->ring);

    if (moved > 0)
        pump->bytes_in += (guint64)moved;
    return moved;
}

/* Once each way. Returns how much has moved, -1 if the ring is broken. */
static gssize
run_round(Pump *pump)
{
    gssize out = pump->ring ? move_ring_to_hold(pump) : 0;
    gssize in;
    gsize moved = move_hold_to_endpoint(pump) + move_endpoint_to_hold(pump);

    in = pump->ring ? move_hold_to_ring(pump) : 0;
    return out < 0 || in < 0 ? -1 : (gssize)moved + out + in;
}

/* Has the endpoint call when it can go on. */
static void
want_more(Pump *pump)
{
    struct iovec iov[2];

    if (pump->endpoint)
        endpoint_want(pump->endpoint, get_in_room(pump, iov) > 0,
                      hold_get_used(pump->hold, HOLD_OUT) > 0);
}

PumpResult
pump_run(Pump *pump)
{
    PumpResult result = {0};
    Ring before = pump->ring ? *pump->ring : (Ring){0};
    gssize moved = 1;

    for (int i = 0; i < ROUNDS_MAX && moved > 0; i++) {
        moved = run_round(pump);
        result.moved = result.moved || moved > 0;
    }
    result.more = moved > 0;
    result.broken = moved < 0;
    result.notify = has_moved(&before, pump->ring);
    want_more(pump);
    return result;
}
