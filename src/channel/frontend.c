/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/frontend.h"

#include "util/error.h"
#include "util/i18n.h"

/* So many events in a row without a byte are answered at once: a guest that reads
 * sends one for each few bytes. Then each waits, and longer and longer, so that a storm
 * of them costs no more than a few wake-ups a second. */
#define EMPTY_EVENTS_FREE 256
#define EMPTY_EVENT_MS    10
#define EMPTY_EVENT_MAX   320
/* After so many that had to wait the time is doubled. */
#define EMPTY_EVENTS_STEP 16

struct Frontend {
    ChannelHost *host;
    guint32 ring_ref;
    guint32 event_port;
    void *page;
    Ring ring;
    ChannelPort *port;
    FrontendFunc func;
    gpointer user_data;
    guint empty_events;
    guint unmask_timer;
};

static gboolean
on_unmask(gpointer user_data)
{
    Frontend *frontend = user_data;

    frontend->unmask_timer = 0;
    frontend->host->ops->unmask(frontend->host, frontend->port);
    return G_SOURCE_REMOVE;
}

static guint
get_rest_ms(const Frontend *frontend)
{
    guint doublings = (frontend->empty_events - EMPTY_EVENTS_FREE) / EMPTY_EVENTS_STEP;

    return MIN(EMPTY_EVENT_MS << MIN(doublings, 16), EMPTY_EVENT_MAX);
}

static void
unmask(Frontend *frontend)
{
    if (frontend->empty_events < EMPTY_EVENTS_FREE)
        frontend->host->ops->unmask(frontend->host, frontend->port);
    else
        frontend->unmask_timer = g_timeout_add(get_rest_ms(frontend), on_unmask, frontend);
}

/* Unmasked before the ring is looked at, or what comes between is missed; but the
 * callee may free us, so afterwards nothing of ours is touched. */
static void
on_event(gpointer user_data)
{
    Frontend *frontend = user_data;

    frontend->empty_events++;
    unmask(frontend);
    frontend->func(frontend->user_data);
}

static bool
connect_page(Frontend *frontend, const ChannelView *view, GError **error)
{
    frontend->page = frontend->host->ops->map(frontend->host, view, error);
    if (!frontend->page)
        return false;
    if (!ring_open(&frontend->ring, RING_BACKEND, frontend->page))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("the ring that the guest has given makes no sense"));
    frontend->port = frontend->host->ops->bind(frontend->host, view, on_event, frontend, error);
    return frontend->port != NULL;
}

Frontend *
frontend_new(ChannelHost *host, const ChannelView *view, FrontendFunc func, gpointer user_data,
             GError **error)
{
    Frontend *frontend = g_new0(Frontend, 1);

    frontend->host = host;
    frontend->ring_ref = view->ring_ref;
    frontend->event_port = view->port;
    frontend->func = func;
    frontend->user_data = user_data;
    if (connect_page(frontend, view, error)) {
        host->ops->unmask(host, frontend->port);
        return frontend;
    }
    frontend_free(frontend);
    return NULL;
}

void
frontend_free(Frontend *frontend)
{
    if (!frontend)
        return;
    if (frontend->unmask_timer)
        g_source_remove(frontend->unmask_timer);
    if (frontend->page)
        frontend->host->ops->unmap(frontend->host, frontend->page);
    if (frontend->port)
        frontend->host->ops->unbind(frontend->host, frontend->port);
    g_free(frontend);
}

Ring *
frontend_get_ring(Frontend *frontend)
{
    return &frontend->ring;
}

bool
frontend_is(const Frontend *frontend, const ChannelView *view)
{
    return view->has_ring && view->ring_ref == frontend->ring_ref &&
           view->port == frontend->event_port;
}

void
frontend_notify(Frontend *frontend)
{
    frontend->host->ops->notify(frontend->host, frontend->port);
}

void
frontend_set_busy(Frontend *frontend)
{
    frontend->empty_events = 0;
}
