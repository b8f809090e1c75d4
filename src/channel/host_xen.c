/* The port on Xen: rings through /dev/xen/gntdev, events through /dev/xen/evtchn,
 * everything else through xenstore (host_xen_store.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xentoollog.h>

#include "channel/host.h"
#include "channel/host_xen_store.h"
#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"

typedef struct {
    ChannelHost base; /* first */
    HostXenStore *store;
    xentoollog_logger *logger; /* Xen's libraries' own, which says next to nothing */
    xengnttab_handle *gnttab;
    xenevtchn_handle *evtchn;
    FdWatch *evtchn_watch;
    GHashTable *ports; /* local port -> ChannelPort */
} HostXen;

struct ChannelPort {
    evtchn_port_t local;
    void (*func)(gpointer user_data);
    gpointer user_data;
};

static HostXen *
get_xen(ChannelHost *host)
{
    return (HostXen *)host;
}

/* --- the store --------------------------------------------------------------- */

static bool
xen_watch(ChannelHost *host, const ChannelHostCallbacks *callbacks, gpointer user_data,
          GError **error)
{
    host_xen_store_watch(get_xen(host)->store, callbacks, user_data);
    return true;
}

static void
xen_set_state(ChannelHost *host, guint32 domid, guint devid, int state)
{
    char text[16];

    g_snprintf(text, sizeof(text), "%d", state);
    host_xen_store_set(get_xen(host)->store, domid, devid, HOST_XEN_BACKEND_STATE, text);
}

static void
xen_set_tty(ChannelHost *host, guint32 domid, guint devid, const char *path)
{
    host_xen_store_set(get_xen(host)->store, domid, devid, HOST_XEN_FRONTEND_TTY, path);
}

static void
xen_set_error(ChannelHost *host, guint32 domid, guint devid, const char *message)
{
    host_xen_store_set(get_xen(host)->store, domid, devid, HOST_XEN_ERROR, message);
}

/* --- rings -------------------------------------------------------------------- */

static void *
xen_map(ChannelHost *host, const ChannelView *view, GError **error)
{
    void *page = xengnttab_map_grant_ref(get_xen(host)->gnttab, view->domid, view->ring_ref,
                                         PROT_READ | PROT_WRITE);

    if (!page)
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot map grant %u of domain %u: %s"),
                         view->ring_ref, view->domid, g_strerror(errno));
    return page;
}

static void
xen_unmap(ChannelHost *host, void *page)
{
    if (xengnttab_unmap(get_xen(host)->gnttab, page, 1) < 0)
        g_warning("cannot unmap a ring: %s", g_strerror(errno));
}

/* --- events ------------------------------------------------------------------- */

/* One for each call: to ask for more than is there would block. */
static void
on_pending(GIOCondition condition, gpointer user_data)
{
    HostXen *xen = user_data;
    xenevtchn_port_or_error_t pending = xenevtchn_pending(xen->evtchn);
    ChannelPort *port;

    if (pending < 0) {
        g_warning("cannot read the pending event channel: %s", g_strerror(errno));
        return;
    }
    port = g_hash_table_lookup(xen->ports, GUINT_TO_POINTER((guint)pending));
    if (port)
        port->func(port->user_data);
}

static ChannelPort *
xen_bind(ChannelHost *host, const ChannelView *view, void (*func)(gpointer user_data),
         gpointer user_data, GError **error)
{
    HostXen *xen = get_xen(host);
    xenevtchn_port_or_error_t local =
        xenevtchn_bind_interdomain(xen->evtchn, view->domid, view->port);
    ChannelPort *port;

    if (local < 0) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                         _("cannot bind event channel %u of domain %u: %s"), view->port,
                         view->domid, g_strerror(errno));
        return NULL;
    }
    port = g_new0(ChannelPort, 1);
    port->local = (evtchn_port_t)local;
    port->func = func;
    port->user_data = user_data;
    g_hash_table_insert(xen->ports, GUINT_TO_POINTER(port->local), port);
    return port;
}

static void
xen_unbind(ChannelHost *host, ChannelPort *port)
{
    HostXen *xen = get_xen(host);

    if (xenevtchn_unbind(xen->evtchn, port->local) < 0)
        g_warning("cannot unbind an event channel: %s", g_strerror(errno));
    g_hash_table_remove(xen->ports, GUINT_TO_POINTER(port->local));
    g_free(port);
}

/* Fails if the guest has closed its end, and is no matter then. */
static void
xen_notify(ChannelHost *host, ChannelPort *port)
{
    xenevtchn_notify(get_xen(host)->evtchn, port->local);
}

static void
xen_unmask(ChannelHost *host, ChannelPort *port)
{
    if (xenevtchn_unmask(get_xen(host)->evtchn, port->local) < 0)
        g_warning("cannot unmask an event channel: %s", g_strerror(errno));
}

/* --- opening and closing ------------------------------------------------------ */

static void
xen_close(ChannelHost *host)
{
    HostXen *xen = get_xen(host);

    if (xen->store)
        host_xen_store_free(xen->store);
    fd_watch_free(xen->evtchn_watch);
    if (xen->evtchn)
        xenevtchn_close(xen->evtchn);
    if (xen->gnttab)
        xengnttab_close(xen->gnttab);
    if (xen->logger)
        xtl_logger_destroy(xen->logger);
    g_hash_table_unref(xen->ports);
    g_free(xen);
}

static const ChannelHostOps ops = {
    .name = "xen",
    .close = xen_close,
    .watch = xen_watch,
    .set_state = xen_set_state,
    .set_tty = xen_set_tty,
    .set_error = xen_set_error,
    .map = xen_map,
    .unmap = xen_unmap,
    .bind = xen_bind,
    .unbind = xen_unbind,
    .notify = xen_notify,
    .unmask = xen_unmask,
};

static bool
open_devices(HostXen *xen, GError **error)
{
    /* We tell of errors ourselves, and not of all that a guest can cause. */
    xen->logger = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
    xen->gnttab = xengnttab_open(xen->logger, 0);
    if (!xen->gnttab)
        return virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                                _("cannot open /dev/xen/gntdev: %s; is this Xen's control domain, "
                                  "and the module xen-gntdev loaded?"),
                                g_strerror(errno));
    xen->evtchn = xenevtchn_open(xen->logger, 0);
    if (!xen->evtchn)
        return virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                                _("cannot open /dev/xen/evtchn: %s; is this Xen's control domain, "
                                  "and the module xen-evtchn loaded?"),
                                g_strerror(errno));
    xen->evtchn_watch = fd_watch_new(xenevtchn_fd(xen->evtchn), on_pending, xen);
    fd_watch_set(xen->evtchn_watch, G_IO_IN);
    xen->store = host_xen_store_new(error);
    return xen->store != NULL;
}

ChannelHost *
channel_host_xen_open(GError **error)
{
    HostXen *xen = g_new0(HostXen, 1);

    xen->base.ops = &ops;
    xen->ports = g_hash_table_new(NULL, NULL);
    if (open_devices(xen, error))
        return &xen->base;
    xen_close(&xen->base);
    return NULL;
}
