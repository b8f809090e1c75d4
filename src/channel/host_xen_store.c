/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/host_xen_store.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xen/io/xenbus.h>
#include <xenstore.h>

#include "util/error.h"
#include "util/i18n.h"
#include "util/log_limit.h"

#define BACKENDS "/local/domain/0/backend/console"
#define TOKEN    "backend"

#define DEVICE_RATE       20 /* a second */
#define DEVICE_BURST      32
#define DEVICE_COST_US    (G_USEC_PER_SEC / DEVICE_RATE)
#define DEVICE_CREDIT_US  (DEVICE_BURST * DEVICE_COST_US)
/* Nodes of a source that are read at most. */
#define SOURCE_NODES_MAX  64
/* A guest that changes its own directory all the time can't hold us up for ever. */
#define TRANSACTION_TRIES 100

/* The thread's own. */
typedef struct {
    guint32 domid;
    guint devid;
    bool is_ours;
    bool is_told; /* the main loop knows of it */
    bool is_watched;
    bool is_seen;   /* the watch has fired, as each does at first */
    bool is_dirty;  /* in the queue */
    gint64 paid_us; /* till when its readings are paid, see may_read() */
    gint64 wake_us; /* when it is watched again; 0: it is */
    LogLimit lines;
    ChannelView *view;
} Device;

typedef struct {
    guint32 domid;
    guint devid;
    HostXenNode node;
    char *value;
} Command;

struct HostXenStore {
    struct xs_handle *xs;
    ChannelHostCallbacks callbacks;
    gpointer user_data;

    GHashTable *devices; /* key -> Device */
    GQueue dirty;        /* of Device */
    bool is_complete;

    GAsyncQueue *commands;
    int wake_fd;
    gint is_stopping;
    GThread *thread;
    GMutex lock;
    GQueue messages; /* of Message, for the main loop */
    GSource *source; /* pending while there are messages */
};

/* --- to the main loop -------------------------------------------------------- */

typedef enum {
    MESSAGE_CHANGED,
    MESSAGE_GONE,
    MESSAGE_COMPLETE,
    MESSAGE_LOST,
} MessageType;

typedef struct {
    MessageType type;
    guint32 domid;
    guint devid;
    ChannelView *view;
} Message;

static void
message_free(Message *message)
{
    channel_view_free(message->view);
    g_free(message);
}

static Message *
pop_message(HostXenStore *store)
{
    Message *message;

    g_mutex_lock(&store->lock);
    message = g_queue_pop_head(&store->messages);
    if (!message)
        g_clear_pointer(&store->source, g_source_unref);
    g_mutex_unlock(&store->lock);
    return message;
}

static void
deliver(HostXenStore *store, const Message *message)
{
    switch (message->type) {
    case MESSAGE_CHANGED:
        store->callbacks.changed(message->view, store->user_data);
        break;
    case MESSAGE_GONE:
        store->callbacks.gone(message->domid, message->devid, store->user_data);
        break;
    case MESSAGE_COMPLETE:
        store->callbacks.complete(store->user_data);
        break;
    case MESSAGE_LOST:
        store->callbacks.lost(store->user_data);
        break;
    }
}

static gboolean
on_messages(gpointer user_data)
{
    HostXenStore *store = user_data;
    Message *message = pop_message(store);

    if (!message)
        return G_SOURCE_REMOVE;
    deliver(store, message);
    message_free(message);
    return G_SOURCE_CONTINUE;
}

static void
post(HostXenStore *store, MessageType type, const Device *device)
{
    Message *message = g_new0(Message, 1);

    message->type = type;
    if (device) {
        message->domid = device->domid;
        message->devid = device->devid;
        message->view = type == MESSAGE_CHANGED ? channel_view_copy(device->view) : NULL;
    }
    g_mutex_lock(&store->lock);
    g_queue_push_tail(&store->messages, message);
    if (!store->source) {
        store->source = g_idle_source_new();
        g_source_set_priority(store->source, G_PRIORITY_DEFAULT);
        g_source_set_callback(store->source, on_messages, store, NULL);
        g_source_attach(store->source, NULL);
    }
    g_mutex_unlock(&store->lock);
}

/* --- reading ----------------------------------------------------------------- */

/* Returns a new string, or NULL. */
static char *G_GNUC_PRINTF(2, 3) read_node(HostXenStore *store, const char *format, ...)
{
    g_autofree char *path = NULL;
    unsigned length;
    va_list args;
    char *text, *copy;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    text = xs_read(store->xs, XBT_NULL, path, &length);
    copy = g_strdup(text);
    free(text);
    return copy;
}

/* True if @text is a number and nothing else. */
static bool
parse_number(const char *text, guint64 max, guint64 *number)
{
    return text && g_ascii_string_to_unsigned(text, 10, 0, max, number, NULL);
}

static GHashTable *
read_source(HostXenStore *store, const Device *device)
{
    g_autofree char *path =
        g_strdup_printf("/libxl/%u/device/console/%u/source", device->domid, device->devid);
    unsigned n_names = 0;
    char **names = xs_directory(store->xs, XBT_NULL, path, &n_names);
    GHashTable *nodes;

    if (!names || n_names == 0 || n_names > SOURCE_NODES_MAX) {
        free(names);
        return NULL;
    }
    nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (unsigned i = 0; i < n_names; i++) {
        char *value = read_node(store, "%s/%s", path, names[i]);

        if (value)
            g_hash_table_insert(nodes, g_strdup(names[i]), value);
    }
    free(names);
    return nodes;
}

/* What doesn't change while the device is there. False if it isn't ours. */
static bool
read_identity(HostXenStore *store, Device *device)
{
    ChannelView *view = g_new0(ChannelView, 1);

    view->domid = device->domid;
    view->devid = device->devid;
    view->source = read_source(store, device);
    view->name = read_node(store, BACKENDS "/%u/%u/name", device->domid, device->devid);
    view->domain_name = read_node(store, "/local/domain/%u/name", device->domid);
    if (!view->domain_name)
        view->domain_name = g_strdup("");
    if (!view->source || !view->name) {
        channel_view_free(view);
        return false;
    }
    channel_view_free(device->view);
    device->view = view;
    return true;
}

static int
read_state(HostXenStore *store, const char *directory)
{
    g_autofree char *text = read_node(store, "%s/state", directory);
    guint64 state = XenbusStateUnknown;

    parse_number(text, XenbusStateReconfigured, &state);
    return (int)state;
}

/* What the guest and the toolstack change. */
static void
read_states(HostXenStore *store, Device *device)
{
    g_autofree char *backend = g_strdup_printf(BACKENDS "/%u/%u", device->domid, device->devid);
    g_autofree char *frontend =
        g_strdup_printf("/local/domain/%u/device/console/%u", device->domid, device->devid);
    g_autofree char *online = read_node(store, "%s/online", backend);
    g_autofree char *ref = NULL;
    g_autofree char *port = NULL;
    ChannelView *view = device->view;
    guint64 numbers[2];

    view->online = g_strcmp0(online, "1") == 0;
    view->backend_state = read_state(store, backend);
    /* The state first: what is written before it is there then. */
    view->frontend_state = read_state(store, frontend);
    ref = read_node(store, "%s/ring-ref", frontend);
    port = read_node(store, "%s/port", frontend);
    view->has_ring =
        parse_number(ref, G_MAXUINT32, &numbers[0]) && parse_number(port, G_MAXUINT32, &numbers[1]);
    view->ring_ref = view->has_ring ? (guint32)numbers[0] : 0;
    view->port = view->has_ring ? (guint32)numbers[1] : 0;
}

/* --- devices ----------------------------------------------------------------- */

static guint64
make_key(guint32 domid, guint devid)
{
    return (guint64)domid << 32 | devid;
}

static void
device_free(gpointer data)
{
    Device *device = data;

    channel_view_free(device->view);
    g_free(device);
}

static Device *
find_device(HostXenStore *store, guint32 domid, guint devid)
{
    guint64 key = make_key(domid, devid);

    return g_hash_table_lookup(store->devices, &key);
}

static Device *
obtain_device(HostXenStore *store, guint32 domid, guint devid)
{
    Device *device = find_device(store, domid, devid);
    guint64 key = make_key(domid, devid);

    if (device)
        return device;
    device = g_new0(Device, 1);
    device->domid = domid;
    device->devid = devid;
    g_hash_table_insert(store->devices, g_memdup2(&key, sizeof(key)), device);
    return device;
}

static void
make_dirty(HostXenStore *store, Device *device)
{
    if (device->is_dirty)
        return;
    device->is_dirty = true;
    g_queue_push_tail(&store->dirty, device);
}

static void
set_watched(HostXenStore *store, Device *device, bool watched)
{
    g_autofree char *path =
        g_strdup_printf("/local/domain/%u/device/console/%u/state", device->domid, device->devid);
    g_autofree char *token = g_strdup_printf("%u/%u", device->domid, device->devid);

    if (device->is_watched == watched)
        return;
    if (watched ? !xs_watch(store->xs, path, token) : !xs_unwatch(store->xs, path, token))
        g_warning("cannot watch %s: %s", path, g_strerror(errno));
    device->is_watched = watched;
}

static void
forget_device(HostXenStore *store, Device *device)
{
    guint64 key = make_key(device->domid, device->devid);

    if (device->is_told)
        post(store, MESSAGE_GONE, device);
    set_watched(store, device, false);
    g_hash_table_remove(store->devices, &key);
}

/* A device's readings are paid in time; true if it is not too far ahead. */
static bool
may_read(Device *device, gint64 now)
{
    if (device->paid_us - now > DEVICE_CREDIT_US)
        return false;
    device->paid_us = MAX(device->paid_us, now) + DEVICE_COST_US;
    return true;
}

/* The device is known; is it the same one still? */
static bool
is_still_there(HostXenStore *store, const Device *device)
{
    g_autofree char *id =
        read_node(store, "/libxl/%u/device/console/%u/source/id", device->domid, device->devid);
    g_autofree char *frontend =
        read_node(store, BACKENDS "/%u/%u/frontend", device->domid, device->devid);

    return id && frontend && g_strcmp0(id, g_hash_table_lookup(device->view->source, "id")) == 0;
}

static void
read_device(HostXenStore *store, Device *device)
{
    if (device->is_told && !is_still_there(store, device)) {
        guint32 domid = device->domid;
        guint devid = device->devid;

        forget_device(store, device);
        /* Perhaps there is another one in its place. */
        device = obtain_device(store, domid, devid);
    }
    if (!device->is_told && !read_identity(store, device)) {
        forget_device(store, device);
        return;
    }
    set_watched(store, device, true);
    read_states(store, device);
    device->is_told = true;
    post(store, MESSAGE_CHANGED, device);
}

static void
read_dirty_device(HostXenStore *store)
{
    Device *device = g_queue_pop_head(&store->dirty);
    gint64 now = g_get_monotonic_time();

    device->is_dirty = false;
    if (may_read(device, now)) {
        read_device(store, device);
        return;
    }
    if (!device->wake_us)
        log_limited(&device->lines, G_LOG_LEVEL_INFO,
                    "domain %u: channel %u changes its state too often; it waits", device->domid,
                    device->devid);
    set_watched(store, device, false);
    device->wake_us = device->paid_us - DEVICE_CREDIT_US / 2;
}

/* Those that had to wait and need not any longer. Returns for how many milliseconds
 * there is none, -1 for ever. */
static int
wake_devices(HostXenStore *store)
{
    gint64 now = g_get_monotonic_time();
    gint64 next = G_MAXINT64;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, store->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Device *device = value;

        if (device->wake_us && device->wake_us <= now) {
            device->wake_us = 0;
            make_dirty(store, device);
        } else if (device->wake_us) {
            next = MIN(next, device->wake_us);
        }
    }
    return next == G_MAXINT64 ? -1 : (int)((next - now) / 1000) + 1;
}

/* --- what fires -------------------------------------------------------------- */

static void
scan_domain(HostXenStore *store, guint32 domid)
{
    g_autofree char *path = g_strdup_printf(BACKENDS "/%u", domid);
    unsigned n_names = 0;
    char **names = xs_directory(store->xs, XBT_NULL, path, &n_names);
    guint64 devid;

    for (unsigned i = 0; names && i < n_names; i++) {
        /* 0 is the primary console, xenconsoled's. */
        if (parse_number(names[i], G_MAXINT32, &devid) && devid > 0)
            make_dirty(store, obtain_device(store, domid, (guint)devid));
    }
    free(names);
}

static void
scan_all(HostXenStore *store)
{
    unsigned n_names = 0;
    char **names = xs_directory(store->xs, XBT_NULL, BACKENDS, &n_names);
    GHashTableIter iter;
    guint64 domid;
    gpointer value;

    for (unsigned i = 0; names && i < n_names; i++) {
        if (parse_number(names[i], G_MAXUINT32, &domid))
            scan_domain(store, (guint32)domid);
    }
    free(names);
    g_hash_table_iter_init(&iter, store->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        make_dirty(store, value);
}

static void
backend_domain_fired(HostXenStore *store, guint32 domid)
{
    GHashTableIter iter;
    gpointer value;

    scan_domain(store, domid);
    g_hash_table_iter_init(&iter, store->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((Device *)value)->domid == domid)
            make_dirty(store, value);
    }
}

/* @path: BACKENDS, or below it DOMID, DEVID, a node. The states there are ours. */
static void
backend_fired(HostXenStore *store, const char *path)
{
    g_auto(GStrv) parts = NULL;
    guint64 domid, devid;
    guint n_parts;

    if (!g_str_has_prefix(path, BACKENDS "/")) {
        scan_all(store);
        return;
    }
    parts = g_strsplit(path + strlen(BACKENDS "/"), "/", 4);
    n_parts = g_strv_length(parts);
    if (!parse_number(parts[0], G_MAXUINT32, &domid))
        return;
    if (n_parts == 1)
        backend_domain_fired(store, (guint32)domid);
    else if (parse_number(parts[1], G_MAXINT32, &devid) && devid > 0 &&
             g_strcmp0(parts[2], "state") != 0)
        make_dirty(store, obtain_device(store, (guint32)domid, (guint)devid));
}

static void
frontend_fired(HostXenStore *store, const char *token)
{
    guint32 domid;
    guint devid;
    Device *device;

    if (sscanf(token, "%" G_GUINT32_FORMAT "/%u", &domid, &devid) != 2)
        return;
    device = find_device(store, domid, devid);
    if (!device || !device->view)
        return;
    /* A watch that begins again, after a rest, fires for writes that were not seen. */
    if (device->is_seen)
        device->view->frontend_writes++;
    device->is_seen = true;
    make_dirty(store, device);
}

static void
take_firings(HostXenStore *store)
{
    char **firing;

    while ((firing = xs_check_watch(store->xs))) {
        if (strcmp(firing[XS_WATCH_TOKEN], TOKEN) == 0)
            backend_fired(store, firing[XS_WATCH_PATH]);
        else
            frontend_fired(store, firing[XS_WATCH_TOKEN]);
        free(firing);
    }
}

/* --- writing ----------------------------------------------------------------- */

static char *
get_directory(const Command *command)
{
    switch (command->node) {
    case HOST_XEN_BACKEND_STATE:
        return g_strdup_printf(BACKENDS "/%u/%u", command->domid, command->devid);
    case HOST_XEN_FRONTEND_TTY:
        return g_strdup_printf("/local/domain/%u/device/console/%u", command->domid,
                               command->devid);
    case HOST_XEN_ERROR:
        break;
    }
    return g_strdup_printf("/libxl/%u/device/console/%u", command->domid, command->devid);
}

/* To write a node makes its directories, too: one that is being removed must not
 * come back. A frontend's directory is the guest's to remove, so what tells is the
 * backend's. */
static bool
write_in_transaction(HostXenStore *store, xs_transaction_t transaction, const Command *command)
{
    static const char *const names[] = {"state", "tty", "error"};
    g_autofree char *directory = get_directory(command);
    g_autofree char *path = g_strdup_printf("%s/%s", directory, names[command->node]);
    g_autofree char *alive =
        g_strdup_printf(BACKENDS "/%u/%u/frontend", command->domid, command->devid);
    unsigned length;
    char *text = xs_read(store->xs, transaction, alive, &length);

    if (!text)
        return true;
    free(text);
    text = xs_read(store->xs, transaction, directory, &length);
    if (!text)
        return true;
    free(text);
    if (!command->value)
        return xs_rm(store->xs, transaction, path) || errno == ENOENT;
    return xs_write(store->xs, transaction, path, command->value, strlen(command->value));
}

static void
run_command(HostXenStore *store, const Command *command)
{
    int tries = 0;
    bool ok;

    do {
        xs_transaction_t transaction = xs_transaction_start(store->xs);

        ok = transaction != XBT_NULL && write_in_transaction(store, transaction, command);
        if (transaction != XBT_NULL)
            ok = xs_transaction_end(store->xs, transaction, !ok) && ok;
    } while (!ok && errno == EAGAIN && ++tries < TRANSACTION_TRIES);
    if (!ok)
        g_warning("domain %u: channel %u: cannot write to xenstore: %s", command->domid,
                  command->devid, g_strerror(errno));
}

static void
command_free(gpointer data)
{
    Command *command = data;

    g_free(command->value);
    g_free(command);
}

static void
run_commands(HostXenStore *store)
{
    Command *command;

    while ((command = g_async_queue_try_pop(store->commands))) {
        run_command(store, command);
        command_free(command);
    }
}

/* --- the thread -------------------------------------------------------------- */

/* As many devices as one likes may be dirty; between two of them what has been
 * asked for goes first. */
static void
read_dirty_devices(HostXenStore *store)
{
    while (!g_queue_is_empty(&store->dirty)) {
        run_commands(store);
        read_dirty_device(store);
    }
    if (!store->is_complete) {
        store->is_complete = true;
        post(store, MESSAGE_COMPLETE, NULL);
    }
}

static void
clear_wake(HostXenStore *store)
{
    uint64_t count;

    if (read(store->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        g_warning("cannot read an eventfd: %s", g_strerror(errno));
}

static gpointer
store_thread(gpointer user_data)
{
    HostXenStore *store = user_data;
    struct pollfd fds[] = {
        {.fd = store->wake_fd, .events = POLLIN},
        {.fd = xs_fileno(store->xs), .events = POLLIN},
    };

    while (!g_atomic_int_get(&store->is_stopping)) {
        int timeout = wake_devices(store);

        run_commands(store);
        read_dirty_devices(store);
        if (poll(fds, G_N_ELEMENTS(fds), timeout) < 0)
            continue; /* EINTR */
        if (fds[0].revents)
            clear_wake(store);
        if (fds[1].revents & POLLIN)
            take_firings(store);
        else if (fds[1].revents) {
            post(store, MESSAGE_LOST, NULL);
            fds[1].fd = -1;
        }
    }
    run_commands(store);
    return NULL;
}

static void
wake(HostXenStore *store)
{
    const uint64_t one = 1;

    if (write(store->wake_fd, &one, sizeof(one)) < 0)
        g_warning("cannot write to an eventfd: %s", g_strerror(errno));
}

/* --- the main loop's side ---------------------------------------------------- */

HostXenStore *
host_xen_store_new(GError **error)
{
    HostXenStore *store = g_new0(HostXenStore, 1);

    g_mutex_init(&store->lock);
    store->devices = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, device_free);
    store->commands = g_async_queue_new_full(command_free);
    store->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    store->xs = xs_open(0);
    if (store->xs && xs_fileno(store->xs) >= 0 && store->wake_fd >= 0)
        return store;
    virtxl_error_set(error, VIR_ERR_NO_CONNECT, _("cannot connect to xenstored: %s"),
                     g_strerror(errno));
    host_xen_store_free(store);
    return NULL;
}

void
host_xen_store_free(HostXenStore *store)
{
    if (store->thread) {
        g_atomic_int_set(&store->is_stopping, 1);
        wake(store);
        g_thread_join(store->thread);
    }
    if (store->source) {
        g_source_destroy(store->source);
        g_source_unref(store->source);
    }
    g_queue_clear_full(&store->messages, (GDestroyNotify)message_free);
    g_queue_clear(&store->dirty);
    g_hash_table_unref(store->devices);
    g_async_queue_unref(store->commands);
    if (store->xs)
        xs_close(store->xs);
    if (store->wake_fd >= 0)
        close(store->wake_fd);
    g_mutex_clear(&store->lock);
    g_free(store);
}

void
host_xen_store_watch(HostXenStore *store, const ChannelHostCallbacks *callbacks, gpointer user_data)
{
    store->callbacks = *callbacks;
    store->user_data = user_data;
    /* Fires at once; but the first look is not to wait for that. */
    if (!xs_watch(store->xs, BACKENDS, TOKEN))
        g_warning("cannot watch " BACKENDS ": %s", g_strerror(errno));
    scan_all(store);
    store->thread = g_thread_new("xenstore", store_thread, store);
}

void
host_xen_store_set(HostXenStore *store, guint32 domid, guint devid, HostXenNode node,
                   const char *value)
{
    Command *command = g_new0(Command, 1);

    command->domid = domid;
    command->devid = devid;
    command->node = node;
    command->value = g_strdup(value);
    g_async_queue_push(store->commands, command);
    wake(store);
}
