/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/guest_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/host_sim.h"
#include "channel/ring.h"
#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"

enum {
    PATTERN = 251 /* a prime: no block of bytes looks like its neighbour */
};

/* A FIFO and its name. */
typedef struct {
    char *path; /* NULL until it is there */
    int fd;
} Events;

struct SimGuestRing {
    char *directory;
    char *page_path; /* NULL until it is there */
    void *page;
    Events to_host;
    Events to_guest;
    Ring ring;
    int terminal;
    FdWatch *terminal_watch;
    FdWatch *events_watch;
    bool running;
    bool broken;      /* the guest, or the backend, has written nonsense to the page */
    guint64 to_write; /* of the pattern */
    guint64 written;
    guint more; /* source: more of it can be written now */
};

/* --- Moving bytes --- */

/* An event that does not fit in the FIFO is one of many that wait. */
static void
send_event(SimGuestRing *ring)
{
    gssize n = write(ring->to_host.fd, "", 1);

    if (n < 0 && errno != EAGAIN)
        g_warning("cannot send an event: %s", g_strerror(errno));
}

static void
drain_events(int fd)
{
    char events[4096];

    while (read(fd, events, sizeof(events)) == (gssize)sizeof(events))
        continue;
}

static gssize
write_pattern(SimGuestRing *ring, guint8 *data, gsize room)
{
    gsize size = (gsize)MIN(ring->to_write, room);

    for (gsize i = 0; i < size; i++)
        data[i] = (guint8)((ring->written + i) % PATTERN);
    ring->to_write -= size;
    ring->written += size;
    return (gssize)size;
}

/* From the guest. Returns whether bytes have moved. */
static bool
move_out(SimGuestRing *ring)
{
    guint8 data[RING_OUT_SIZE];
    struct iovec iov = {.iov_base = data};
    gssize room = ring_get_writable(&ring->ring);
    gssize size = 0;

    ring->broken |= room < 0;
    if (room <= 0)
        return false;
    if (ring->to_write > 0)
        size = write_pattern(ring, data, (gsize)room);
    else
        size = read(ring->terminal, data, (gsize)room);
    if (size <= 0)
        return false;
    iov.iov_len = (gsize)size;
    /* The room was there and only grows, unless the backend writes nonsense. */
    ring->broken |= ring_write(&ring->ring, &iov, 1) != size;
    return true;
}

/* To the guest. */
static bool
move_in(SimGuestRing *ring)
{
    guint8 data[RING_IN_SIZE];
    const struct iovec iov = {data, sizeof(data)};
    gssize size = ring_peek(&ring->ring, &iov, 1);

    ring->broken |= size < 0;
    if (size > 0)
        size = write(ring->terminal, data, (gsize)size);
    if (size <= 0)
        return false;
    ring_consume(&ring->ring, (gsize)size);
    return true;
}

static gboolean
on_more(gpointer user_data)
{
    SimGuestRing *ring = user_data;

    ring->more = 0;
    sim_guest_ring_pump(ring);
    return G_SOURCE_REMOVE;
}

/* The backend sends no event while we can be seen to have something to do, so what we
 * wait for depends on where it stands after our own indices are out. */
static void
update_watches(SimGuestRing *ring)
{
    bool active = ring->running && !ring->broken;
    GIOCondition condition = 0;
    bool has_room;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    has_room = active && ring_get_writable(&ring->ring) > 0;
    if (has_room && ring->to_write == 0)
        condition |= G_IO_IN;
    else if (has_room && !ring->more)
        ring->more = g_idle_add(on_more, ring);
    if (active && ring_get_readable(&ring->ring) > 0)
        condition |= G_IO_OUT;
    fd_watch_set(ring->terminal_watch, condition);
    fd_watch_set(ring->events_watch, active ? G_IO_IN : 0);
}

void
sim_guest_ring_pump(SimGuestRing *ring)
{
    bool out;
    bool in;

    if (ring->running && !ring->broken) {
        out = move_out(ring);
        in = move_in(ring);
        if (out || in)
            send_event(ring);
    }
    update_watches(ring);
}

static void
on_terminal(GIOCondition condition, gpointer user_data)
{
    sim_guest_ring_pump(user_data);
}

static void
on_event(GIOCondition condition, gpointer user_data)
{
    SimGuestRing *ring = user_data;

    drain_events(ring->to_guest.fd);
    sim_guest_ring_pump(ring);
}

void
sim_guest_ring_set_running(SimGuestRing *ring, bool running)
{
    ring->running = running;
    sim_guest_ring_pump(ring);
}

void
sim_guest_ring_write(SimGuestRing *ring, guint64 size)
{
    if (ring->to_write == 0)
        ring->written = 0;
    ring->to_write += size;
    sim_guest_ring_pump(ring);
}

/* --- Hostile guests --- */

void
sim_guest_ring_set_index(SimGuestRing *ring, SimRingIndex index, guint32 value)
{
    guint32 *indices = (guint32 *)((guint8 *)ring->page + RING_IN_SIZE + RING_OUT_SIZE);

    ring->broken = true;
    __atomic_store_n(&indices[index], value, __ATOMIC_RELEASE);
    send_event(ring);
    update_watches(ring);
}

void
sim_guest_ring_storm(SimGuestRing *ring, guint64 count)
{
    static const char events[4096];

    while (count > 0) {
        gssize n = write(ring->to_host.fd, events, (gsize)MIN(count, sizeof(events)));

        if (n <= 0)
            break;
        count -= (guint64)n;
    }
}

/* --- Its files --- */

static bool
make_page(SimGuestRing *ring, const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    void *page = MAP_FAILED;

    if (fd >= 0)
        ring->page_path = g_strdup(path);
    if (fd >= 0 && ftruncate(fd, RING_PAGE_SIZE) == 0)
        page = mmap(NULL, RING_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot make the guest's page '%s': %s"),
                         path, g_strerror(errno));
    else
        ring->page = page;
    if (fd >= 0)
        close(fd);
    return ring->page && ring_open(&ring->ring, RING_FRONTEND, ring->page);
}

static bool
make_events(Events *events, const char *path, GError **error)
{
    if (mkfifo(path, 0600) == 0) {
        events->path = g_strdup(path);
        events->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    }
    return events->fd >= 0 || virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR,
                                               _("cannot make the guest's event channel '%s': %s"),
                                               path, g_strerror(errno));
}

static void
close_events(Events *events)
{
    if (events->fd >= 0)
        close(events->fd);
    if (events->path)
        g_unlink(events->path);
    g_free(events->path);
}

static bool
make_files(SimGuestRing *ring, const SimGuestRingConfig *config, GError **error)
{
    const char *directory = config->directory;
    g_autofree char *page =
        g_strdup_printf("%s/" HOST_SIM_PAGE, directory, config->domid, config->reference);
    g_autofree char *to_host =
        g_strdup_printf("%s/" HOST_SIM_TO_HOST, directory, config->domid, config->port);
    g_autofree char *to_guest =
        g_strdup_printf("%s/" HOST_SIM_TO_GUEST, directory, config->domid, config->port);

    if (g_mkdir(directory, 0755) < 0 && errno != EEXIST)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot make directory '%s': %s"),
                                directory, g_strerror(errno));
    return make_page(ring, page, error) && make_events(&ring->to_host, to_host, error) &&
           make_events(&ring->to_guest, to_guest, error);
}

SimGuestRing *
sim_guest_ring_new(const SimGuestRingConfig *config, int terminal, GError **error)
{
    g_autoptr(SimGuestRing) ring = g_new0(SimGuestRing, 1);

    ring->directory = g_strdup(config->directory);
    ring->terminal = terminal;
    ring->to_host.fd = ring->to_guest.fd = -1;
    if (!make_files(ring, config, error))
        return NULL;
    ring->terminal_watch = fd_watch_new(terminal, on_terminal, ring);
    ring->events_watch = fd_watch_new(ring->to_guest.fd, on_event, ring);
    return g_steal_pointer(&ring);
}

void
sim_guest_ring_free(SimGuestRing *ring)
{
    if (!ring)
        return;
    g_clear_handle_id(&ring->more, g_source_remove);
    fd_watch_free(ring->terminal_watch);
    fd_watch_free(ring->events_watch);
    close_events(&ring->to_host);
    close_events(&ring->to_guest);
    if (ring->page)
        munmap(ring->page, RING_PAGE_SIZE);
    if (ring->page_path)
        g_unlink(ring->page_path);
    /* The last one takes the directory with it. */
    g_rmdir(ring->directory);
    g_free(ring->page_path);
    g_free(ring->directory);
    g_free(ring);
}
