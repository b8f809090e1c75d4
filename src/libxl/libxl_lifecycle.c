/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_lifecycle.h"

#include <string.h>

#include "libxl/libxl_balloon.h"
#include "libxl/libxl_channel.h"
#include "libxl/libxl_channel_devid.h"
#include "libxl/libxl_channel_state.h"
#include "libxl/libxl_conf.h"
#include "libxl/libxl_device.h"
#include "libxl/libxl_hook.h"
#include "libxl/libxl_store.h"
#include "libxl/libxl_vcpu.h"
#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"

/* A restart sooner than this after the last start is a quick one. */
#define QUICK_RESTART_US    (10 * G_USEC_PER_SEC)
/* So many quick ones are let through; after that each waits, so that a guest
 * that can't boot does not keep the host busy. */
#define QUICK_RESTARTS_FREE 5

/* --- start ---------------------------------------------------------------- */

/* Libvirt's names of the character devices of a running domain, and the ptys
 * that the host gave them. A console of an HVM guest is its first serial port. */
static void
settle_consoles(LibxlDriver *driver, DomainDef *live, GPtrArray *devices, XenConsoleKind kind,
                const char *prefix)
{
    for (guint i = 0; i < devices->len; i++) {
        DomainChrDef *device = devices->pdata[i];
        XenConsoleKind from = kind;
        g_autofree char *path = NULL;

        if (!device->info.alias)
            device->info.alias = g_strdup_printf("%s%u", prefix, i);
        if (device->source->type != DOMAIN_CHR_SOURCE_PTY)
            continue;
        if (device->device == DOMAIN_CHR_DEVICE_CONSOLE &&
            device->console_target == DOMAIN_CHR_CONSOLE_SERIAL)
            from = XEN_CONSOLE_SERIAL;
        path = driver->host->ops->get_console_path(driver->host, (guint32)live->id, from, i, NULL);
        if (path) {
            g_free(device->source->path);
            device->source->path = g_steal_pointer(&path);
        }
    }
}

/* What a domain needs once it is built, before its guest looks. */
static bool
settle(LibxlDriver *driver, DomainDef *live, GError **error)
{
    settle_consoles(driver, live, live->serials, XEN_CONSOLE_SERIAL, "serial");
    settle_consoles(driver, live, live->consoles, XEN_CONSOLE_PV, "console");
    return libxl_driver_pin_all(driver, live, error) &&
           libxl_channels_add(live, driver->config, driver->host, error) &&
           libxl_channels_settle(live, driver->config, driver->host, error);
}

/* Builds it from @image; NULL: to boot. */
static bool
create(LibxlDriver *driver, DomainDef *live, const LibxlImage *image, GError **error)
{
    const XenHostOps *ops = driver->host->ops;
    libxl_domain_config config;
    guint32 domid = 0;
    bool ok;

    libxl_domain_config_init(&config);
    ok = libxl_build_domain_config(live, &config, error);
    if (ok && driver->config->nested_hvm)
        libxl_conf_allow_nesting(live, &config);
    ok = ok && libxl_balloon_make_room(driver, &config, error) &&
         (image ? ops->restore(driver->host, &config, image->fd, image->version, &domid, error)
                : ops->create(driver->host, &config, &domid, error));
    libxl_domain_config_dispose(&config);
    if (ok)
        live->id = (int)domid;
    return ok;
}

static bool
let_run(LibxlDriver *driver, LibxlDomain *domain, virDomainRunningReason reason, GError **error)
{
    if (!driver->host->ops->unpause(driver->host, (guint32)domain->live->id, error))
        return false;
    libxl_domain_set_state(domain, VIR_DOMAIN_RUNNING, (int)reason);
    return libxl_store_save_live(driver, domain, false, error);
}

static void
begin_life(LibxlDomain *domain, DomainDef *live)
{
    libxl_domain_set_state(domain, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP);
    libxl_domain_set_live(domain, live);
    g_mutex_lock(&domain->lock);
    domain->is_updated = false;
    domain->is_foreign = false;
    domain->started_us = g_get_monotonic_time();
    memset(&domain->sample, 0, sizeof(domain->sample));
    g_ptr_array_set_size(domain->messages, 0);
    g_mutex_unlock(&domain->lock);
}

static void
emit_started(LibxlDriver *driver, LibxlDomain *domain, bool paused, virDomainRunningReason reason)
{
    bool restored = reason == VIR_DOMAIN_RUNNING_RESTORED;

    libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_STARTED,
                      restored ? VIR_DOMAIN_EVENT_STARTED_RESTORED
                               : VIR_DOMAIN_EVENT_STARTED_BOOTED);
    if (paused)
        libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_SUSPENDED,
                          restored ? VIR_DOMAIN_EVENT_SUSPENDED_RESTORED
                                   : VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
}

static bool
launch(LibxlDriver *driver, LibxlDomain *domain, bool paused, virDomainRunningReason reason,
       GError **error)
{
    if (paused)
        libxl_domain_set_state(domain, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    return libxl_store_save_live(driver, domain, true, error) &&
           (paused || let_run(driver, domain, reason, error));
}

bool
libxl_lifecycle_finish_start(LibxlDriver *driver, LibxlDomain *domain, bool paused,
                             virDomainRunningReason reason, GError **error)
{
    if (launch(driver, domain, paused, reason, error)) {
        emit_started(driver, domain, paused, reason);
        if (libxl_hook_call(driver, domain->live, LIBXL_HOOK_STARTED, error))
            return true;
    }
    libxl_lifecycle_destroy(driver, domain, VIR_DOMAIN_SHUTOFF_FAILED,
                            VIR_DOMAIN_EVENT_STOPPED_FAILED, NULL);
    return false;
}

/* Tells a driver after us what is under way, should this one die of it. */
static bool
announce(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *def, bool paused,
         GError **error)
{
    /* While it restarts it still has its old live definition. */
    if (domain->live)
        return libxl_store_save_status(driver, domain, def, VIR_DOMAIN_SHUTDOWN,
                                       VIR_DOMAIN_SHUTDOWN_USER, error);
    return libxl_store_save_status(driver, domain, def, VIR_DOMAIN_PAUSED,
                                   paused ? VIR_DOMAIN_PAUSED_USER : VIR_DOMAIN_PAUSED_STARTING_UP,
                                   error);
}

/* Of a domain that is not on the host. */
static void
remove_traces(LibxlDriver *driver, const DomainDef *def)
{
    libxl_channels_remove(def, driver->config);
    libxl_store_remove_status(driver, def->name);
    libxl_hook_tell(driver, def, LIBXL_HOOK_RELEASE);
}

static bool
try_start(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *def, const LibxlImage *image,
          bool paused, virDomainRunningReason reason, GError **error)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(DomainDef) live = domain_def_copy(def);
    bool settled;

    if (image)
        libxl_channels_keep_devids(live);
    else
        libxl_channels_drop_devids(live);
    if (!domain_def_validate(live, error) ||
        !libxl_hook_call(driver, live, LIBXL_HOOK_PREPARE, error))
        return false;
    if (!libxl_channels_prepare(live, driver->config, messages, error)) {
        libxl_hook_tell(driver, live, LIBXL_HOOK_RELEASE);
        return false;
    }
    libxl_device_name_all(live);
    if (!libxl_channels_check_backend(live, driver->host, error) ||
        !announce(driver, domain, live, paused, error) ||
        !libxl_hook_call(driver, live, LIBXL_HOOK_START, error) ||
        !create(driver, live, image, error)) {
        remove_traces(driver, live);
        return false;
    }
    g_message("domain '%s' is built, id %d", domain->name, live->id);
    /* Before getters see the definition: it is changed without a lock. */
    settled = settle(driver, live, error);
    begin_life(domain, g_steal_pointer(&live));
    libxl_domain_add_messages(domain, messages);
    if (settled)
        return libxl_lifecycle_finish_start(driver, domain, paused, reason, error);
    libxl_lifecycle_destroy(driver, domain, VIR_DOMAIN_SHUTOFF_FAILED,
                            VIR_DOMAIN_EVENT_STOPPED_FAILED, NULL);
    return false;
}

static bool
start(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *def, const LibxlImage *image,
      bool paused, virDomainRunningReason reason, GError **error)
{
    g_autoptr(GError) detail = NULL;

    if (try_start(driver, domain, def, image, paused, reason, &detail))
        return true;
    g_message("domain '%s' did not start: %s", domain->name, detail->message);
    g_propagate_error(error, g_steal_pointer(&detail));
    return false;
}

bool
libxl_lifecycle_start(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *def, guint flags,
                      virDomainRunningReason reason, GError **error)
{
    return start(driver, domain, def, NULL, flags & VIR_DOMAIN_START_PAUSED, reason, error);
}

bool
libxl_lifecycle_restore(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *def,
                        const LibxlImage *image, bool paused, GError **error)
{
    return start(driver, domain, def, image, paused, VIR_DOMAIN_RUNNING_RESTORED, error);
}

/* --- stop ----------------------------------------------------------------- */

static const char *
get_cause(virDomainShutoffReason reason)
{
    static const char *const causes[] = {
        [VIR_DOMAIN_SHUTOFF_UNKNOWN] = "nobody knows why",
        [VIR_DOMAIN_SHUTOFF_SHUTDOWN] = "its guest has shut down",
        [VIR_DOMAIN_SHUTOFF_DESTROYED] = "it was destroyed",
        [VIR_DOMAIN_SHUTOFF_CRASHED] = "its guest has crashed",
        [VIR_DOMAIN_SHUTOFF_MIGRATED] = "it has moved to another host",
        [VIR_DOMAIN_SHUTOFF_SAVED] = "it was saved",
        [VIR_DOMAIN_SHUTOFF_FAILED] = "its start has failed",
    };

    return (gsize)reason < G_N_ELEMENTS(causes) ? causes[reason] : causes[0];
}

/* The driver no longer knows of a running domain. */
static void
end_life(LibxlDriver *driver, LibxlDomain *domain, virDomainShutoffReason reason, int event_detail)
{
    g_message("domain '%s', id %d, has stopped: %s", domain->name, domain->live->id,
              get_cause(reason));
    libxl_domain_set_live(domain, NULL);
    libxl_domain_set_state(domain, VIR_DOMAIN_SHUTOFF, (int)reason);
    libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_STOPPED,
                      event_detail);
    libxl_domain_list_prune(driver->domains, domain);
}

void
libxl_lifecycle_stopped(LibxlDriver *driver, LibxlDomain *domain, virDomainShutoffReason reason,
                        int event_detail)
{
    if (!domain->is_foreign) {
        libxl_hook_tell(driver, domain->live, LIBXL_HOOK_STOPPED);
        remove_traces(driver, domain->live);
    }
    end_life(driver, domain, reason, event_detail);
}

static bool
destroy_on_host(LibxlDriver *driver, LibxlDomain *domain, GError **error)
{
    g_autoptr(GError) detail = NULL;

    if (driver->host->ops->destroy(driver->host, (guint32)domain->live->id, &detail) ||
        g_error_matches(detail, VIRTXL_ERROR, VIR_ERR_NO_DOMAIN))
        return true;
    g_propagate_error(error, g_steal_pointer(&detail));
    return false;
}

bool
libxl_lifecycle_destroy(LibxlDriver *driver, LibxlDomain *domain, virDomainShutoffReason reason,
                        int event_detail, GError **error)
{
    if (!destroy_on_host(driver, domain, error))
        return false;
    libxl_lifecycle_stopped(driver, domain, reason, event_detail);
    return true;
}

/* --- a guest stopped by itself --------------------------------------------- */

static char *
core_path(LibxlDriver *driver, LibxlDomain *domain)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%d-%H:%M:%S");
    g_autofree char *file = g_strdup_printf("%s-%s", domain->name, stamp);

    return g_build_filename(driver->config->dump_dir, file, NULL);
}

static void
dump_core(LibxlDriver *driver, LibxlDomain *domain)
{
    g_autofree char *path = core_path(driver, domain);
    g_autoptr(GError) error = NULL;

    if (file_make_directory(driver->config->dump_dir, 0700, &error) &&
        driver->host->ops->dump_core(driver->host, (guint32)domain->live->id, path, &error))
        g_message("domain '%s' crashed; its memory is in '%s'", domain->name, path);
    else
        g_warning("domain '%s' crashed, and its memory could not be saved: %s", domain->name,
                  error->message);
}

/* How a guest stopped, in libvirt's words. */
typedef struct {
    virDomainState state;
    int state_reason;
    virDomainShutoffReason shutoff_reason;
    int event_detail;
} Ending;

static const Ending ending_shutdown = {VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER,
                                       VIR_DOMAIN_SHUTOFF_SHUTDOWN,
                                       VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN};
static const Ending ending_crash = {VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED,
                                    VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED_CRASHED};

/* The domain is still there, but its guest does not run any more. */
static void
keep_stopped(LibxlDriver *driver, LibxlDomain *domain, const Ending *ending)
{
    g_autoptr(GError) error = NULL;

    libxl_domain_set_state(domain, ending->state, ending->state_reason);
    if (!libxl_store_save_live(driver, domain, false, &error))
        g_warning("%s", error->message);
}

/* Another domain (a new id) in the place of the one that is there. On failure either that
 * one still is, with its id, or the domain has stopped. @detail: of the event "stopped". */
static bool
build_again(LibxlDriver *driver, LibxlDomain *domain, virDomainEventStoppedDetailType detail,
            GError **error)
{
    g_autoptr(DomainDef) def = domain_def_copy(domain->live);
    int old_id = domain->live->id;

    def->id = -1;
    libxl_channels_drop_automatic_paths(def, driver->config);
    if (!announce(driver, domain, def, false, error) || !destroy_on_host(driver, domain, error))
        return false;
    libxl_hook_tell(driver, domain->live, LIBXL_HOOK_STOPPED);
    libxl_channels_remove(domain->live, driver->config);
    libxl_channel_state_end(driver, domain);
    libxl_hook_tell(driver, domain->live, LIBXL_HOOK_RELEASE);
    libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_STOPPED,
                      (int)detail);
    if (libxl_lifecycle_start(driver, domain, def, 0, VIR_DOMAIN_RUNNING_BOOTED, error)) {
        libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_REBOOT, 0, 0);
        return true;
    }
    /* With a new id it was built, and is still there: it could not be removed. */
    if (domain->live && domain->live->id == old_id)
        end_life(driver, domain, VIR_DOMAIN_SHUTOFF_FAILED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
    return false;
}

static void
restart(LibxlDriver *driver, LibxlDomain *domain, const Ending *ending)
{
    int old_id = domain->live->id;
    g_autoptr(GError) error = NULL;

    if (build_again(driver, domain, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN, &error))
        return;
    g_warning("domain '%s' did not start again: %s", domain->name, error->message);
    if (domain->live && domain->live->id == old_id)
        keep_stopped(driver, domain, ending);
}

bool
libxl_lifecycle_reset(LibxlDriver *driver, LibxlDomain *domain, GError **error)
{
    int old_id = domain->live->id;

    if (build_again(driver, domain, VIR_DOMAIN_EVENT_STOPPED_DESTROYED, error))
        return true;
    if (domain->live && domain->live->id == old_id)
        libxl_store_restore_live(driver, domain);
    return false;
}

static void
act(LibxlDriver *driver, LibxlDomain *domain, DomainLifecycleAction action, const Ending *ending)
{
    g_autoptr(GError) error = NULL;

    switch (action) {
    case DOMAIN_LIFECYCLE_PRESERVE:
        keep_stopped(driver, domain, ending);
        return;
    case DOMAIN_LIFECYCLE_COREDUMP_RESTART:
        dump_core(driver, domain);
        restart(driver, domain, ending);
        return;
    case DOMAIN_LIFECYCLE_RESTART:
    case DOMAIN_LIFECYCLE_RESTART_RENAME:
        restart(driver, domain, ending);
        return;
    case DOMAIN_LIFECYCLE_COREDUMP_DESTROY:
        dump_core(driver, domain);
        break;
    case DOMAIN_LIFECYCLE_DESTROY:
        break;
    }
    if (!libxl_lifecycle_destroy(driver, domain, ending->shutoff_reason, ending->event_detail,
                                 &error)) {
        keep_stopped(driver, domain, ending);
        g_warning("domain '%s' has stopped but can't be removed: %s", domain->name, error->message);
    }
}

static bool
action_restarts(DomainLifecycleAction action)
{
    return action == DOMAIN_LIFECYCLE_RESTART || action == DOMAIN_LIFECYCLE_RESTART_RENAME ||
           action == DOMAIN_LIFECYCLE_COREDUMP_RESTART;
}

/* True if the restart has to wait; then the event comes again when it is time.
 * The job isn't held meanwhile, so that the domain can be destroyed. */
static bool
restart_is_delayed(LibxlDriver *driver, LibxlDomain *domain, const XenHostEvent *event)
{
    gint64 age = g_get_monotonic_time() - domain->started_us;
    bool has_waited = domain->state == VIR_DOMAIN_SHUTDOWN;

    if (age >= QUICK_RESTART_US) {
        /* The wait made it that old, not the guest: the next one waits as well. */
        if (!has_waited)
            domain->quick_restarts = 0;
        return false;
    }
    if (domain->quick_restarts < QUICK_RESTARTS_FREE) {
        domain->quick_restarts++;
        return false;
    }
    g_warning("domain '%s' stops again and again soon after its start; its restart waits",
              domain->name);
    libxl_domain_set_state(domain, VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER);
    libxl_driver_follow_up_later(driver, event, (guint)((QUICK_RESTART_US - age) / 1000) + 1);
    return true;
}

static void
guest_stopped(LibxlDriver *driver, LibxlDomain *domain, const XenHostEvent *event)
{
    const Ending *ending = &ending_shutdown;
    DomainLifecycleAction action;

    switch (event->reason) {
    case LIBXL_SHUTDOWN_REASON_REBOOT:
    case LIBXL_SHUTDOWN_REASON_SOFT_RESET:
        action = domain->live->on_reboot;
        break;
    case LIBXL_SHUTDOWN_REASON_CRASH:
    case LIBXL_SHUTDOWN_REASON_WATCHDOG:
        action = domain->live->on_crash;
        ending = &ending_crash;
        break;
    default:
        action = domain->live->on_poweroff;
        break;
    }
    if (ending == &ending_crash && domain->state != VIR_DOMAIN_SHUTDOWN)
        libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CRASHED,
                          VIR_DOMAIN_EVENT_CRASHED_PANICKED);
    if (action_restarts(action) && restart_is_delayed(driver, domain, event))
        return;
    act(driver, domain, action, ending);
}

/* --- events of the host ---------------------------------------------------- */

void
libxl_lifecycle_follow_up(LibxlDriver *driver, const XenHostEvent *event)
{
    g_autoptr(LibxlDomain) domain = NULL;
    g_autoptr(GError) error = NULL;

    /* Whoever saves it has the job, maybe for long, and goes on from here. */
    if (event->type == XEN_HOST_DOMAIN_SHUTDOWN && event->reason == LIBXL_SHUTDOWN_REASON_SUSPEND)
        return;
    domain = libxl_domain_list_peek_uuid(driver->domains, event->uuid);
    if (!domain)
        return;
    if (!libxl_domain_begin_job(domain, &error)) {
        if (g_error_matches(error, VIRTXL_ERROR, VIR_ERR_OPERATION_TIMEOUT))
            libxl_driver_follow_up_later(driver, event, 0);
        return;
    }
    /* Whatever held the job before may have dealt with it already. */
    if (domain->live && domain->live->id == (int)event->domid) {
        if (event->type == XEN_HOST_DOMAIN_GONE)
            libxl_lifecycle_stopped(driver, domain, VIR_DOMAIN_SHUTOFF_DESTROYED,
                                    VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
        else if (event->type == XEN_HOST_DOMAIN_SHUTDOWN && !domain->is_foreign)
            guest_stopped(driver, domain, event);
    }
    libxl_domain_end_job(domain);
}
