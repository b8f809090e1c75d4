/* The driver as a whole: its configuration, opening and closing, and the events
 * it takes from the host and gives to clients. The entry points of the API are
 * in libxl_driver_query.c (getters), libxl_driver_domain.c (operations) and
 * libxl_driver_device.c (operations on devices).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libxl/libxl_adopt.h"
#include "libxl/libxl_agent_probe.h"
#include "libxl/libxl_capabilities.h"
#include "libxl/libxl_channel.h"
#include "libxl/libxl_channel_state.h"
#include "libxl/libxl_driver_agent.h"
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_host_cpu.h"
#include "libxl/libxl_image.h"
#include "libxl/libxl_lifecycle.h"
#include "libxl/libxl_save.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"
#include "util/log_subject.h"

/* Threads that follow up on what the host reports. A restart takes one for as
 * long as the build of a domain. */
#define FOLLOW_UP_THREADS 16

/* --- configuration -------------------------------------------------------- */

/* Debian's and upstream's places of what the HVM domains of libvirt's Xen
 * driver name by default; the first that is there. */
static char *
first_existing(const char *const *paths)
{
    for (gsize i = 0; paths[i]; i++) {
        if (g_file_test(paths[i], G_FILE_TEST_EXISTS))
            return g_strdup(paths[i]);
    }
    return g_strdup(paths[0]);
}

static const char *const emulators[] = {
    "/usr/bin/qemu-system-i386",
    "/usr/libexec/xen-qemu-system-i386",
    "/usr/lib/xen/bin/qemu-system-i386",
    NULL,
};
static const char *const loaders[] = {
    "/usr/lib/xen-4.17/boot/hvmloader",
    "/usr/lib/xen/boot/hvmloader",
    "/usr/libexec/xen/boot/hvmloader",
    NULL,
};

LibxlDriverConfig *
libxl_driver_config_new(const char *root)
{
    LibxlDriverConfig *config = g_new0(LibxlDriverConfig, 1);

    if (strcmp(root, "/") == 0)
        root = "";
    config->config_dir = g_strconcat(root, "/etc/libvirt/libxl", NULL);
    config->autostart_dir = g_strconcat(root, "/etc/libvirt/libxl/autostart", NULL);
    config->save_dir = g_strconcat(root, "/var/lib/libvirt/libxl/save", NULL);
    config->dump_dir = g_strconcat(root, "/var/lib/libvirt/libxl/dump", NULL);
    config->state_dir = g_strconcat(root, "/run/libvirt/libxl", NULL);
    config->channel_dir = g_strconcat(root, "/run/libvirt/libxl/channel", NULL);
    config->log_dir = g_strconcat(root, "/var/log/libvirt/libxl", NULL);
    config->hook_dir = g_strconcat(root, "/etc/libvirt/hooks", NULL);
    config->sysfs_dir = g_strconcat(root, "/sys", NULL);
    config->dmi_dir = g_strconcat(root, "/sys/class/dmi/id", NULL);
    config->emulator = first_existing(emulators);
    config->hvm_loader = first_existing(loaders);
    config->channel_mode = 0660;
    config->channel_group = (gid_t)-1;
    config->channel_backend = LIBXL_CHANNEL_BACKEND_VIRTXL;
    config->channel_hold_in = CHANNEL_SOURCE_HOLD_IN;
    config->channel_hold_out = CHANNEL_SOURCE_HOLD_OUT;
    config->channel_overflow = LIBXL_CHANNEL_DISCARD;
    config->agent_probes = LIBXL_AGENT_PROBES;
    config->autoballoon = LIBXL_AUTOBALLOON_AUTO;
    return config;
}

void
libxl_driver_config_free(LibxlDriverConfig *config)
{
    if (!config)
        return;
    g_free(config->config_dir);
    g_free(config->autostart_dir);
    g_free(config->save_dir);
    g_free(config->dump_dir);
    g_free(config->state_dir);
    g_free(config->channel_dir);
    g_free(config->log_dir);
    g_free(config->hook_dir);
    g_free(config->sysfs_dir);
    g_free(config->dmi_dir);
    g_free(config->emulator);
    g_free(config->hvm_loader);
    g_free(config);
}

/* --- what all files of the driver use --------------------------------------- */

DomainParseDefaults
libxl_driver_parse_defaults(LibxlDriver *driver)
{
    return (DomainParseDefaults){.arch = driver->info.model};
}

LibxlDomain *
libxl_driver_find(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    LibxlDomain *domain = libxl_domain_list_find_uuid(driver->domains, uuid);

    return domain ? domain : libxl_domain_not_found(uuid, error);
}

bool
libxl_driver_check_flags(guint flags, guint known, const char *call, GError **error)
{
    if (flags & ~known)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unsupported flags (0x%x) in %s"),
                                flags & ~known, call);
    return true;
}

/* --- events to clients ----------------------------------------------------- */

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

/* --- events from the host ---------------------------------------------------- */

static void
follow_up(gpointer data, gpointer user_data)
{
    g_autofree XenHostEvent *event = data;
    LibxlDriver *driver = user_data;

    /* What is left undone is done from the host's list at the next start. */
    if (g_atomic_int_get(&driver->is_closing))
        return;
    if (event->type == XEN_HOST_DOMAIN_CREATED)
        libxl_adopt_domain(driver, event->domid);
    else if (event->type == XEN_HOST_CHANNELS_CHANGED)
        libxl_channel_state_look(driver, event);
    else
        libxl_lifecycle_follow_up(driver, event);
}

static void
push_follow_up(LibxlDriver *driver, const XenHostEvent *event)
{
    if (!g_atomic_int_get(&driver->is_closing))
        g_thread_pool_push(driver->follow_up, g_memdup2(event, sizeof(*event)), NULL);
}

typedef struct {
    LibxlDriver *driver;
    GSource *source;
    LibxlLaterFunc func;
    gpointer data;
    GDestroyNotify free;
} Later;

static void
later_free(gpointer data)
{
    Later *later = data;

    if (later->free)
        later->free(later->data);
    g_free(later);
}

static gboolean
do_later(gpointer user_data)
{
    Later *later = user_data;
    LibxlDriver *driver = later->driver;

    later->func(driver, later->data);
    g_mutex_lock(&driver->timers_lock);
    g_ptr_array_remove_fast(driver->timers, later->source);
    g_mutex_unlock(&driver->timers_lock);
    return G_SOURCE_REMOVE;
}

void
libxl_driver_later(LibxlDriver *driver, guint milliseconds, LibxlLaterFunc func, gpointer data,
                   GDestroyNotify free)
{
    Later *later = g_new(Later, 1);
    g_autoptr(GSource) source = g_timeout_source_new(milliseconds);

    *later = (Later){driver, source, func, data, free};
    g_source_set_callback(source, do_later, later, later_free);
    g_mutex_lock(&driver->timers_lock);
    g_ptr_array_add(driver->timers, g_source_ref(source));
    g_mutex_unlock(&driver->timers_lock);
    /* From here on it may fire, and then @later is gone. */
    g_source_attach(source, NULL);
}

static void
push_later_event(LibxlDriver *driver, gpointer data)
{
    push_follow_up(driver, data);
}

void
libxl_driver_follow_up_later(LibxlDriver *driver, const XenHostEvent *event, guint milliseconds)
{
    libxl_driver_later(driver, milliseconds, push_later_event, g_memdup2(event, sizeof(*event)),
                       g_free);
}

static void
destroy_timer(gpointer data)
{
    GSource *source = data;

    g_source_destroy(source);
    g_source_unref(source);
}

static void
host_is_lost(LibxlDriver *driver)
{
    g_autoptr(GPtrArray) all = libxl_domain_list_get_all(driver->domains);

    g_critical("the host is gone, and all its domains with it");
    for (guint i = 0; i < all->len; i++) {
        LibxlDomain *domain = all->pdata[i];
        XenHostEvent event = {.type = XEN_HOST_DOMAIN_GONE};
        int id = libxl_domain_get_id(domain);

        if (id <= 0)
            continue;
        event.domid = (guint32)id;
        memcpy(event.uuid, domain->uuid, sizeof(event.uuid));
        push_follow_up(driver, &event);
    }
}

static void
on_host_event(const XenHostEvent *event, gpointer user_data)
{
    if (event->type == XEN_HOST_LOST)
        host_is_lost(user_data);
    else if (event->type == XEN_HOST_CHANNELS_CHANGED)
        libxl_channel_state_changed(user_data, event);
    else
        push_follow_up(user_data, event);
}

/* --- open -------------------------------------------------------------------- */

/* Closed, but in a directory that others may pass through: applications look for
 * sockets in /var/lib/libvirt. */
static bool
make_private_directory(const char *path, GError **error)
{
    g_autofree char *ours = g_path_get_dirname(path);
    g_autofree char *shared = g_path_get_dirname(ours);

    return file_make_directory(shared, 0755, error) && file_make_directory(path, 0700, error);
}

static bool
make_directories(const LibxlDriverConfig *config, GError **error)
{
    return make_private_directory(config->autostart_dir, error) &&
           make_private_directory(config->save_dir, error) &&
           make_private_directory(config->log_dir, error) &&
           file_make_directory(config->config_dir, 0700, error) &&
           file_make_directory(config->state_dir, 0755, error) &&
           file_make_directory(config->channel_dir, 0755, error);
}

/* The lock of libvirt's own Xen driver: the first byte of its pid file, so that
 * the two exclude each other. */
static bool
take_lock(LibxlDriver *driver, GError **error)
{
    g_autofree char *path = g_build_filename(driver->config->state_dir, "driver.pid", NULL);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    struct flock holder = lock;
    char pid[32];
    int length = g_snprintf(pid, sizeof(pid), "%d\n", getpid());

    driver->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (driver->lock_fd < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot open '%s': %s"), path,
                                g_strerror(errno));
    if (fcntl(driver->lock_fd, F_SETLK, &lock) < 0) {
        if (fcntl(driver->lock_fd, F_GETLK, &holder) < 0 || holder.l_type == F_UNLCK)
            holder.l_pid = 0;
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("another Xen driver (process %d) manages this host: it holds "
                                  "'%s'"),
                                (int)holder.l_pid, path);
    }
    if (ftruncate(driver->lock_fd, 0) < 0 || pwrite(driver->lock_fd, pid, (gsize)length, 0) < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot write '%s': %s"), path,
                                g_strerror(errno));
    return true;
}

/* Domain-0 is this machine: there from the start, and never ours to end. */
static void
add_domain_zero(LibxlDriver *driver, const XenDomainInfo *info)
{
    g_autoptr(LibxlDomain) domain =
        libxl_domain_list_obtain(driver->domains, "Domain-0", info->uuid, NULL);

    if (!domain)
        return;
    libxl_domain_set_live(domain, libxl_adopt_describe(driver, info));
    libxl_domain_set_persistent(domain, libxl_adopt_describe(driver, info));
    g_free(domain->persistent->name);
    domain->persistent->name = g_strdup("Domain-0");
    g_free(domain->live->name);
    domain->live->name = g_strdup("Domain-0");
    domain->live->id = 0;
    domain->is_foreign = true;
    libxl_domain_set_state(domain, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
}

static bool
adopt_domains(LibxlDriver *driver, GError **error)
{
    g_autoptr(GPtrArray) infos = driver->host->ops->list_domains(driver->host, error);

    if (!infos)
        return false;
    for (guint i = 0; i < infos->len; i++) {
        const XenDomainInfo *info = infos->pdata[i];

        if (info->domid == 0)
            add_domain_zero(driver, info);
        else
            libxl_adopt_domain(driver, info->domid);
    }
    libxl_adopt_dead(driver);
    return true;
}

static void
autostart_domain(gpointer data, gpointer user_data)
{
    g_autoptr(LibxlDomain) domain = data;
    LibxlDriver *driver = user_data;
    g_autoptr(GError) error = NULL;

    if (g_atomic_int_get(&driver->is_closing) || !libxl_domain_begin_job(domain, NULL))
        return;
    if (!domain->live && domain->persistent && !libxl_save_start(driver, domain, 0, &error))
        g_warning("domain '%s' is not started: %s", domain->name, error->message);
    libxl_domain_end_job(domain);
}

static void
autostart_domains(LibxlDriver *driver)
{
    g_autoptr(GPtrArray) all = libxl_domain_list_get_all(driver->domains);

    if (!libxl_store_claim_autostart(driver))
        return;
    driver->autostart = g_thread_pool_new(autostart_domain, driver, 1, FALSE, NULL);
    for (guint i = 0; i < all->len; i++) {
        LibxlDomain *domain = all->pdata[i];

        if (domain->autostart && !libxl_domain_is_active(domain))
            g_thread_pool_push(driver->autostart, libxl_domain_ref(domain), NULL);
    }
}

static bool
open_driver(LibxlDriver *driver, GError **error)
{
    if (!make_directories(driver->config, error) || !take_lock(driver, error) ||
        !driver->host->ops->get_info(driver->host, &driver->info, error))
        return false;
    log_subject_set_directory(driver->config->log_dir);
    driver->guest_kinds = libxl_capabilities_guest_kinds(&driver->info);
    driver->cpu = libxl_host_cpu_new(&driver->info);
    driver->capabilities = libxl_capabilities_format(
        &driver->info, driver->cpu, driver->config->emulator, driver->config->hvm_loader, error);
    if (!driver->capabilities ||
        !driver->host->ops->watch(driver->host, on_host_event, driver, error))
        return false;
    libxl_store_load_definitions(driver);
    libxl_image_remove_unfinished(driver->config->save_dir);
    if (!adopt_domains(driver, error))
        return false;
    autostart_domains(driver);
    return true;
}

LibxlDriver *
libxl_driver_open(LibxlDriverConfig *config, XenHost *host, LibxlDriverEventFunc func,
                  gpointer user_data, GError **error)
{
    g_autoptr(LibxlDriver) driver = g_new0(LibxlDriver, 1);

    driver->config = config;
    driver->host = host;
    driver->lock_fd = -1;
    driver->schema = domain_schema_new(DOMAIN_SCHEMA_PATH);
    driver->cpu_schema = domain_schema_new(DOMAIN_SCHEMA_CPU_PATH);
    driver->domains = libxl_domain_list_new();
    driver->event_func = func;
    driver->event_data = user_data;
    driver->events = g_async_queue_new_full(free_event);
    driver->timers = g_ptr_array_new_with_free_func(destroy_timer);
    g_mutex_init(&driver->timers_lock);
    driver->probes = libxl_agent_probe_pool_new(driver);
    driver->follow_up = g_thread_pool_new(follow_up, driver, FOLLOW_UP_THREADS, FALSE, NULL);
    g_mutex_init(&driver->sample_lock);
    return open_driver(driver, error) ? g_steal_pointer(&driver) : NULL;
}

void
libxl_driver_close(LibxlDriver *driver)
{
    if (!driver)
        return;
    g_atomic_int_set(&driver->is_closing, 1);
    if (driver->autostart)
        g_thread_pool_free(driver->autostart, FALSE, TRUE);
    libxl_driver_close_agents(driver);
    libxl_agent_probe_pool_free(driver->probes);
    g_thread_pool_free(driver->follow_up, FALSE, TRUE);
    g_ptr_array_unref(driver->timers);
    xen_host_close(driver->host);
    while (g_idle_remove_by_data(driver))
        continue;
    g_async_queue_unref(driver->events);
    libxl_domain_list_free(driver->domains);
    log_subject_set_directory(NULL);
    if (driver->lock_fd >= 0)
        close(driver->lock_fd);
    xen_host_info_clear(&driver->info);
    libxl_driver_config_free(driver->config);
    g_mutex_clear(&driver->sample_lock);
    g_mutex_clear(&driver->timers_lock);
    g_free(driver->capabilities);
    g_free(driver->guest_kinds);
    domain_schema_free(driver->schema);
    domain_schema_free(driver->cpu_schema);
    cpu_host_free(driver->cpu);
    g_free(driver);
}

void
libxl_driver_reload(LibxlDriver *driver)
{
    libxl_store_load_definitions(driver);
}
