/* Events to clients: any thread makes them, and the main context delivers them in the order in
 * which they were made.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_state.h"

static void
free_event(gpointer data)
{
    LibxlDriverEvent *event = data;

    libxl_domain_ref_free(event->domain);
    g_free(event->alias);
    g_free(event->uri);
    if (event->params)
        g_array_unref(event->params);
    g_free(event);
}

GAsyncQueue *
libxl_driver_events_new(void)
{
    return g_async_queue_new_full(free_event);
}

static gboolean
deliver_events(gpointer user_data)
{
    LibxlDriver *driver = user_data;
    LibxlDriverEvent *event;

    while ((event = g_async_queue_try_pop(driver->events))) {
        driver->event_func(event, driver->event_data);
        free_event(event);
    }
    return G_SOURCE_REMOVE;
}

void
libxl_driver_emit_event(LibxlDriver *driver, LibxlDomain *domain, LibxlDriverEvent event)
{
    event.domain = libxl_domain_make_ref(domain);
    g_async_queue_push(driver->events, g_memdup2(&event, sizeof(event)));
    g_idle_add_full(G_PRIORITY_DEFAULT, deliver_events, driver, NULL);
}

void
libxl_driver_emit(LibxlDriver *driver, LibxlDomain *domain, virDomainEventID id, int type,
                  int detail)
{
    libxl_driver_emit_event(driver, domain,
                            (LibxlDriverEvent){.id = id, .type = type, .detail = detail});
}

void
libxl_driver_emit_device(LibxlDriver *driver, LibxlDomain *domain, virDomainEventID id,
                         const char *alias)
{
    libxl_driver_emit_event(driver, domain,
                            (LibxlDriverEvent){.id = id, .alias = g_strdup(alias ? alias : "")});
}
