/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/hold_file.h"

#include <errno.h>
#include <fcntl.h>
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

/* --- memory ----------------------------------------------------------------- */

static gsize
get_file_offset(const Hold *hold, HoldQueue queue)
{
    return HEADER_SIZE + (queue == HOLD_OUT ? hold->header->queues[HOLD_IN].size : 0);
}

bool
hold_file_allocate(Hold *hold, HoldQueue queue, gsize size)
{
    gsize step = size > QUEUE_MIN ? HOLD_CHUNK : QUEUE_MIN;
    gsize want = MIN((size + step - 1) / step * step, hold_file_get_queue(hold, queue)->size);
    gsize have = hold->allocated[queue];

    if (want <= have)
        return true;
    if (fallocate(hold->fd, 0, (off_t)(get_file_offset(hold, queue) + have), (off_t)(want - have)) <
        0)
        return false;
    hold->allocated[queue] = want;
    return true;
}

bool
hold_file_may_grow(const Hold *hold, HoldQueue queue, gsize size)
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

void
hold_file_shrink(Hold *hold, HoldQueue queue)
{
    gsize offset = get_file_offset(hold, queue) + HOLD_CHUNK;

    if (hold->allocated[queue] > HOLD_CHUNK &&
        fallocate(hold->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                  (off_t)(hold->allocated[queue] - HOLD_CHUNK)) == 0)
        hold->allocated[queue] = HOLD_CHUNK;
}

/* --- opening and closing ---------------------------------------------------- */

static bool
queue_makes_sense(const HoldFileQueue *q, bool is_in)
{
    guint32 used = is_in ? q->ours - q->last : q->last - q->ours;

    return q->size >= QUEUE_MIN && q->size <= QUEUE_MAX && (q->size & (q->size - 1)) == 0 &&
           used <= q->size;
}

static bool
header_makes_sense(const HoldFileHeader *header, gsize file_size)
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
read_header(int fd, HoldFileHeader *header)
{
    struct stat status;

    return fstat(fd, &status) == 0 && pread(fd, header, sizeof(*header), 0) == sizeof(*header) &&
           header_makes_sense(header, (gsize)status.st_size);
}

/* A file that is empty, or whose header is not what it should be. */
static bool
format_file(int fd, const char *path, gsize in_size, gsize out_size, HoldFileHeader *header)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && status.st_size > 0)
        g_warning("'%s' makes no sense; what a channel held in it is lost", path);
    *header = (HoldFileHeader){.magic = MAGIC};
    header->queues[HOLD_IN].size = (guint32)in_size;
    header->queues[HOLD_OUT].size = (guint32)out_size;
    /* The magic goes in with the rest, at last. */
    return ftruncate(fd, 0) == 0 && ftruncate(fd, (off_t)(HEADER_SIZE + in_size + out_size)) == 0 &&
           fallocate(fd, 0, 0, HEADER_SIZE) == 0 &&
           pwrite(fd, header, sizeof(*header), 0) == sizeof(*header);
}

static bool
map_file(Hold *hold, const HoldFileHeader *header)
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
        const HoldFileQueue *q = hold_file_get_queue(hold, queue);
        guint32 end = queue == HOLD_IN ? q->ours : q->last;
        gsize used = hold_get_used(hold, queue);
        gsize place = (end - (guint32)used - q->start) & (q->size - 1);

        if (!hold_file_allocate(hold, queue, MAX(MIN(place + used, q->size), QUEUE_MIN)))
            return false;
    }
    return true;
}

Hold *
hold_open(const char *path, gsize in_size, gsize out_size, bool *resumed, GError **error)
{
    Hold *hold;
    HoldFileHeader header;
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
