/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/domain_private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "channel/host_sim.h"
#include "simhost/json_tools.h"
#include "simhost/name.h"
#include "util/error.h"
#include "util/i18n.h"

#define MAX_USERDATA 64

static bool
is_host_file(const char *name)
{
    return g_str_equal(name, HOST_SIM_SOCKET) || g_str_equal(name, "host.lock") ||
           g_str_equal(name, HOST_SIM_RINGS);
}

static bool
is_console_link(const char *name)
{
    if (g_str_equal(name, "console"))
        return true;
    return g_str_has_prefix(name, "serial") && name[6] && !name[6 + strspn(name + 6, "0123456789")];
}

static SimDomain *
domain_new(guint32 domid)
{
    SimDomain *domain = g_new0(SimDomain, 1);

    domain->domid = domid;
    domain->request = SIM_NO_REQUEST;
    domain->channels = g_ptr_array_new_with_free_func((GDestroyNotify)sim_channel_free);
    domain->serials = g_ptr_array_new_with_free_func((GDestroyNotify)sim_channel_free);
    domain->userdata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return domain;
}

SimDomain *
sim_domain_new_control(guint64 memory_kib, guint vcpus)
{
    SimDomain *domain = domain_new(0);

    domain->config = g_new0(SimDomainConfig, 1);
    domain->config->name = g_strdup("Domain-0");
    domain->config->uuid = g_strdup("00000000-0000-0000-0000-000000000000");
    domain->config->type = g_strdup("pv");
    domain->config->memory_kib = domain->config->max_memory_kib = memory_kib;
    domain->config->vcpus = domain->config->max_vcpus = vcpus;
    domain->config->channels = g_ptr_array_new();
    domain->config->serials = g_array_new(FALSE, TRUE, sizeof(bool));
    domain->config->resources = sim_resources_new(NULL);
    domain->config->hardware = sim_hardware_new(NULL);
    domain->running_since = g_get_monotonic_time();
    return domain;
}

/* --- Building --- */

static SimChannel *
make_channel(SimDomain *domain, const SimChannelRequest *request, GError **error)
{
    g_autofree char *file = sim_name_encode(request->name, is_console_link);
    g_autofree char *link = g_build_filename(domain->directory, file, NULL);
    SimChannelConfig config = {request->devid, request->name, request->socket, link};

    return sim_channel_new(&config, error);
}

static SimChannel *
make_console(SimDomain *domain, const char *name, GError **error)
{
    g_autofree char *link = g_build_filename(domain->directory, name, NULL);
    SimChannelConfig config = {0, name, NULL, link};

    return sim_channel_new(&config, error);
}

static bool
make_serials(SimDomain *domain, GError **error)
{
    for (guint i = 0; i < domain->config->serials->len; i++) {
        g_autofree char *name = g_strdup_printf("serial%u", i);
        SimChannel *serial = NULL;

        if (g_array_index(domain->config->serials, bool, i)) {
            serial = make_console(domain, name, error);
            if (!serial)
                return false;
        }
        g_ptr_array_add(domain->serials, serial);
    }
    return true;
}

static bool
make_devices(SimDomain *domain, GError **error)
{
    domain->console = make_console(domain, "console", error);
    if (!domain->console || !make_serials(domain, error))
        return false;
    for (guint i = 0; i < domain->config->channels->len; i++) {
        SimChannel *channel =
            make_channel(domain, g_ptr_array_index(domain->config->channels, i), error);

        if (!channel)
            return false;
        g_ptr_array_add(domain->channels, channel);
    }
    return true;
}

static bool
make_directory(SimDomain *domain, const char *parent, GError **error)
{
    g_autofree char *file = sim_name_encode(domain->config->name, is_host_file);
    g_autofree char *path = g_build_filename(parent, file, NULL);

    if (g_mkdir(path, 0755) < 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot make directory '%s': %s"),
                                path, g_strerror(errno));
    domain->directory = g_steal_pointer(&path);
    return true;
}

static void
on_connected(gpointer device, gpointer user_data)
{
    sim_domain_tell(user_data, "channels");
}

static void
make_device_list(SimDomain *domain, const char *parent, SimBackend *backend)
{
    g_autofree char *rings = g_build_filename(parent, HOST_SIM_RINGS, NULL);
    SimDeviceListConfig config = {
        .domid = domain->domid,
        .name = domain->config->name,
        .links = domain->directory,
        .rings = rings,
        .backend = backend,
        .connected = on_connected,
        .user_data = domain,
    };

    domain->devices = sim_device_list_new(&config);
}

SimDomain *
sim_domain_new(guint32 domid, SimDomainConfig *config, const char *directory, SimBackend *backend,
               GError **error)
{
    SimDomain *domain = domain_new(domid);

    domain->pauses = 1;
    domain->config = config;
    if (!make_directory(domain, directory, error) || !make_devices(domain, error)) {
        sim_domain_free(domain);
        return NULL;
    }
    make_device_list(domain, directory, backend);
    if (!domain->config->uuid)
        domain->config->uuid = g_strdup_printf("00000000-0000-4000-8000-%012x", domid);
    return domain;
}

void
sim_domain_close_devices(SimDomain *domain)
{
    g_clear_handle_id(&domain->request_timer, g_source_remove);
    g_clear_pointer(&domain->devices, sim_device_list_free);
    g_ptr_array_set_size(domain->channels, 0);
    g_ptr_array_set_size(domain->serials, 0);
    g_clear_pointer(&domain->console, sim_channel_free);
    if (domain->directory)
        g_rmdir(domain->directory);
    g_clear_pointer(&domain->directory, g_free);
}

void
sim_domain_free(SimDomain *domain)
{
    if (!domain)
        return;
    sim_domain_close_devices(domain);
    g_ptr_array_unref(domain->channels);
    g_ptr_array_unref(domain->serials);
    g_hash_table_unref(domain->userdata);
    sim_domain_config_free(domain->config);
    g_free(domain);
}

/* --- Looking --- */

guint32
sim_domain_get_domid(const SimDomain *domain)
{
    return domain->domid;
}

const char *
sim_domain_get_name(const SimDomain *domain)
{
    return domain->config->name;
}

const char *
sim_domain_get_uuid(const SimDomain *domain)
{
    return domain->config->uuid;
}

guint64
sim_domain_get_memory_kib(const SimDomain *domain)
{
    return domain->config->memory_kib;
}

bool
sim_domain_is_running(const SimDomain *domain)
{
    return domain->pauses == 0 && !domain->is_shutdown;
}

bool
sim_domain_is_shutdown(const SimDomain *domain)
{
    return domain->is_shutdown;
}

SimShutdownReason
sim_domain_get_reason(const SimDomain *domain)
{
    return domain->reason;
}

gint64
sim_domain_get_cpu_time_us(const SimDomain *domain)
{
    if (!sim_domain_is_running(domain))
        return domain->cpu_time_us;
    return domain->cpu_time_us + g_get_monotonic_time() - domain->running_since;
}

SimDomainConfig *
sim_domain_get_config(SimDomain *domain)
{
    return domain->config;
}

void
sim_domain_set_cpu_time_us(SimDomain *domain, gint64 cpu_time_us)
{
    domain->cpu_time_us = cpu_time_us;
}

void
sim_domain_describe(const SimDomain *domain, struct json_object *object)
{
    sim_json_add_number(object, "domid", domain->domid);
    sim_json_add_string(object, "name", domain->config->name);
    sim_json_add_string(object, "uuid", domain->config->uuid);
    sim_json_add_flag(object, "running", sim_domain_is_running(domain));
    sim_json_add_flag(object, "paused", domain->pauses > 0);
    sim_json_add_flag(object, "shutdown", domain->is_shutdown);
    sim_json_add_number(object, "reason", domain->reason);
    sim_json_add_number(object, "memory_kib", domain->config->memory_kib);
    sim_json_add_number(object, "max_memory_kib", domain->config->max_memory_kib);
    sim_json_add_number(object, "cpu_time_ns", (guint64)sim_domain_get_cpu_time_us(domain) * 1000);
    sim_json_add_number(object, "vcpus", domain->config->vcpus);
    sim_json_add_number(object, "max_vcpus", domain->config->max_vcpus);
}

/* --- Devices --- */

GPtrArray *
sim_domain_get_channels(SimDomain *domain)
{
    return domain->channels;
}

SimChannel *
sim_domain_find_channel(SimDomain *domain, const char *name)
{
    for (guint i = 0; i < domain->channels->len; i++) {
        SimChannel *channel = g_ptr_array_index(domain->channels, i);

        if (g_str_equal(sim_channel_get_name(channel), name))
            return channel;
    }
    return NULL;
}

void
sim_domain_set_channel_state(SimDomain *domain, SimChannel *channel, SimChannelState state)
{
    sim_channel_set_state(channel, state);
    sim_domain_tell(domain, "channels");
}

SimHardware *
sim_domain_get_hardware(SimDomain *domain)
{
    return domain->config->hardware;
}

SimDeviceList *
sim_domain_get_devices(SimDomain *domain)
{
    return domain->devices;
}

SimDevice *
sim_domain_add_device(SimDomain *domain, guint devid, const char *name, struct json_object *source,
                      GError **error)
{
    g_autofree char *file = sim_name_encode(name, is_console_link);

    return sim_device_list_add(domain->devices, devid, name, file, source, error);
}

const char *
sim_domain_get_console(SimDomain *domain)
{
    return domain->console ? sim_channel_get_path(domain->console) : NULL;
}

const char *
sim_domain_get_serial(SimDomain *domain, guint index)
{
    SimChannel *serial = NULL;

    if (index < domain->serials->len)
        serial = g_ptr_array_index(domain->serials, index);
    return serial ? sim_channel_get_path(serial) : NULL;
}

bool
sim_domain_set_userdata(SimDomain *domain, const char *key, const char *data, GError **error)
{
    if (g_hash_table_size(domain->userdata) == MAX_USERDATA &&
        !g_hash_table_contains(domain->userdata, key))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain %u keeps no more than %d userdata"), domain->domid,
                                MAX_USERDATA);
    g_hash_table_insert(domain->userdata, g_strdup(key), g_strdup(data));
    return true;
}

const char *
sim_domain_get_userdata(SimDomain *domain, const char *key)
{
    return g_hash_table_lookup(domain->userdata, key);
}
