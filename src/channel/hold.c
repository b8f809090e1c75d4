/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"

#define MAGIC       G_GUINT64_CONSTANT(0x31646c6f686c7876) /* "vxlhold1" */
#define HEADER_SIZE 4096
#define QUEUE_MIN   4096
#define QUEUE_MAX   (G_MAXUINT32 / 4)
/* What stays free of the file system for its other users: so much, or a quarter of it. */
#define RESERVE     (64 * 1024 * 1024)

/* A queue in the file. */
typedef struct {
    guint32 size;
    guint32 ours;   /* the index that the endpoint's side moves */
    guint32 last;   /* the ring's side, as last seen */
    guint32 noted;  /* ... when the ring was connected, */
    guint32 ringed; /* and the ring's index then */
    guint32 start;  /* the index of the byte at the queue's first place */
} Queue;

typedef struct {
    guint64 magic;
    guint32 is_connected; /* to the ring with ... */
    guint32 ring_ref;
    guint32 port;
    Queue queues[2];
    guint32 has_noted_file; /* what follows is valid */
    guint32 noted_at;       /* OUT's index when it was noted */
    guint64 noted_file_size;
} Header;

struct Hold {
    char *path;
    int fd;
    Header *header;
    guint8 *data[2];
    gsize map_size;
    gsize allocated[2]; /* bytes of the queue that the file system has given */
};

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

static Queue *
get_queue(const Hold *hold, HoldQueue queue)
{
    return &hold->header->queues[queue];
}

/* --- places in a queue ------------------------------------------------------ */

gsize
hold_get_used(const Hold *hold, HoldQueue queue)
{
    const Queue *q = get_queue(hold, queue);

    return queue == HOLD_IN ? q->ours - q->last : q->last - q->ours;
}

gsize
hold_get_room(const Hold *hold, HoldQueue queue)
{
    return get_queue(hold, queue)->size - hold_get_used(hold, queue);
}

/* The places of the @size bytes from @index on. */
static int
get_places(const Hold *hold, HoldQueue queue, guint32 index, gsize size, struct iovec iov[2])
{
    const Queue *q = get_queue(hold, queue);
    gsize place = (index - q->start) & (q->size - 1);
    gsize first = MIN(size, q->size - place);

    iov[0] = (struct iovec){hold->data[queue] + place, first};
    iov[1] = (struct iovec){hold->data[queue], size - first};
    return size == 0 ? 0 : size > first ? 2 : 1;
}

static gsize
get_file_offset(const Hold *hold, HoldQueue queue)
{
    return HEADER_SIZE + (queue == HOLD_OUT ? hold->header->queues[HOLD_IN].size : 0);
}

/* Has the file system give memory for the first @size bytes of the queue: the
 * least that a queue has, or whole chunks. */
static bool
allocate(Hold *hold, HoldQueue queue, gsize size)
{
    gsize step = size > QUEUE_MIN ? HOLD_CHUNK : QUEUE_MIN;
    gsize want = MIN((size + step - 1) / step * step, get_queue(hold, queue)->size);
    gsize have = hold->allocated[queue];

    if (want <= have)
        return true;
    if (fallocate(hold->fd, 0, (off_t)(get_file_offset(hold, queue) + have), (off_t)(want - have)) <
        0)
        return false;
    hold->allocated[queue] = want;
    return true;
}

/* To @size bytes. Guests fill queues; they must not fill what all others on the host
 * need. */
static bool
may_grow(const Hold *hold, HoldQueue queue, gsize size)
{
    struct statvfs info;
    guint64 whole, unused;

    if (size <= MAX(hold->allocated[queue], QUEUE_MIN))
        return true;
    if (fstatvfs(hold->fd, &info) < 0)
        return false;
    whole = (guint64)info.f_blocks * info.f_frsize;
    unused = (guint64)info.f_bavail * info.f_frsize;
    return unused >= HOLD_CHUNK + MIN(whole / 4, RESERVE);
}

/* How much of @size bytes from @index on has memory. Places are filled from the
 * queue's start on, so those before a wrap have been there already. */
static gsize
get_memory(Hold *hold, HoldQueue queue, guint32 index, gsize size)
{
    const Queue *q = get_queue(hold, queue);
    gsize place = (index - q->start) & (q->size - 1);
    gsize wanted = MIN(size, HOLD_CHUNK);
    gsize end = MIN(place + wanted, q->size);

    if (may_grow(hold, queue, end) && allocate(hold, queue, end))
        return place + wanted < q->size ? MIN(size, hold->allocated[queue] - place) : size;
    return hold->allocated[queue] > place ? MIN(size, hold->allocated[queue] - place) : 0;
}

/* An empty queue begins again at its start, where it has memory. */
static void
restart_if_empty(Hold *hold, HoldQueue queue)
{
    Queue *q = get_queue(hold, queue);
    gsize offset = get_file_offset(hold, queue);

    if (hold_get_used(hold, queue) > 0 || q->start == q->ours)
        return;
    store(&q->start, q->ours);
    if (hold->allocated[queue] > HOLD_CHUNK &&
        fallocate(hold->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  (off_t)(offset + HOLD_CHUNK), (off_t)(hold->allocated[queue] - HOLD_CHUNK)) == 0)
        hold->allocated[queue] = HOLD_CHUNK;
}

/* --- the file --------------------------------------------------------------- */

static bool
queue_makes_sense(const Queue *q, bool is_in)
{
    guint32 used = is_in ? q->ours - q->last : q->last - q->ours;

    return q->size >= QUEUE_MIN && q->size <= QUEUE_MAX && (q->size & (q->size - 1)) == 0 &&
           used <= q->size;
}

static bool
header_makes_sense(const Header *header, gsize file_size)
{
    return header->magic == MAGIC && queue_makes_sense(&header->queues[HOLD_IN], true) &&
           queue_makes_sense(&header->queues[HOLD_OUT], false) &&
           file_size ==
               HEADER_SIZE + (gsize)header->queues[HOLD_IN].size + header->queues[HOLD_OUT].size;
}

static bool
fail(const char *path, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot use '%s': %s"), path,
                            g_strerror(errno));
}

static int
open_file(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    struct stat status;

    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    if (fd >= 0) {
        close(fd);
        errno = EINVAL;
    }
    fail(path, error);
    return -1;
}

/* True if what is in the file can be gone on with. */
static bool
read_header(int fd, Header *header)
{
    struct stat status;

    return fstat(fd, &status) == 0 && pread(fd, header, sizeof(*header), 0) == sizeof(*header) &&
           header_makes_sense(header, (gsize)status.st_size);
}

/* A file that is empty, or whose header is not what it should be. */
static bool
format_file(int fd, const char *path, gsize in_size, gsize out_size, Header *header)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && status.st_size > 0)
        g_warning("'%s' makes no sense; what a channel held in it is lost", path);
    *header = (Header){.magic = MAGIC};
    header->queues[HOLD_IN].size = (guint32)in_size;
    header->queues[HOLD_OUT].size = (guint32)out_size;
    /* The magic goes in with the rest, at last. */
    return ftruncate(fd, 0) == 0 && ftruncate(fd, (off_t)(HEADER_SIZE + in_size + out_size)) == 0 &&
           fallocate(fd, 0, 0, HEADER_SIZE) == 0 &&
           pwrite(fd, header, sizeof(*header), 0) == sizeof(*header);
}

static bool
map_file(Hold *hold, const Header *header)
{
    void *page;

    hold->map_size =
        HEADER_SIZE + (gsize)header->queues[HOLD_IN].size + header->queues[HOLD_OUT].size;
    page = mmap(NULL, hold->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, hold->fd, 0);
    if (page == MAP_FAILED)
        return false;
    hold->header = page;
    hold->data[HOLD_IN] = (guint8 *)page + HEADER_SIZE;
    hold->data[HOLD_OUT] = hold->data[HOLD_IN] + header->queues[HOLD_IN].size;
    return true;
}

/* Bytes that are there have memory; up to where can't be asked, but given again.
 * And there is a little for each queue in any case, so that it can always be emptied
 * and filled again. */
static bool
allocate_used(Hold *hold)
{
    for (HoldQueue queue = HOLD_IN; queue <= HOLD_OUT; queue++) {
        const Queue *q = get_queue(hold, queue);
        guint32 end = queue == HOLD_IN ? q->ours : q->last;
        gsize used = hold_get_used(hold, queue);
        gsize place = (end - (guint32)used - q->start) & (q->size - 1);

        if (!allocate(hold, queue, MAX(MIN(place + used, q->size), QUEUE_MIN)))
            return false;
    }
    return true;
}

Hold *
hold_open(const char *path, gsize in_size, gsize out_size, bool *resumed, GError **error)
{
    Hold *hold;
    Header header;
    int fd = open_file(path, error);

    if (fd < 0)
        return NULL;
    hold = g_new0(Hold, 1);
    hold->path = g_strdup(path);
    hold->fd = fd;
    *resumed = read_header(fd, &header);
    if ((*resumed || format_file(fd, path, in_size, out_size, &header)) &&
        map_file(hold, &header) && allocate_used(hold))
        return hold;
    fail(path, error);
    hold_close(hold);
    return NULL;
}

void
hold_close(Hold *hold)
{
    if (!hold)
        return;
    if (hold->header)
        munmap(hold->header, hold->map_size);
    close(hold->fd);
    g_free(hold->path);
    g_free(hold);
}

void
hold_remove(Hold *hold)
{
    if (hold && unlink(hold->path) < 0)
        g_warning("cannot remove '%s': %s", hold->path, g_strerror(errno));
    hold_close(hold);
}

/* --- the ring's coming and going -------------------------------------------- */

static bool
was_tied_to(const Hold *hold, const Ring *ring, guint32 ring_ref, guint32 port)
{
    const Header *header = hold->header;
    const Queue *in = get_queue(hold, HOLD_IN);
    const Queue *out = get_queue(hold, HOLD_OUT);
    guint32 moved_in = in->noted + (ring->produced - in->ringed) - in->last;
    guint32 moved_out = out->noted + (ring->consumed - out->ringed) - out->last;

    return header->is_connected && header->ring_ref == ring_ref && header->port == port &&
           moved_in <= MIN(RING_IN_SIZE, hold_get_used(hold, HOLD_IN)) &&
           moved_out <= MIN(RING_OUT_SIZE, hold_get_room(hold, HOLD_OUT));
}

bool
hold_connect(Hold *hold, const Ring *ring, guint32 ring_ref, guint32 port)
{
    Header *header = hold->header;
    Queue *in = get_queue(hold, HOLD_IN);
    Queue *out = get_queue(hold, HOLD_OUT);
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
    const Queue *q = get_queue(hold, HOLD_IN);
    gsize room;

    restart_if_empty(hold, HOLD_IN);
    room = get_memory(hold, HOLD_IN, q->ours, hold_get_room(hold, HOLD_IN));
    return get_places(hold, HOLD_IN, q->ours, room, iov);
}

int
hold_get_out_bytes(const Hold *hold, struct iovec iov[2])
{
    return get_places(hold, HOLD_OUT, get_queue(hold, HOLD_OUT)->ours,
                      hold_get_used(hold, HOLD_OUT), iov);
}

void
hold_produce_in(Hold *hold, gsize size)
{
    Queue *q = get_queue(hold, HOLD_IN);

    g_return_if_fail(size <= hold_get_room(hold, HOLD_IN));
    store(&q->ours, q->ours + (guint32)size);
}

void
hold_consume_out(Hold *hold, gsize size)
{
    Queue *q = get_queue(hold, HOLD_OUT);

    g_return_if_fail(size <= hold_get_used(hold, HOLD_OUT));
    store(&q->ours, q->ours + (guint32)size);
}

void
hold_note_file_size(Hold *hold, guint64 size)
{
    Header *header = hold->header;

    store(&header->has_noted_file, false);
    header->noted_at = get_queue(hold, HOLD_OUT)->ours;
    header->noted_file_size = size;
    store(&header->has_noted_file, true);
}

bool
hold_get_noted_file_size(const Hold *hold, guint64 *size)
{
    const Header *header = hold->header;

    *size = header->noted_file_size;
    return header->has_noted_file && header->noted_at == get_queue(hold, HOLD_OUT)->ours;
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
    Queue *q = get_queue(hold, HOLD_IN);
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
    Queue *q = get_queue(hold, HOLD_OUT);
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
    const Queue *q = get_queue(hold, HOLD_OUT);

    return get_places(hold, HOLD_OUT, q->last - (guint32)size, size, iov);
}
