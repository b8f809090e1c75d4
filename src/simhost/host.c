/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/host.h"

#include <glib/gstdio.h>
#include <string.h>

#include "channel/host_sim.h"
#include "simhost/json_tools.h"
#include "util/error.h"
#include "util/i18n.h"

enum {
    MAX_DOMAINS = 4096
};

struct SimHost {
    char *directory;
    SimHostEventFunc func;
    gpointer user_data;
    SimBackend *backend;
    GPtrArray *domains; /* of SimDomain, by domid */
    guint32 next_domid;
};

/* Removes the links in @path, or its pages and FIFOs, and @path if nothing else is
 * in it. */
static void
remove_stale_directory(const char *path, bool is_rings)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        if (is_rings || g_file_test(file, G_FILE_TEST_IS_SYMLINK))
            g_unlink(file);
    }
    g_rmdir(path);
}

static void
remove_stale_domains(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *domain = g_build_filename(path, name, NULL);

        if (g_file_test(domain, G_FILE_TEST_IS_DIR) && !g_file_test(domain, G_FILE_TEST_IS_SYMLINK))
            remove_stale_directory(domain, g_str_equal(name, HOST_SIM_RINGS));
    }
}

SimHost *
sim_host_new(const char *directory, SimHostEventFunc func, gpointer user_data)
{
    SimHost *host = g_new0(SimHost, 1);

    remove_stale_domains(directory);
    host->directory = g_strdup(directory);
    host->func = func;
    host->user_data = user_data;
    host->next_domid = 1;
    host->backend = sim_backend_new();
    host->domains = g_ptr_array_new_with_free_func((GDestroyNotify)sim_domain_free);
    g_ptr_array_add(host->domains,
                    sim_domain_new_control(SIM_HOST_CONTROL_MEMORY_KIB, SIM_HOST_CPUS));
    return host;
}

void
sim_host_free(SimHost *host)
{
    if (!host)
        return;
    g_ptr_array_unref(host->domains);
    sim_backend_free(host->backend);
    g_free(host->directory);
    g_free(host);
}

guint64
sim_host_get_free_memory_kib(const SimHost *host)
{
    guint64 used = 0;

    for (guint i = 0; i < host->domains->len; i++)
        used += sim_domain_get_memory_kib(g_ptr_array_index(host->domains, i));
    return SIM_HOST_MEMORY_KIB - used;
}

bool
sim_host_has_guests(const SimHost *host)
{
    return host->domains->len > 1;
}

SimBackend *
sim_host_get_backend(SimHost *host)
{
    return host->backend;
}

static void
tell_device(gpointer device, gpointer user_data)
{
    sim_device_tell(device);
}

void
sim_host_attach_backend(SimHost *host, SimConnection *connection)
{
    struct json_object *event = json_object_new_object();

    sim_backend_set_connection(host->backend, connection);
    for (guint i = 0; i < host->domains->len; i++)
        sim_device_list_foreach(sim_domain_get_devices(g_ptr_array_index(host->domains, i)),
                                tell_device, NULL);
    sim_json_add_string(event, "event", "channels-complete");
    sim_backend_send(host->backend, event);
}

GPtrArray *
sim_host_get_domains(SimHost *host)
{
    return host->domains;
}

SimDomain *
sim_host_get_domain(SimHost *host, guint32 domid, GError **error)
{
    for (guint i = 0; i < host->domains->len; i++) {
        SimDomain *domain = g_ptr_array_index(host->domains, i);

        if (sim_domain_get_domid(domain) == domid)
            return domain;
    }
    virtxl_error_set(error, VIR_ERR_NO_DOMAIN, _("no domain has the id %u"), domid);
    return NULL;
}

SimDomain *
sim_host_find_domain(SimHost *host, const char *name, GError **error)
{
    for (guint i = 0; i < host->domains->len; i++) {
        SimDomain *domain = g_ptr_array_index(host->domains, i);

        if (g_str_equal(sim_domain_get_name(domain), name))
            return domain;
    }
    virtxl_error_set(error, VIR_ERR_NO_DOMAIN, _("no domain has the name '%s'"), name);
    return NULL;
}

static bool
check_unique(SimHost *host, const SimDomainConfig *config, GError **error)
{
    for (guint i = 0; i < host->domains->len; i++) {
        const SimDomain *domain = g_ptr_array_index(host->domains, i);

        if (g_str_equal(config->name, sim_domain_get_name(domain)))
            return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                    _("Domain with name \"%s\" already exists."), config->name);
        if (g_strcmp0(config->uuid, sim_domain_get_uuid(domain)) == 0)
            return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                    _("a domain with UUID %s already exists"), config->uuid);
    }
    return true;
}

static bool
check_room(SimHost *host, const SimDomainConfig *config, GError **error)
{
    guint64 free_kib = sim_host_get_free_memory_kib(host);

    if (config->memory_kib > free_kib)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("not enough free memory for domain '%s': it needs "
                                  "%llu KiB and %llu KiB are free"),
                                config->name, (unsigned long long)config->memory_kib,
                                (unsigned long long)free_kib);
    if (host->domains->len == MAX_DOMAINS)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("the simulated host has %d domains and takes no more"),
                                MAX_DOMAINS);
    return true;
}

bool
sim_host_make_room(SimHost *host, struct json_object *object, guint64 promised_kib,
                   guint64 *need_kib, GError **error)
{
    g_autoptr(SimDomainConfig) config = sim_domain_config_parse(object, error);
    SimDomainConfig *control = sim_domain_get_config(host->domains->pdata[0]);
    guint64 free_kib = sim_host_get_free_memory_kib(host);
    guint64 wanted, missing;

    if (!config)
        return false;
    *need_kib = config->memory_kib;
    wanted = *need_kib + promised_kib;
    missing = wanted > free_kib ? wanted - free_kib : 0;
    if (control->memory_kib - SIM_HOST_CONTROL_MEMORY_MIN_KIB < missing)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s' needs %llu KiB, and Domain-0 can't give back "
                                  "enough"),
                                config->name, (unsigned long long)*need_kib);
    control->memory_kib -= missing;
    return true;
}

static void
on_domain_event(const char *event, SimDomain *domain, gpointer user_data)
{
    SimHost *host = user_data;

    host->func(event, domain, host->user_data);
}

SimDomain *
sim_host_create_domain(SimHost *host, struct json_object *object, GError **error)
{
    g_autoptr(SimDomainConfig) config = sim_domain_config_parse(object, error);
    SimDomain *domain;

    if (!config || !check_unique(host, config, error) || !check_room(host, config, error))
        return NULL;
    domain = sim_domain_new(host->next_domid, g_steal_pointer(&config), host->directory,
                            host->backend, error);
    if (!domain)
        return NULL;
    host->next_domid++;
    sim_domain_set_event_func(domain, on_domain_event, host);
    g_ptr_array_add(host->domains, domain);
    host->func("created", domain, host->user_data);
    return domain;
}

bool
sim_host_destroy_domain(SimHost *host, guint32 domid, GError **error)
{
    SimDomain *domain = sim_host_get_domain(host, domid, error);
    guint index = 0;

    if (!domain)
        return false;
    if (domid == 0)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("Domain-0 cannot be destroyed: Invalid argument"));
    g_ptr_array_find(host->domains, domain, &index);
    g_ptr_array_steal_index(host->domains, index);
    sim_domain_close_devices(domain);
    host->func("gone", domain, host->user_data);
    sim_domain_free(domain);
    return true;
}
