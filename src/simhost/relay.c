/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/relay.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/fd_watch.h"

typedef struct {
    gsize start;
    gsize length;
    guint8 data[SIM_RELAY_BUFFER_SIZE];
} Buffer;

typedef struct End End;
struct End {
    SimRelay *relay;
    End *other;
    int fd;       /* -1: nobody is there */
    bool at_end;  /* read to the end of file */
    bool hung_up; /* closed both ways; writing is useless */
    FdWatch *watch;
    Buffer in; /* what was read here and not yet written to the other */
};

struct SimRelay {
    End host;
    End guest;
    bool active;
    SimRelayClosedFunc closed;
    gpointer user_data;
};

/* Returns false at the end of file or on an error. */
static bool
fill(Buffer *buffer, int fd)
{
    gssize n;

    if (buffer->start > 0) {
        memmove(buffer->data, buffer->data + buffer->start, buffer->length);
        buffer->start = 0;
    }
    n = read(fd, buffer->data + buffer->length, sizeof(buffer->data) - buffer->length);
    if (n > 0)
        buffer->length += (gsize)n;
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool
drain(Buffer *buffer, int fd)
{
    gssize n = write(fd, buffer->data + buffer->start, buffer->length);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    buffer->start += (gsize)n;
    buffer->length -= (gsize)n;
    return true;
}

static bool
wants_to_read(const End *end)
{
    if (end->fd < 0 || end->at_end || end->in.length == sizeof(end->in.data))
        return false;
    return end == &end->relay->host || (end->relay->active && end->other->fd >= 0);
}

static bool
wants_to_write(const End *end)
{
    if (end->fd < 0 || end->hung_up || end->other->in.length == 0)
        return false;
    return end == &end->relay->host || end->relay->active;
}

static void
watch_end(End *end)
{
    GIOCondition condition = 0;

    if (end->fd < 0)
        return;
    if (wants_to_read(end))
        condition |= G_IO_IN;
    if (wants_to_write(end))
        condition |= G_IO_OUT;
    /* A hangup is told without end: once known, it is not waited for. */
    if (!condition && !end->hung_up)
        condition = G_IO_HUP;
    fd_watch_set(end->watch, condition);
}

static void
update(SimRelay *relay)
{
    int fd = relay->host.fd;

    if (fd >= 0 && relay->host.at_end && relay->host.hung_up) {
        sim_relay_set_host(relay, -1);
        relay->closed(fd, relay->user_data);
        return;
    }
    watch_end(&relay->host);
    watch_end(&relay->guest);
}

static void
on_ready(GIOCondition condition, gpointer user_data)
{
    End *end = user_data;

    if (condition & (G_IO_HUP | G_IO_ERR | G_IO_NVAL))
        end->hung_up = true;
    if ((condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) && wants_to_read(end))
        end->at_end = !fill(&end->in, end->fd);
    if ((condition & G_IO_OUT) && wants_to_write(end))
        end->hung_up = !drain(&end->other->in, end->fd);
    update(end->relay);
}

SimRelay *
sim_relay_new(int guest, SimRelayClosedFunc closed, gpointer user_data)
{
    SimRelay *relay = g_new0(SimRelay, 1);

    relay->host.relay = relay->guest.relay = relay;
    relay->host.other = &relay->guest;
    relay->host.fd = -1;
    relay->guest.other = &relay->host;
    relay->guest.fd = guest;
    relay->guest.watch = fd_watch_new(guest, on_ready, &relay->guest);
    relay->closed = closed;
    relay->user_data = user_data;
    return relay;
}

void
sim_relay_free(SimRelay *relay)
{
    if (!relay)
        return;
    fd_watch_free(relay->host.watch);
    fd_watch_free(relay->guest.watch);
    g_free(relay);
}

void
sim_relay_set_active(SimRelay *relay, bool active)
{
    relay->active = active;
    update(relay);
}

void
sim_relay_set_host(SimRelay *relay, int fd)
{
    g_clear_pointer(&relay->host.watch, fd_watch_free);
    relay->host.fd = fd;
    if (fd >= 0)
        relay->host.watch = fd_watch_new(fd, on_ready, &relay->host);
    relay->host.at_end = false;
    relay->host.hung_up = false;
    watch_end(&relay->host);
    watch_end(&relay->guest);
}
