/* The file of a hold, which is mapped: what is in it, and how much memory it has. hold.h says
 * what it is for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/hold.h"

/* A queue in the file. */
typedef struct {
    guint32 size;
    guint32 ours;   /* the index that the endpoint's side moves */
    guint32 last;   /* the ring's side, as last seen */
    guint32 noted;  /* ... when the ring was connected, */
    guint32 ringed; /* and the ring's index then */
    guint32 start;  /* the index of the byte at the queue's first place */
} HoldFileQueue;

typedef struct {
    guint64 magic;
    guint32 is_connected; /* to the ring with ... */
    guint32 ring_ref;
    guint32 port;
    HoldFileQueue queues[2];
    guint32 has_noted_file; /* what follows is valid */
    guint32 noted_at;       /* OUT's index when it was noted */
    guint64 noted_file_size;
} HoldFileHeader;

struct Hold {
    char *path;
    int fd;
    HoldFileHeader *header;
    guint8 *data[2];
    gsize map_size;
    gsize allocated[2]; /* bytes of the queue that the file system has given */
};

static inline HoldFileQueue *
hold_file_get_queue(const Hold *hold, HoldQueue queue)
{
    return &hold->header->queues[queue];
}

/* Has the file system give memory for the first @size bytes of the queue: the
 * least that a queue has, or whole chunks. */
bool hold_file_allocate(Hold *hold, HoldQueue queue, gsize size);

/* To @size bytes? Guests fill queues; they must not fill what all others on the host
 * need. */
bool hold_file_may_grow(const Hold *hold, HoldQueue queue, gsize size);

/* Gives back what is more than a chunk. */
void hold_file_shrink(Hold *hold, HoldQueue queue);
