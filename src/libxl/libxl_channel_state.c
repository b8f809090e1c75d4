/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_channel_state.h"

#include <string.h>

#include "libxl/libxl_agent.h"
#include "libxl/libxl_agent_probe.h"
#include "libxl/libxl_channel.h"
#include "util/error.h"

#define LOOK_MS 50   /* after something has changed */
#define BUSY_MS 200  /* after somebody else had the job */
#define FAIL_MS 1000 /* after they could not be read */

/* The agent has begun to answer, or ceased to. */
static void
on_agent(LibxlDomain *domain, gpointer user_data)
{
    libxl_channel_state_look_soon(user_data, domain);
}

/* Its channel's state, given whether the guest is connected to that. */
static bool
is_agent_there(LibxlDriver *driver, LibxlDomain *domain, bool is_connected)
{
    libxl_agent_watch(domain->agent, on_agent, driver);
    if (!is_connected)
        libxl_agent_forget(domain->agent);
    else if (!libxl_agent_answers(domain->agent))
        libxl_agent_probe(driver, domain);
    return is_connected && libxl_agent_answers(domain->agent);
}

static void
set_state(LibxlDriver *driver, LibxlDomain *domain, DomainChrDef *channel, bool is_connected)
{
    DomainChrState state =
        is_connected ? DOMAIN_CHR_STATE_CONNECTED : DOMAIN_CHR_STATE_DISCONNECTED;

    if (channel->state == state)
        return;
    g_mutex_lock(&domain->lock);
    channel->state = state;
    g_mutex_unlock(&domain->lock);
    if (libxl_channel_is_agent(channel))
        libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
                          is_connected
                              ? VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
                              : VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED,
                          VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL);
}

/* False if it has to be done again. */
static bool
look(LibxlDriver *driver, LibxlDomain *domain)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) infos =
        driver->host->ops->list_channels(driver->host, (guint32)domain->live->id, &error);

    if (!infos) {
        g_info("domain '%s': its channels can't be read: %s", domain->name, error->message);
        return g_error_matches(error, VIRTXL_ERROR, VIR_ERR_NO_DOMAIN);
    }
    for (guint i = 0; i < domain->live->channels->len; i++) {
        DomainChrDef *channel = domain->live->channels->pdata[i];
        const XenChannelInfo *info = libxl_channel_find_info(infos, channel->target_name);
        bool is_connected = info && info->is_connected;

        if (libxl_channel_is_agent(channel))
            is_connected = is_agent_there(driver, domain, is_connected);
        set_state(driver, domain, channel, is_connected);
    }
    return true;
}

static void
look_later(LibxlDriver *driver, LibxlDomain *domain, const XenHostEvent *event, guint milliseconds)
{
    if (g_atomic_int_compare_and_exchange(&domain->channels_look, 0, 1))
        libxl_driver_follow_up_later(driver, event, milliseconds);
}

void
libxl_channel_state_init(DomainChrDef *channel, bool is_connected)
{
    is_connected = is_connected && !libxl_channel_is_agent(channel);
    channel->state = is_connected ? DOMAIN_CHR_STATE_CONNECTED : DOMAIN_CHR_STATE_DISCONNECTED;
}

void
libxl_channel_state_look_soon(LibxlDriver *driver, LibxlDomain *domain)
{
    XenHostEvent event = {.type = XEN_HOST_CHANNELS_CHANGED};

    memcpy(event.uuid, domain->uuid, sizeof(event.uuid));
    look_later(driver, domain, &event, 0);
}

void
libxl_channel_state_changed(LibxlDriver *driver, const XenHostEvent *event)
{
    g_autoptr(LibxlDomain) domain = libxl_domain_list_peek_uuid(driver->domains, event->uuid);

    if (domain)
        look_later(driver, domain, event, LOOK_MS);
}

void
libxl_channel_state_look(LibxlDriver *driver, const XenHostEvent *event)
{
    g_autoptr(LibxlDomain) domain = libxl_domain_list_peek_uuid(driver->domains, event->uuid);

    if (!domain)
        return;
    if (!libxl_domain_try_job(domain)) {
        libxl_driver_follow_up_later(driver, event, BUSY_MS);
        return;
    }
    /* What changes from here on is for another look. */
    g_atomic_int_set(&domain->channels_look, 0);
    xen_host_set_own(true);
    if (domain->live && !domain->is_foreign && !look(driver, domain))
        look_later(driver, domain, event, FAIL_MS);
    xen_host_set_own(false);
    libxl_domain_end_job(domain);
}

void
libxl_channel_state_end(LibxlDriver *driver, LibxlDomain *domain)
{
    for (guint i = 0; i < domain->live->channels->len; i++)
        set_state(driver, domain, domain->live->channels->pdata[i], false);
}
