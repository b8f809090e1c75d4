/* One simulated domain: what a toolstack asked for, and its life.
 *
 * It is built paused. The guest connects its channels when it is unpaused for
 * the first time, does nothing of its own, and obeys a request to shut down or
 * reboot SIM_GUEST_OBEYS_MS after it (or after it next runs). A domain that has
 * shut down keeps its id, memory and devices until it is destroyed.
 *
 * CPU time is the time that the domain spent running, as if one virtual CPU
 * were always busy.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <json.h>
#include <stdbool.h>

#include "simhost/backend.h"
#include "simhost/channel.h"
#include "simhost/device_list.h"
#include "simhost/domain_config.h"
#include "simhost/hardware.h"

#define SIM_GUEST_OBEYS_MS 50

/* As libxl_shutdown_reason numbers them. */
typedef enum {
    SIM_SHUTDOWN_POWEROFF = 0,
    SIM_SHUTDOWN_REBOOT = 1,
    SIM_SHUTDOWN_SUSPEND = 2,
    SIM_SHUTDOWN_CRASH = 3,
} SimShutdownReason;

typedef struct SimDomain SimDomain;

/* @event: "shutdown", or "channels" when one has connected or is no longer. */
typedef void (*SimDomainEventFunc)(const char *event, SimDomain *domain, gpointer user_data);

/* Domain-0, which runs and has no devices. */
SimDomain *sim_domain_new_control(guint64 memory_kib, guint vcpus);

/* Builds a domain from @config, which it takes over; the guest's ends of its
 * channels go into a directory of its own under @directory. @backend, which outlives
 * it, is told of channels that are added later. Errors: VIR_ERR_INTERNAL_ERROR, then
 * nothing of it is left. */
SimDomain *sim_domain_new(guint32 domid, SimDomainConfig *config, const char *directory,
                          SimBackend *backend, GError **error);
/* Removes its devices and their files: nothing of it is left but what it was. */
void sim_domain_close_devices(SimDomain *domain);
void sim_domain_free(SimDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimDomain, sim_domain_free)

/* What it was built with, as far as it was not changed since: for who changes it. */
SimDomainConfig *sim_domain_get_config(SimDomain *domain);

void sim_domain_set_event_func(SimDomain *domain, SimDomainEventFunc func, gpointer user_data);

guint32 sim_domain_get_domid(const SimDomain *domain);
const char *sim_domain_get_name(const SimDomain *domain);
const char *sim_domain_get_uuid(const SimDomain *domain);
/* What it takes from the host. */
guint64 sim_domain_get_memory_kib(const SimDomain *domain);
bool sim_domain_is_running(const SimDomain *domain);
bool sim_domain_is_shutdown(const SimDomain *domain);
SimShutdownReason sim_domain_get_reason(const SimDomain *domain);

/* Adds what XenDomainInfo has. */
void sim_domain_describe(const SimDomain *domain, struct json_object *object);

/* Pauses are counted, as Xen counts them; there is one at first. */
bool sim_domain_pause(SimDomain *domain, GError **error);
bool sim_domain_unpause(SimDomain *domain, GError **error);

/* Asks the guest to stop for @reason (SIM_SHUTDOWN_POWEROFF or _REBOOT). */
void sim_domain_request(SimDomain *domain, SimShutdownReason reason);

/* The guest stops of its own accord, now. Fails if it does not run. */
bool sim_domain_stop(SimDomain *domain, SimShutdownReason reason, GError **error);

/* It goes on after it has suspended itself; else nothing happens. */
void sim_domain_resume(SimDomain *domain);

gint64 sim_domain_get_cpu_time_us(const SimDomain *domain);
/* For one that does not run. */
void sim_domain_set_cpu_time_us(SimDomain *domain, gint64 cpu_time_us);

/* Channels that the domain was built with, by devid; NULL if there is none of that
 * name. */
GPtrArray *sim_domain_get_channels(SimDomain *domain);
SimChannel *sim_domain_find_channel(SimDomain *domain, const char *name);
/* The guest's end of one of them comes or goes. */
void sim_domain_set_channel_state(SimDomain *domain, SimChannel *channel, SimChannelState state);

/* Channels that the backend serves; NULL if the domain can have none. */
SimDeviceList *sim_domain_get_devices(SimDomain *domain);
/* Adds one, as sim_device_list_add() does. */
SimDevice *sim_domain_add_device(SimDomain *domain, guint devid, const char *name,
                                 struct json_object *source, GError **error);

/* Disks and the like; empty for Domain-0. */
SimHardware *sim_domain_get_hardware(SimDomain *domain);

/* The path of the host's pty, or NULL. */
const char *sim_domain_get_console(SimDomain *domain);
const char *sim_domain_get_serial(SimDomain *domain, guint index);

/* What a toolstack keeps with the domain; get returns NULL if there is none.
 * set fails when there are more than a toolstack could need. */
bool sim_domain_set_userdata(SimDomain *domain, const char *key, const char *data, GError **error);
const char *sim_domain_get_userdata(SimDomain *domain, const char *key);
