/* The start of a domain, from its definition to a guest that runs: docs/internals.md has the
 * steps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_lifecycle_private.h"

#include <string.h>

#include "libxl/libxl_balloon.h"
#include "libxl/libxl_channel.h"
#include "libxl/libxl_channel_devid.h"
#include "libxl/libxl_conf.h"
#include "libxl/libxl_device.h"
#include "libxl/libxl_hook.h"
#include "libxl/libxl_store.h"
#include "libxl/libxl_vcpu.h"

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

static bool
build(LibxlDriver *driver, libxl_domain_config *config, const LibxlImage *image, guint32 *domid,
      GError **error)
{
    const XenHostOps *ops = driver->host->ops;
    bool ok;

    if (!libxl_balloon_make_room(driver, config, error))
        return false;
    ok = image ? ops->restore(driver->host, config, image->fd, image->version, domid, error)
               : ops->create(driver->host, config, domid, error);
    libxl_balloon_end(driver, config);
    return ok;
}

/* Builds it from @image; NULL: to boot. */
static bool
create(LibxlDriver *driver, DomainDef *live, const LibxlImage *image, GError **error)
{
    libxl_domain_config config;
    guint32 domid = 0;
    bool ok;

    libxl_domain_config_init(&config);
    ok = libxl_build_domain_config(live, &config, error);
    if (ok && driver->config->nested_hvm)
        libxl_conf_allow_nesting(live, &config);
    ok = ok && build(driver, &config, image, &domid, error);
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

bool
libxl_lifecycle_announce(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *def,
                         bool paused, GError **error)
{
    /* While it restarts it still has its old live definition. */
    if (domain->live)
        return libxl_store_save_status(driver, domain, def, VIR_DOMAIN_SHUTDOWN,
                                       VIR_DOMAIN_SHUTDOWN_USER, error);
    return libxl_store_save_status(driver, domain, def, VIR_DOMAIN_PAUSED,
                                   paused ? VIR_DOMAIN_PAUSED_USER : VIR_DOMAIN_PAUSED_STARTING_UP,
                                   error);
}

void
libxl_lifecycle_remove_traces(LibxlDriver *driver, const DomainDef *def)
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
        !libxl_lifecycle_announce(driver, domain, live, paused, error) ||
        !libxl_hook_call(driver, live, LIBXL_HOOK_START, error) ||
        !create(driver, live, image, error)) {
        libxl_lifecycle_remove_traces(driver, live);
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
