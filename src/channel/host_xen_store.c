/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/host_xen_store.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xenstore.h>

#include "channel/host_xen_devices.h"
#include "channel/host_xen_writes.h"
#include "util/error.h"
#include "util/handover.h"
#include "util/i18n.h"
#include "util/unix_socket.h"

#define RECONNECT_MS 1000

struct HostXenStore {
    ChannelHostCallbacks callbacks;
    gpointer user_data;
    Handover *news; /* of News */
    HostXenWrites *writes;
    int wake_fd;
    gint is_stopping;
    GThread *thread;

    /* The thread's own, once it runs. */
    struct xs_handle *xs; /* NULL: xenstored has gone */
    int alive_fd;         /* hangs up when xenstored ends; -1: it is not reached by a socket */
    HostXenDevices *devices;
    bool is_complete;
};

/* --- to the main loop -------------------------------------------------------- */

typedef enum {
    NEWS_CHANGED,
    NEWS_GONE,
    NEWS_COMPLETE,
} NewsType;

typedef struct {
    NewsType type;
    guint32 domid;
    guint devid;
    ChannelView *view;
} News;

static void
news_free(gpointer data)
{
    News *news = data;

    channel_view_free(news->view);
    g_free(news);
}

static void
deliver(gpointer item, gpointer user_data)
{
    HostXenStore *store = user_data;
    const News *news = item;

    switch (news->type) {
    case NEWS_CHANGED:
        store->callbacks.changed(news->view, store->user_data);
        break;
    case NEWS_GONE:
        store->callbacks.gone(news->domid, news->devid, store->user_data);
        break;
    case NEWS_COMPLETE:
        store->callbacks.complete(store->user_data);
        break;
    }
}

static void
tell_changed(const ChannelView *view, gpointer user_data)
{
    HostXenStore *store = user_data;
    const News news = {.type = NEWS_CHANGED, .view = channel_view_copy(view)};

    handover_push(store->news, g_memdup2(&news, sizeof(news)));
}

static void
tell_gone(guint32 domid, guint devid, gpointer user_data)
{
    HostXenStore *store = user_data;
    const News news = {.type = NEWS_GONE, .domid = domid, .devid = devid};

    handover_push(store->news, g_memdup2(&news, sizeof(news)));
}

static void
tell_if_complete(HostXenStore *store)
{
    const News news = {.type = NEWS_COMPLETE};

    if (store->is_complete || !host_xen_devices_are_told(store->devices))
        return;
    store->is_complete = true;
    handover_push(store->news, g_memdup2(&news, sizeof(news)));
}

/* --- the connection ------------------------------------------------------------ */

static void
disconnect(HostXenStore *store)
{
    if (store->xs)
        xs_close(store->xs);
    store->xs = NULL;
    if (store->alive_fd >= 0)
        close(store->alive_fd);
    store->alive_fd = -1;
}

/* What libxenstore gives to wait for says nothing when xenstored ends, so there is a
 * connection more that does. Without @fallback, not by the kernel's device, whose
 * users wait for the next xenstored for ever. */
static bool
connect_store(HostXenStore *store, bool fallback)
{
    store->alive_fd = unix_socket_connect(xs_daemon_socket(), 0);
    if (store->alive_fd >= 0 || fallback)
        store->xs = xs_open(0);
    if (store->xs && xs_fileno(store->xs) >= 0)
        return true;
    disconnect(store);
    return false;
}

static void
lose_connection(HostXenStore *store)
{
    g_critical("xenstored is gone; channels that are connected go on, others wait until it is "
               "back");
    disconnect(store);
}

static void
reconnect(HostXenStore *store)
{
    if (!connect_store(store, false))
        return;
    g_message("xenstored is back");
    host_xen_devices_connect(store->devices, store->xs);
}

/* --- the thread -------------------------------------------------------------- */

static int
get_sooner(int a_ms, int b_ms)
{
    return a_ms < 0 || b_ms < 0 ? MAX(a_ms, b_ms) : MIN(a_ms, b_ms);
}

/* As many devices as one likes may wait to be read; between two of them what has been
 * asked for goes first. Returns for how many milliseconds there is nothing to do. */
static int
work(HostXenStore *store)
{
    int wake_ms = host_xen_devices_wake(store->devices);
    int write_ms;

    do
        write_ms = host_xen_writes_run(store->writes, store->xs);
    while (host_xen_devices_read_next(store->devices));
    tell_if_complete(store);
    /* What was read may have to be read again. */
    wake_ms = get_sooner(wake_ms, host_xen_devices_wake(store->devices));
    return get_sooner(wake_ms, write_ms);
}

static void
clear_wake(HostXenStore *store)
{
    uint64_t count;

    if (read(store->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        g_warning("cannot read an eventfd: %s", g_strerror(errno));
}

static void
wait_for_work(HostXenStore *store, int timeout_ms)
{
    struct pollfd fds[] = {
        {.fd = store->wake_fd, .events = POLLIN},
        {.fd = store->alive_fd},
        {.fd = store->xs ? xs_fileno(store->xs) : -1, .events = POLLIN},
    };

    if (poll(fds, G_N_ELEMENTS(fds), timeout_ms) < 0)
        return; /* EINTR */
    if (fds[0].revents)
        clear_wake(store);
    if (fds[1].revents || (fds[2].revents & ~POLLIN))
        lose_connection(store);
    else if (fds[2].revents)
        host_xen_devices_take_firings(store->devices);
}

static gpointer
store_thread(gpointer user_data)
{
    HostXenStore *store = user_data;

    host_xen_devices_connect(store->devices, store->xs);
    while (!g_atomic_int_get(&store->is_stopping)) {
        if (!store->xs)
            reconnect(store);
        wait_for_work(store, store->xs ? work(store) : RECONNECT_MS);
    }
    if (store->xs)
        host_xen_writes_run(store->writes, store->xs);
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
    static const HostXenDevicesCallbacks callbacks = {tell_changed, tell_gone};
    HostXenStore *store = g_new0(HostXenStore, 1);

    store->news = handover_new(deliver, news_free, store);
    store->writes = host_xen_writes_new();
    store->devices = host_xen_devices_new(&callbacks, store);
    store->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (connect_store(store, true) && store->wake_fd >= 0)
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
    disconnect(store);
    handover_free(store->news);
    host_xen_writes_free(store->writes);
    host_xen_devices_free(store->devices);
    if (store->wake_fd >= 0)
        close(store->wake_fd);
    g_free(store);
}

void
host_xen_store_watch(HostXenStore *store, const ChannelHostCallbacks *callbacks, gpointer user_data)
{
    store->callbacks = *callbacks;
    store->user_data = user_data;
    store->thread = g_thread_new("xenstore", store_thread, store);
}

void
host_xen_store_set(HostXenStore *store, guint32 domid, guint devid, HostXenNode node,
                   const char *value)
{
    host_xen_writes_push(store->writes, domid, devid, node, value);
    wake(store);
}
