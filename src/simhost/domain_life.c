/* A domain runs, is paused, stops and goes on. See domain.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "simhost/domain_private.h"
#include "util/error.h"
#include "util/i18n.h"

#define MAX_PAUSES 255 /* Xen's limit of the count */

void
sim_domain_tell(SimDomain *domain, const char *event)
{
    if (domain->event_func)
        domain->event_func(event, domain, domain->user_data);
}

void
sim_domain_set_event_func(SimDomain *domain, SimDomainEventFunc func, gpointer user_data)
{
    domain->event_func = func;
    domain->user_data = user_data;
}

/* Consoles first, then channels; serial ports that are no pty are left out. */
static void
foreach_device(SimDomain *domain, GFunc func, gpointer user_data)
{
    if (domain->console)
        func(domain->console, user_data);
    for (guint i = 0; i < domain->serials->len; i++)
        if (g_ptr_array_index(domain->serials, i))
            func(g_ptr_array_index(domain->serials, i), user_data);
    g_ptr_array_foreach(domain->channels, func, user_data);
}

static void
set_device_running(gpointer data, gpointer user_data)
{
    sim_channel_set_running(data, GPOINTER_TO_INT(user_data));
}

static void
set_devices_running(SimDomain *domain, bool running)
{
    foreach_device(domain, set_device_running, GINT_TO_POINTER(running));
    sim_device_list_set_running(domain->devices, running);
}

static void
set_device_state(gpointer data, gpointer user_data)
{
    sim_channel_set_state(data, GPOINTER_TO_INT(user_data));
}

static void
shut_down(SimDomain *domain, SimShutdownReason reason)
{
    domain->cpu_time_us = sim_domain_get_cpu_time_us(domain);
    domain->is_shutdown = true;
    domain->reason = reason;
    domain->request = SIM_NO_REQUEST;
    g_clear_handle_id(&domain->request_timer, g_source_remove);
    set_devices_running(domain, false);
    foreach_device(domain, set_device_state, GINT_TO_POINTER(SIM_CHANNEL_CLOSED));
    sim_domain_tell(domain, "shutdown");
}

static gboolean
on_request(gpointer user_data)
{
    SimDomain *domain = user_data;

    domain->request_timer = 0;
    shut_down(domain, (SimShutdownReason)domain->request);
    return G_SOURCE_REMOVE;
}

/* The guest reacts to a request only while it runs. */
static void
schedule_request(SimDomain *domain)
{
    g_clear_handle_id(&domain->request_timer, g_source_remove);
    if (domain->request != SIM_NO_REQUEST && sim_domain_is_running(domain))
        domain->request_timer = g_timeout_add(SIM_GUEST_OBEYS_MS, on_request, domain);
}

static bool
refuse_control_domain(const SimDomain *domain, GError **error)
{
    if (domain->domid != 0)
        return true;
    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                            _("pausing domain 0 failed: Invalid argument"));
}

bool
sim_domain_pause(SimDomain *domain, GError **error)
{
    if (!refuse_control_domain(domain, error))
        return false;
    if (domain->pauses == MAX_PAUSES)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("pausing domain %u failed: it is paused %d times"), domain->domid,
                                MAX_PAUSES);
    domain->cpu_time_us = sim_domain_get_cpu_time_us(domain);
    domain->pauses++;
    set_devices_running(domain, false);
    schedule_request(domain);
    return true;
}

static void
connect_devices(SimDomain *domain)
{
    domain->is_connected = true;
    foreach_device(domain, set_device_state, GINT_TO_POINTER(SIM_CHANNEL_CONNECTED));
    if (domain->channels->len > 0)
        sim_domain_tell(domain, "channels");
}

static void
start_running(SimDomain *domain)
{
    domain->running_since = g_get_monotonic_time();
    if (!domain->is_connected)
        connect_devices(domain);
    set_devices_running(domain, true);
    schedule_request(domain);
}

bool
sim_domain_unpause(SimDomain *domain, GError **error)
{
    if (domain->pauses == 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("unpausing domain %u failed: Invalid argument"), domain->domid);
    domain->pauses--;
    if (sim_domain_is_running(domain))
        start_running(domain);
    return true;
}

void
sim_domain_request(SimDomain *domain, SimShutdownReason reason)
{
    if (domain->is_shutdown)
        return;
    domain->request = (int)reason;
    schedule_request(domain);
}

bool
sim_domain_stop(SimDomain *domain, SimShutdownReason reason, GError **error)
{
    if (domain->domid == 0 || !sim_domain_is_running(domain))
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("domain '%s' is no guest that runs"), domain->config->name);
    shut_down(domain, reason);
    return true;
}

void
sim_domain_resume(SimDomain *domain)
{
    if (!domain->is_shutdown || domain->reason != SIM_SHUTDOWN_SUSPEND)
        return;
    domain->is_shutdown = false;
    domain->is_connected = false;
    if (sim_domain_is_running(domain))
        start_running(domain);
}
