/* The backend's port on the simulated host.
 *
 * How it works
 *
 * virtxl-simhost sends all that its store has of a channel whenever something of it
 * changes (host_sim_client.c carries that). What we write is a call, answered later.
 * A view that was sent before the host had our newest state would show an older one;
 * so until that is answered, views have the state that we wrote last.
 *
 * A write that fails is made again a few times, unless a newer one of the same kind has
 * been made.
 *
 * A ring reference and a port are names of files under ROOT (host_sim.h): a guest that
 * writes one that is not its own gets what Xen would give it, nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/host_sim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/host.h"
#include "channel/host_sim_client.h"
#include "channel/ring.h"
#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"

enum {
    MAX_TRIES = 5
};

typedef struct {
    ChannelHost base;
    char *rings; /* directory */
    HostSimClient *client;
    const ChannelHostCallbacks *callbacks;
    gpointer user_data;
    gint64 last_id;
    GHashTable *writes; /* id -> Write: those that are not answered yet */
    GHashTable *newest; /* Write.key -> Write: the last of its kind, of those */
} HostSim;

typedef struct {
    gint64 id;
    char *key; /* names device and kind */
    struct json_object *args;
    guint tries;
} Write;

struct ChannelPort {
    int to_host;
    int to_guest;
    FdWatch *watch;
    void (*func)(gpointer user_data);
    gpointer user_data;
};

static HostSim *
get_sim(ChannelHost *host)
{
    return (HostSim *)host;
}

/* --- Writing --- */

static void
write_free(Write *write)
{
    json_object_put(write->args);
    g_free(write->key);
    g_free(write);
}

static void
send_write(HostSim *sim, Write *write)
{
    write->tries++;
    host_sim_client_call(sim->client, write->id, "backend_set", json_object_get(write->args));
}

/* Takes @value over. */
static void
set_value(ChannelHost *host, guint32 domid, guint devid, const char *kind,
          struct json_object *value)
{
    HostSim *sim = get_sim(host);
    Write *write = g_new0(Write, 1);

    write->id = ++sim->last_id;
    write->key = g_strdup_printf("%u/%u/%s", domid, devid, kind);
    write->args = json_object_new_object();
    json_object_object_add(write->args, "domid", json_object_new_int64(domid));
    json_object_object_add(write->args, "devid", json_object_new_int64(devid));
    json_object_object_add(write->args, kind, value);
    g_hash_table_insert(sim->writes, &write->id, write);
    g_hash_table_replace(sim->newest, write->key, write);
    send_write(sim, write);
}

static void
sim_set_state(ChannelHost *host, guint32 domid, guint devid, int state)
{
    set_value(host, domid, devid, "state", json_object_new_int(state));
}

static void
sim_set_tty(ChannelHost *host, guint32 domid, guint devid, const char *path)
{
    set_value(host, domid, devid, "tty", json_object_new_string(path));
}

static void
sim_set_error(ChannelHost *host, guint32 domid, guint devid, const char *message)
{
    set_value(host, domid, devid, "error", message ? json_object_new_string(message) : NULL);
}

static void
handle_answer(HostSim *sim, gint64 id, struct json_object *failure)
{
    Write *write = g_hash_table_lookup(sim->writes, &id);
    bool is_newest;

    if (!write)
        return;
    is_newest = g_hash_table_lookup(sim->newest, write->key) == write;
    if (failure && is_newest && write->tries < MAX_TRIES) {
        send_write(sim, write);
        return;
    }
    if (failure)
        g_warning("channel %s can't be set: %s", write->key,
                  json_object_get_string(json_object_object_get(failure, "message")));
    if (is_newest)
        g_hash_table_remove(sim->newest, write->key);
    g_hash_table_remove(sim->writes, &id);
}

/* --- Views --- */

static gint64
get_number(struct json_object *object, const char *key)
{
    return json_object_get_int64(json_object_object_get(object, key));
}

static char *
dup_string(struct json_object *object, const char *key)
{
    const char *value = json_object_get_string(json_object_object_get(object, key));

    return g_strdup(value ? value : "");
}

static GHashTable *
new_source(struct json_object *object)
{
    GHashTable *source = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    struct json_object_iterator at = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        g_hash_table_insert(source, g_strdup(json_object_iter_peek_name(&at)),
                            g_strdup(json_object_get_string(json_object_iter_peek_value(&at))));
    return source;
}

static ChannelView *
new_view(HostSim *sim, struct json_object *object)
{
    ChannelView *view = g_new0(ChannelView, 1);
    g_autofree char *key = NULL;
    const Write *write;

    view->domid = (guint32)get_number(object, "domid");
    view->devid = (guint)get_number(object, "devid");
    view->domain_name = dup_string(object, "domain");
    view->name = dup_string(object, "name");
    view->source = new_source(json_object_object_get(object, "source"));
    view->online = json_object_get_boolean(json_object_object_get(object, "online"));
    view->backend_state = (int)get_number(object, "backend_state");
    view->frontend_state = (int)get_number(object, "frontend_state");
    view->frontend_writes = (guint)get_number(object, "frontend_writes");
    view->has_ring = json_object_object_get_ex(object, "ring_ref", NULL);
    view->ring_ref = (guint32)get_number(object, "ring_ref");
    view->port = (guint32)get_number(object, "port");
    key = g_strdup_printf("%u/%u/state", view->domid, view->devid);
    write = g_hash_table_lookup(sim->newest, key);
    if (write)
        view->backend_state = (int)get_number(write->args, "state");
    return view;
}

/* --- Messages --- */

static void
on_message(struct json_object *message, gpointer user_data)
{
    HostSim *sim = user_data;
    const char *event = json_object_get_string(json_object_object_get(message, "event"));

    if (!event) {
        handle_answer(sim, get_number(message, "id"), json_object_object_get(message, "error"));
    } else if (g_str_equal(event, "channel")) {
        g_autoptr(ChannelView) view = new_view(sim, message);

        sim->callbacks->changed(view, sim->user_data);
    } else if (g_str_equal(event, "channel-gone")) {
        sim->callbacks->gone((guint32)get_number(message, "domid"),
                             (guint)get_number(message, "devid"), sim->user_data);
    } else if (g_str_equal(event, "channels-complete")) {
        sim->callbacks->complete(sim->user_data);
    }
}

static void
on_lost(gpointer user_data)
{
    HostSim *sim = user_data;

    sim->callbacks->lost(sim->user_data);
}

static bool
sim_watch(ChannelHost *host, const ChannelHostCallbacks *callbacks, gpointer user_data,
          GError **error)
{
    static const HostSimClientCallbacks client_callbacks = {on_message, on_lost};
    HostSim *sim = get_sim(host);

    sim->callbacks = callbacks;
    sim->user_data = user_data;
    host_sim_client_start(sim->client, &client_callbacks, sim);
    return true;
}

/* --- Rings --- */

/* A page that is too short would end us when it is read. */
static bool
is_page(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= RING_PAGE_SIZE;
}

static void *
sim_map(ChannelHost *host, const ChannelView *view, GError **error)
{
    g_autofree char *path =
        g_strdup_printf("%s/" HOST_SIM_PAGE, get_sim(host)->rings, view->domid, view->ring_ref);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    void *page = MAP_FAILED;

    if (fd >= 0 && is_page(fd))
        page = mmap(NULL, RING_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (page != MAP_FAILED)
        return page;
    virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                     _("cannot map the page that domain %u shares as %u"), view->domid,
                     view->ring_ref);
    return NULL;
}

static void
sim_unmap(ChannelHost *host, void *page)
{
    munmap(page, RING_PAGE_SIZE);
}

static void
on_event(GIOCondition condition, gpointer user_data)
{
    ChannelPort *port = user_data;
    char events[4096];

    fd_watch_set(port->watch, 0);
    /* Bounded: what comes then is told when it is unmasked. */
    for (int i = 0; i < 16; i++)
        if (read(port->to_host, events, sizeof(events)) < (gssize)sizeof(events))
            break;
    port->func(port->user_data);
}

/* With both ends of it open here, a FIFO never ends. */
static int
open_events(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void
sim_unbind(ChannelHost *host, ChannelPort *port)
{
    fd_watch_free(port->watch);
    if (port->to_host >= 0)
        close(port->to_host);
    if (port->to_guest >= 0)
        close(port->to_guest);
    g_free(port);
}

static ChannelPort *
sim_bind(ChannelHost *host, const ChannelView *view, void (*func)(gpointer user_data),
         gpointer user_data, GError **error)
{
    const char *rings = get_sim(host)->rings;
    g_autofree char *to_host =
        g_strdup_printf("%s/" HOST_SIM_TO_HOST, rings, view->domid, view->port);
    g_autofree char *to_guest =
        g_strdup_printf("%s/" HOST_SIM_TO_GUEST, rings, view->domid, view->port);
    ChannelPort *port = g_new0(ChannelPort, 1);

    port->to_host = open_events(to_host);
    port->to_guest = open_events(to_guest);
    port->func = func;
    port->user_data = user_data;
    if (port->to_host < 0 || port->to_guest < 0) {
        sim_unbind(host, port);
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                         _("cannot bind event channel %u of domain %u"), view->port, view->domid);
        return NULL;
    }
    port->watch = fd_watch_new(port->to_host, on_event, port);
    return port;
}

/* An event that does not fit in the FIFO is one of many that wait. */
static void
sim_notify(ChannelHost *host, ChannelPort *port)
{
    gssize n = write(port->to_guest, "", 1);

    if (n < 0 && errno != EAGAIN)
        g_warning("cannot send an event: %s", g_strerror(errno));
}

static void
sim_unmask(ChannelHost *host, ChannelPort *port)
{
    fd_watch_set(port->watch, G_IO_IN);
}

/* --- Opening and closing --- */

static void
sim_close(ChannelHost *host)
{
    HostSim *sim = get_sim(host);

    host_sim_client_free(sim->client);
    g_hash_table_unref(sim->newest);
    g_hash_table_unref(sim->writes);
    g_free(sim->rings);
    g_free(sim);
}

static const ChannelHostOps sim_ops = {
    .name = "sim",
    .close = sim_close,
    .watch = sim_watch,
    .set_state = sim_set_state,
    .set_tty = sim_set_tty,
    .set_error = sim_set_error,
    .map = sim_map,
    .unmap = sim_unmap,
    .bind = sim_bind,
    .unbind = sim_unbind,
    .notify = sim_notify,
    .unmask = sim_unmask,
};

ChannelHost *
channel_host_sim_open(const char *root, GError **error)
{
    g_autofree char *absolute = g_canonicalize_filename(root, NULL);
    g_autofree char *socket = g_build_filename(absolute, HOST_SIM_DIRECTORY, HOST_SIM_SOCKET, NULL);
    HostSimClient *client = host_sim_client_new(socket, error);
    HostSim *sim;

    if (!client)
        return NULL;
    sim = g_new0(HostSim, 1);
    sim->base.ops = &sim_ops;
    sim->rings = g_build_filename(absolute, HOST_SIM_DIRECTORY, HOST_SIM_RINGS, NULL);
    sim->client = client;
    sim->newest = g_hash_table_new(g_str_hash, g_str_equal);
    sim->writes =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)write_free);
    return &sim->base;
}
