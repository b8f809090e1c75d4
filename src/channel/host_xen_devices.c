/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/host_xen_devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/host_xen_nodes.h"
#include "util/log_limit.h"

#define TOKEN    "backend"
/* What can't be read is read again after so long. */
#define RETRY_US G_USEC_PER_SEC

static const RateLimitTerms device_terms = {32, G_USEC_PER_SEC / 20};
static const RateLimitTerms guest_terms = {256, G_USEC_PER_SEC / 50};

/* What a domain's devices have in common. */
typedef struct {
    guint n_devices;
    RateLimit rate;
    LogLimit lines;
} Guest;

typedef struct {
    guint32 domid;
    guint devid;
    Guest *guest;
    bool is_told; /* the owner knows of it */
    bool is_watched;
    bool is_seen;     /* the watch has fired, as each does at first */
    bool is_dirty;    /* in the queue */
    bool is_by_guest; /* ... for what the guest has written */
    RateLimit rate;
    gint64 wake_us; /* when it is read again; 0: when something changes */
    ChannelView *view;
} Device;

struct HostXenDevices {
    struct xs_handle *xs;
    HostXenDevicesCallbacks callbacks;
    gpointer user_data;
    GHashTable *guests;  /* domid -> Guest */
    GHashTable *devices; /* key -> Device */
    GQueue dirty;        /* of Device */
    gint64 scan_us;      /* when to look for devices again; 0: when something changes */
};

/* --- devices and guests -------------------------------------------------------- */

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
find_device(HostXenDevices *devices, guint32 domid, guint devid)
{
    guint64 key = make_key(domid, devid);

    return g_hash_table_lookup(devices->devices, &key);
}

static Guest *
obtain_guest(HostXenDevices *devices, guint32 domid)
{
    Guest *guest = g_hash_table_lookup(devices->guests, GUINT_TO_POINTER(domid));

    if (!guest) {
        guest = g_new0(Guest, 1);
        g_hash_table_insert(devices->guests, GUINT_TO_POINTER(domid), guest);
    }
    guest->n_devices++;
    return guest;
}

static Device *
obtain_device(HostXenDevices *devices, guint32 domid, guint devid)
{
    Device *device = find_device(devices, domid, devid);
    guint64 key = make_key(domid, devid);

    if (device)
        return device;
    device = g_new0(Device, 1);
    device->domid = domid;
    device->devid = devid;
    device->guest = obtain_guest(devices, domid);
    g_hash_table_insert(devices->devices, g_memdup2(&key, sizeof(key)), device);
    return device;
}

static void
make_dirty(HostXenDevices *devices, Device *device)
{
    if (device->is_dirty)
        return;
    device->is_dirty = true;
    g_queue_push_tail(&devices->dirty, device);
}

static void
set_watched(HostXenDevices *devices, Device *device, bool watched)
{
    g_autofree char *path =
        g_strdup_printf("/local/domain/%u/device/console/%u/state", device->domid, device->devid);
    g_autofree char *token = g_strdup_printf("%u/%u", device->domid, device->devid);

    if (device->is_watched == watched)
        return;
    if (watched ? !xs_watch(devices->xs, path, token) : !xs_unwatch(devices->xs, path, token))
        g_warning("cannot watch %s: %s", path, g_strerror(errno));
    device->is_watched = watched;
}

static void
forget_device(HostXenDevices *devices, Device *device)
{
    guint64 key = make_key(device->domid, device->devid);

    if (device->is_told)
        devices->callbacks.gone(device->domid, device->devid, devices->user_data);
    set_watched(devices, device, false);
    if (--device->guest->n_devices == 0)
        g_hash_table_remove(devices->guests, GUINT_TO_POINTER(device->domid));
    g_hash_table_remove(devices->devices, &key);
}

/* --- reading ------------------------------------------------------------------- */

static void
read_again_later(Device *device)
{
    device->wake_us = g_get_monotonic_time() + RETRY_US;
}

/* False if it is not there or can't be read. */
static bool
meet_device(HostXenDevices *devices, Device *device)
{
    ChannelView *view = NULL;

    switch (host_xen_nodes_read_identity(devices->xs, device->domid, device->devid, &view)) {
    case HOST_XEN_IS_ABSENT:
        forget_device(devices, device);
        return false;
    case HOST_XEN_IS_UNKNOWN:
        read_again_later(device);
        return false;
    case HOST_XEN_IS_THERE:
        break;
    }
    channel_view_free(device->view);
    device->view = view;
    return true;
}

static void
read_device(HostXenDevices *devices, Device *device)
{
    HostXenPresence presence =
        device->is_told ? host_xen_nodes_find_again(devices->xs, device->view) : HOST_XEN_IS_THERE;
    ChannelView before;

    if (presence == HOST_XEN_IS_UNKNOWN) {
        read_again_later(device);
        return;
    }
    if (presence == HOST_XEN_IS_ABSENT) {
        guint32 domid = device->domid;
        guint devid = device->devid;

        forget_device(devices, device);
        /* Perhaps there is another one in its place. */
        device = obtain_device(devices, domid, devid);
    }
    if (!device->is_told && !meet_device(devices, device))
        return;
    set_watched(devices, device, true);
    before = *device->view;
    if (!host_xen_nodes_read_states(devices->xs, device->view)) {
        *device->view = before;
        read_again_later(device);
        return;
    }
    device->is_told = true;
    devices->callbacks.changed(device->view, devices->user_data);
}

/* Both limits are paid for, or none. */
static bool
may_read(Device *device)
{
    if (!rate_limit_allows(&device->rate, &device_terms) ||
        (device->is_by_guest && !rate_limit_allows(&device->guest->rate, &guest_terms)))
        return false;
    rate_limit_pay(&device->rate, &device_terms);
    if (device->is_by_guest)
        rate_limit_pay(&device->guest->rate, &guest_terms);
    device->is_by_guest = false;
    return true;
}

static void
rest(HostXenDevices *devices, Device *device)
{
    gint64 rested_us = rate_limit_get_rested_us(&device->rate, &device_terms);

    if (device->is_by_guest)
        rested_us = MAX(rested_us, rate_limit_get_rested_us(&device->guest->rate, &guest_terms));
    if (!device->wake_us)
        log_limited(&device->guest->lines, G_LOG_LEVEL_INFO,
                    "domain %u: channel %u changes its state too often; it waits", device->domid,
                    device->devid);
    set_watched(devices, device, false);
    device->wake_us = rested_us;
}

bool
host_xen_devices_read_next(HostXenDevices *devices)
{
    Device *device = g_queue_pop_head(&devices->dirty);

    if (!device)
        return false;
    device->is_dirty = false;
    if (may_read(device))
        read_device(devices, device);
    else
        rest(devices, device);
    return true;
}

bool
host_xen_devices_are_told(const HostXenDevices *devices)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, devices->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (!((const Device *)value)->is_told)
            return false;
    }
    return devices->scan_us == 0;
}

/* --- looking for devices --------------------------------------------------------- */

/* A new list of the numbers below @path, to be freed by free(); *@n_names of them. */
static char **
list_nodes(HostXenDevices *devices, const char *path, unsigned *n_names)
{
    char **names;

    *n_names = 0;
    names = xs_directory(devices->xs, XBT_NULL, path, n_names);
    if (!names && errno != ENOENT)
        devices->scan_us = g_get_monotonic_time() + RETRY_US;
    return names;
}

static void
scan_domain(HostXenDevices *devices, guint32 domid)
{
    g_autofree char *path = g_strdup_printf(HOST_XEN_BACKENDS "/%u", domid);
    unsigned n_names;
    char **names = list_nodes(devices, path, &n_names);
    guint64 devid;

    for (unsigned i = 0; names && i < n_names; i++) {
        /* 0 is the primary console, xenconsoled's. */
        if (host_xen_nodes_parse_number(names[i], G_MAXINT32, &devid) && devid > 0)
            make_dirty(devices, obtain_device(devices, domid, (guint)devid));
    }
    free(names);
}

static void
scan_all(HostXenDevices *devices)
{
    unsigned n_names;
    char **names;
    GHashTableIter iter;
    guint64 domid;
    gpointer value;

    devices->scan_us = 0;
    names = list_nodes(devices, HOST_XEN_BACKENDS, &n_names);
    for (unsigned i = 0; names && i < n_names; i++) {
        if (host_xen_nodes_parse_number(names[i], G_MAXUINT32, &domid))
            scan_domain(devices, (guint32)domid);
    }
    free(names);
    g_hash_table_iter_init(&iter, devices->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        make_dirty(devices, value);
}

int
host_xen_devices_wake(HostXenDevices *devices)
{
    gint64 now = g_get_monotonic_time();
    gint64 next = G_MAXINT64;
    GHashTableIter iter;
    gpointer value;

    if (devices->scan_us && devices->scan_us <= now)
        scan_all(devices);
    if (devices->scan_us)
        next = devices->scan_us;
    g_hash_table_iter_init(&iter, devices->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Device *device = value;

        if (device->wake_us && device->wake_us <= now) {
            device->wake_us = 0;
            make_dirty(devices, device);
        } else if (device->wake_us) {
            next = MIN(next, device->wake_us);
        }
    }
    return next == G_MAXINT64 ? -1 : (int)(MAX(next - now, 0) / 1000) + 1;
}

/* --- what fires ------------------------------------------------------------------ */

static void
backend_domain_fired(HostXenDevices *devices, guint32 domid)
{
    GHashTableIter iter;
    gpointer value;

    scan_domain(devices, domid);
    g_hash_table_iter_init(&iter, devices->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((Device *)value)->domid == domid)
            make_dirty(devices, value);
    }
}

/* @path: the backends' directory, or below it DOMID, DEVID, a node. The states there are
 * ours. */
static void
backend_fired(HostXenDevices *devices, const char *path)
{
    g_auto(GStrv) parts = NULL;
    guint64 domid, devid;
    guint n_parts;

    if (!g_str_has_prefix(path, HOST_XEN_BACKENDS "/")) {
        scan_all(devices);
        return;
    }
    parts = g_strsplit(path + strlen(HOST_XEN_BACKENDS "/"), "/", 4);
    n_parts = g_strv_length(parts);
    if (!host_xen_nodes_parse_number(parts[0], G_MAXUINT32, &domid))
        return;
    if (n_parts == 1)
        backend_domain_fired(devices, (guint32)domid);
    else if (host_xen_nodes_parse_number(parts[1], G_MAXINT32, &devid) && devid > 0 &&
             g_strcmp0(parts[2], "state") != 0)
        make_dirty(devices, obtain_device(devices, (guint32)domid, (guint)devid));
}

static void
frontend_fired(HostXenDevices *devices, const char *token)
{
    guint32 domid;
    guint devid;
    Device *device;

    if (sscanf(token, "%" G_GUINT32_FORMAT "/%u", &domid, &devid) != 2)
        return;
    device = find_device(devices, domid, devid);
    if (!device || !device->view)
        return;
    /* A watch that begins again, after a rest, fires for writes that were not seen. */
    if (device->is_seen)
        device->view->frontend_writes++;
    device->is_by_guest = device->is_seen;
    device->is_seen = true;
    make_dirty(devices, device);
}

void
host_xen_devices_take_firings(HostXenDevices *devices)
{
    char **firing;

    while ((firing = xs_check_watch(devices->xs))) {
        if (strcmp(firing[XS_WATCH_TOKEN], TOKEN) == 0)
            backend_fired(devices, firing[XS_WATCH_PATH]);
        else
            frontend_fired(devices, firing[XS_WATCH_TOKEN]);
        free(firing);
    }
}

/* --- its life -------------------------------------------------------------------- */

HostXenDevices *
host_xen_devices_new(const HostXenDevicesCallbacks *callbacks, gpointer user_data)
{
    HostXenDevices *devices = g_new0(HostXenDevices, 1);

    devices->callbacks = *callbacks;
    devices->user_data = user_data;
    devices->guests = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    devices->devices = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, device_free);
    return devices;
}

void
host_xen_devices_free(HostXenDevices *devices)
{
    g_queue_clear(&devices->dirty);
    g_hash_table_unref(devices->devices);
    g_hash_table_unref(devices->guests);
    g_free(devices);
}

/* The first look is not to wait for the watch to fire. */
void
host_xen_devices_connect(HostXenDevices *devices, struct xs_handle *xs)
{
    GHashTableIter iter;
    gpointer value;

    devices->xs = xs;
    g_hash_table_iter_init(&iter, devices->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        ((Device *)value)->is_watched = false;
    if (!xs_watch(xs, HOST_XEN_BACKENDS, TOKEN))
        g_warning("cannot watch " HOST_XEN_BACKENDS ": %s", g_strerror(errno));
    scan_all(devices);
}
