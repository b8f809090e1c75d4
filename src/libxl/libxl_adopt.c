/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_adopt.h"

#include <string.h>

#include "libxl/libxl_agent.h"
#include "libxl/libxl_channel.h"
#include "libxl/libxl_channel_state.h"
#include "libxl/libxl_device_hotplug.h"
#include "libxl/libxl_hook.h"
#include "libxl/libxl_lifecycle.h"
#include "libxl/libxl_save.h"
#include "libxl/libxl_store.h"
#include "util/error.h"

/* Another toolstack tells nobody when it lets a new domain run. */
#define LOOK_AGAIN_MS 1000

/* --- domains of another toolstack ------------------------------------------ */

DomainDef *
libxl_adopt_describe(const LibxlDriver *driver, const XenDomainInfo *info)
{
    DomainDef *def = domain_def_new();

    def->name = info->name[0] ? g_strdup(info->name) : g_strdup_printf("domain-%u", info->domid);
    memcpy(def->uuid, info->uuid, sizeof(def->uuid));
    /* Xen sets no limit for Domain-0 but what there is. */
    def->memory_max = MIN(info->max_memory_kib, driver->info.memory_kib);
    def->memory = info->current_memory_kib;
    def->vcpus_max = MAX(info->max_vcpus, 1);
    def->vcpus = CLAMP(info->online_vcpus, 1, def->vcpus_max);
    def->on_poweroff = DOMAIN_LIFECYCLE_DESTROY;
    def->on_reboot = DOMAIN_LIFECYCLE_RESTART;
    def->on_crash = DOMAIN_LIFECYCLE_DESTROY;
    def->os.arch = g_strdup("x86_64");
    switch (info->type) {
    case LIBXL_DOMAIN_TYPE_HVM:
        def->os.type = DOMAIN_OS_TYPE_HVM;
        def->os.machine = g_strdup("xenfv");
        break;
    case LIBXL_DOMAIN_TYPE_PVH:
        def->os.type = DOMAIN_OS_TYPE_XENPVH;
        def->os.machine = g_strdup("xenpvh");
        break;
    default:
        def->os.type = DOMAIN_OS_TYPE_LINUX;
        def->os.machine = g_strdup("xenpv");
        break;
    }
    return def;
}

static void
set_foreign_state(LibxlDomain *domain, const XenDomainInfo *info)
{
    if (info->is_paused)
        libxl_domain_set_state(domain, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN);
    else
        libxl_domain_set_state(domain, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN);
}

/* A domain is met while it is still being built, so paused. */
static void
look_again_if_paused(LibxlDriver *driver, const XenDomainInfo *info)
{
    XenHostEvent event = {.type = XEN_HOST_DOMAIN_CREATED, .domid = info->domid};

    memcpy(event.uuid, info->uuid, sizeof(event.uuid));
    if (info->is_paused)
        libxl_driver_follow_up_later(driver, &event, LOOK_AGAIN_MS);
}

static void
adopt_foreign(LibxlDriver *driver, LibxlDomain *domain, const XenDomainInfo *info)
{
    DomainDef *live = libxl_adopt_describe(driver, info);

    live->id = (int)info->domid;
    set_foreign_state(domain, info);
    libxl_domain_set_foreign(domain, true);
    libxl_domain_set_live(domain, live);
    g_message("domain '%s' runs already, id %u (another toolstack's)", domain->name, info->domid);
    look_again_if_paused(driver, info);
}

static void
look_again(LibxlDriver *driver, LibxlDomain *domain, const XenDomainInfo *info)
{
    if (domain->state == VIR_DOMAIN_PAUSED && !info->is_paused) {
        set_foreign_state(domain, info);
        libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_RESUMED,
                          VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    }
    look_again_if_paused(driver, info);
}

/* --- domains of ours ------------------------------------------------------- */

static void
tell_reconnect(gpointer data, gpointer user_data)
{
    g_autoptr(LibxlDomain) domain = data;
    LibxlDriver *driver = user_data;

    if (g_atomic_int_get(&driver->is_closing) || !libxl_domain_begin_job(domain, NULL))
        return;
    /* It may have stopped meanwhile. */
    if (domain->live && !domain->is_foreign)
        libxl_hook_tell(driver, domain->live, LIBXL_HOOK_RECONNECT);
    libxl_domain_end_job(domain);
}

GThreadPool *
libxl_adopt_reconnects_new(LibxlDriver *driver)
{
    return g_thread_pool_new(tell_reconnect, driver, 1, FALSE, NULL);
}

static bool
was_to_be_built(const DomainStatus *status)
{
    return status && status->def->id < 0;
}

static bool
was_restarting(const DomainStatus *status)
{
    return was_to_be_built(status) && status->state == VIR_DOMAIN_SHUTDOWN;
}

/* A start that another driver did not finish, or a restart. */
static bool
was_starting(const DomainStatus *status)
{
    return was_to_be_built(status) || (status && status->state == VIR_DOMAIN_PAUSED &&
                                       status->reason == VIR_DOMAIN_PAUSED_STARTING_UP);
}

/* What the status file says of this very domain, or NULL. */
static DomainStatus *
load_status(LibxlDriver *driver, const LibxlDomain *domain, const XenDomainInfo *info)
{
    g_autoptr(DomainStatus) status = libxl_store_load_live(driver, domain->name);

    if (!status || memcmp(status->def->uuid, info->uuid, sizeof(info->uuid)) != 0 ||
        (status->def->id >= 0 && status->def->id != (int)info->domid))
        return NULL;
    return g_steal_pointer(&status);
}

static void
adopt_state(LibxlDomain *domain, const XenDomainInfo *info, const DomainStatus *status)
{
    if (info->is_paused)
        libxl_domain_set_state(domain, VIR_DOMAIN_PAUSED,
                               status && status->state == VIR_DOMAIN_PAUSED
                                   ? status->reason
                                   : VIR_DOMAIN_PAUSED_UNKNOWN);
    else if (status && status->state != VIR_DOMAIN_PAUSED)
        libxl_domain_set_state(domain, status->state, status->reason);
    else
        libxl_domain_set_state(domain, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN);
}

static void
finish_start(LibxlDriver *driver, LibxlDomain *domain, const DomainStatus *status)
{
    bool paused = status->state == VIR_DOMAIN_PAUSED && status->reason == VIR_DOMAIN_PAUSED_USER;
    g_autoptr(GError) error = NULL;

    g_message("the start of domain '%s' was not finished", domain->name);
    if (!libxl_lifecycle_finish_start(driver, domain, paused, VIR_DOMAIN_RUNNING_BOOTED, &error))
        g_warning("domain '%s' is not started: %s", domain->name, error->message);
}

static void
catch_up(LibxlDriver *driver, LibxlDomain *domain, const XenDomainInfo *info,
         const DomainStatus *status)
{
    XenHostEvent event = {
        .type = XEN_HOST_DOMAIN_SHUTDOWN, .domid = info->domid, .reason = info->shutdown_reason};
    g_autoptr(GError) error = NULL;

    if (info->is_paused && was_starting(status)) {
        finish_start(driver, domain, status);
        if (domain->live)
            libxl_save_adopt(driver, domain, info);
        return;
    }
    if (libxl_save_adopt(driver, domain, info))
        return;
    if (!libxl_store_save_live(driver, domain, false, &error))
        g_warning("%s", error->message);
    /* Not at once: a restart takes long, and clients wait for us to open. */
    memcpy(event.uuid, domain->uuid, sizeof(event.uuid));
    if (info->is_shutdown)
        libxl_driver_follow_up_later(driver, &event, 0);
}

/* Takes @live over. */
static void
adopt_ours(LibxlDriver *driver, LibxlDomain *domain, const XenDomainInfo *info, DomainDef *live,
           const DomainStatus *status)
{
    g_autoptr(GError) error = NULL;

    live->id = (int)info->domid;
    if (!libxl_channels_adopt(live, driver->host, &error))
        g_warning("domain '%s': its channels can't be read: %s", domain->name, error->message);
    g_clear_error(&error);
    if (!libxl_devices_adopt(live, driver->host, &error))
        g_warning("domain '%s': its devices can't be read: %s", domain->name, error->message);
    adopt_state(domain, info, status);
    if (status)
        libxl_agent_set_timeout(domain->agent, status->agent_timeout);
    libxl_domain_set_foreign(domain, false);
    libxl_domain_set_live(domain, live);
    g_message("domain '%s' runs already, id %u", domain->name, info->domid);
    libxl_channel_state_look_soon(driver, domain);
    if (!was_starting(status))
        g_thread_pool_push(driver->reconnects, libxl_domain_ref(domain), NULL);
    catch_up(driver, domain, info, status);
}

static void
remove_half_built(LibxlDriver *driver, LibxlDomain *domain, const XenDomainInfo *info)
{
    g_autoptr(GError) error = NULL;

    g_message("domain '%s', id %u, was not built to its end", domain->name, info->domid);
    if (!driver->host->ops->destroy(driver->host, info->domid, &error))
        g_warning("domain id %u can't be removed: %s", info->domid, error->message);
}

/* --- adoption -------------------------------------------------------------- */

static void
adopt_with_job(LibxlDriver *driver, LibxlDomain *domain, const XenDomainInfo *info)
{
    g_autoptr(DomainDef) live = libxl_store_load_userdata(driver, info->domid);
    g_autoptr(DomainStatus) status = load_status(driver, domain, info);

    if (!live && info->is_paused && was_starting(status)) {
        remove_half_built(driver, domain, info);
        return;
    }
    if (!live) {
        adopt_foreign(driver, domain, info);
        return;
    }
    /* The status file is newer, but one without an id knows less. */
    if (status && !was_to_be_built(status)) {
        domain_def_free(live);
        live = domain_def_copy(status->def);
    }
    adopt_ours(driver, domain, info, g_steal_pointer(&live), status);
}

static LibxlDomain *
obtain(LibxlDriver *driver, const XenDomainInfo *info, GError **error)
{
    LibxlDomain *domain = libxl_domain_list_peek_uuid(driver->domains, info->uuid);
    g_autoptr(DomainDef) def = NULL;

    if (domain)
        return domain;
    def = libxl_adopt_describe(driver, info);
    return libxl_domain_list_obtain(driver->domains, def->name, def->uuid, error);
}

void
libxl_adopt_domain(LibxlDriver *driver, guint32 domid)
{
    g_autoptr(XenDomainInfo) first = driver->host->ops->get_domain(driver->host, domid, NULL);
    g_autoptr(XenDomainInfo) info = NULL;
    g_autoptr(LibxlDomain) domain = NULL;
    g_autoptr(GError) error = NULL;

    if (!first || first->is_dying)
        return;
    domain = obtain(driver, first, &error);
    if (!domain || !libxl_domain_begin_job(domain, &error)) {
        g_warning("domain id %u is left alone: %s", domid, error->message);
        return;
    }
    /* It may have gone while we waited for the job; what comes later is told
     * to whoever has the job next. */
    info = driver->host->ops->get_domain(driver->host, domid, NULL);
    if (info && !domain->live)
        adopt_with_job(driver, domain, info);
    else if (info && domain->is_foreign && domain->live->id == (int)domid)
        look_again(driver, domain, info);
    libxl_domain_list_prune(driver->domains, domain);
    libxl_domain_end_job(domain);
}

/* --- what ended meanwhile -------------------------------------------------- */

static void
start_again(LibxlDriver *driver, DomainDef *def)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LibxlDomain) domain =
        libxl_domain_list_obtain(driver->domains, def->name, def->uuid, &error);

    if (!domain || !libxl_domain_begin_job(domain, &error)) {
        g_warning("domain '%s' did not start again: %s", def->name, error->message);
        return;
    }
    libxl_channels_drop_automatic_paths(def, driver->config);
    if (!libxl_lifecycle_start(driver, domain, def, 0, VIR_DOMAIN_RUNNING_BOOTED, &error))
        g_warning("domain '%s' did not start again: %s", def->name, error->message);
    libxl_domain_list_prune(driver->domains, domain);
    libxl_domain_end_job(domain);
}

static void
settle_dead(LibxlDriver *driver, const char *name)
{
    g_autoptr(LibxlDomain) domain = libxl_domain_list_find_name(driver->domains, name);
    g_autoptr(DomainStatus) status = NULL;

    if (domain && libxl_domain_is_active(domain))
        return;
    g_message("domain '%s' ended while no driver was running", name);
    status = libxl_store_load_live(driver, name);
    if (status) {
        libxl_hook_tell(driver, status->def, LIBXL_HOOK_STOPPED);
        libxl_channels_remove(status->def, driver->config);
    }
    libxl_store_remove_status(driver, name);
    if (status)
        libxl_hook_tell(driver, status->def, LIBXL_HOOK_RELEASE);
    if (was_restarting(status))
        start_again(driver, status->def);
}

void
libxl_adopt_dead(LibxlDriver *driver)
{
    g_autoptr(GDir) directory = g_dir_open(driver->config->state_dir, 0, NULL);
    const char *file;

    while (directory && (file = g_dir_read_name(directory))) {
        g_autofree char *name = NULL;

        if (!g_str_has_suffix(file, ".xml"))
            continue;
        name = g_strndup(file, strlen(file) - strlen(".xml"));
        settle_dead(driver, name);
    }
}
