/* The operations of the driver's API: see libxl_driver.h. Each finds its domain,
 * takes its job, checks what must hold, and leaves the work to libxl_lifecycle.c
 * and libxl_store.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/libxl_channel.h"
#include "libxl/libxl_driver_agent_private.h"
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_lifecycle.h"
#include "libxl/libxl_save.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- jobs ------------------------------------------------------------------- */

typedef LibxlDomain *(*FindFunc)(LibxlDriver *driver, gconstpointer what, GError **error);

/* The domain that @find finds, with its job held. */
static LibxlDomain *
begin_found(LibxlDriver *driver, FindFunc find, gconstpointer what, GError **error)
{
    for (;;) {
        g_autoptr(LibxlDomain) domain = find(driver, what, error);
        g_autoptr(GError) detail = NULL;

        if (!domain)
            return NULL;
        if (libxl_domain_begin_job(domain, &detail))
            return g_steal_pointer(&domain);
        /* Renamed or removed while we waited: the next look tells, or gives a new one. */
        if (!g_error_matches(detail, VIRTXL_ERROR, VIR_ERR_NO_DOMAIN)) {
            g_propagate_error(error, g_steal_pointer(&detail));
            return NULL;
        }
    }
}

static LibxlDomain *
find_uuid(LibxlDriver *driver, gconstpointer uuid, GError **error)
{
    return libxl_driver_find(driver, uuid, error);
}

LibxlDomain *
libxl_driver_begin(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    return begin_found(driver, find_uuid, uuid, error);
}

void
libxl_driver_end(LibxlDomain *domain)
{
    libxl_domain_end_job(domain);
    libxl_domain_unref(domain);
}

bool
libxl_driver_check_not_domain_zero(const LibxlDomain *domain, GError **error)
{
    if (domain->live && domain->live->id == 0)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("Domain-0 is the control domain, which does not allow this "
                                  "operation"));
    return true;
}

static bool
check_active(const LibxlDomain *domain, GError **error)
{
    if (!domain->live)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
                                domain->name);
    return true;
}

bool
libxl_driver_resolve_affect(const LibxlDomain *domain, guint *flags, GError **error)
{
    if (!(*flags & (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)))
        *flags |= domain->live ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;
    if ((*flags & VIR_DOMAIN_AFFECT_LIVE) && !check_active(domain, error))
        return false;
    if ((*flags & VIR_DOMAIN_AFFECT_CONFIG) && !domain->persistent)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("domain '%s' is transient and does not have any persistent "
                                  "config"),
                                domain->name);
    return true;
}

LibxlDomain *
libxl_driver_begin_active(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    LibxlDomain *domain = libxl_driver_begin(driver, uuid, error);

    if (!domain)
        return NULL;
    if (check_active(domain, error) && libxl_driver_check_not_domain_zero(domain, error))
        return domain;
    libxl_driver_end(domain);
    return NULL;
}

static LibxlDomain *
find_or_make(LibxlDriver *driver, gconstpointer what, GError **error)
{
    const DomainDef *def = what;

    return libxl_domain_list_obtain(driver->domains, def->name, def->uuid, error);
}

LibxlDomain *
libxl_driver_obtain(LibxlDriver *driver, const DomainDef *def, GError **error)
{
    return begin_found(driver, find_or_make, def, error);
}

void
libxl_driver_end_obtained(LibxlDriver *driver, LibxlDomain *domain)
{
    libxl_domain_list_prune(driver->domains, domain);
    libxl_driver_end(domain);
}

/* --- define, undefine ---------------------------------------------------------- */

static DomainDef *
parse(LibxlDriver *driver, const char *xml, bool validate, GError **error)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(driver);
    g_autoptr(DomainDef) def = NULL;

    defaults.guests = driver->guest_kinds;
    if (validate && !domain_schema_validate(driver->schema, xml, error))
        return NULL;
    def = domain_def_parse_string(xml, &defaults, DOMAIN_PARSE_INACTIVE, error);
    if (!def)
        return NULL;
    libxl_channels_drop_automatic_paths(def, driver->config);
    if (!domain_def_validate(def, error) || !libxl_channels_check(def, driver->config, error))
        return NULL;
    return g_steal_pointer(&def);
}

LibxlDomainRef *
libxl_driver_domain_identify(LibxlDriver *driver, const char *xml, GError **error)
{
    g_autoptr(DomainDef) def = parse(driver, xml, false, error);
    LibxlDomainRef *ref;

    if (!def)
        return NULL;
    ref = g_new0(LibxlDomainRef, 1);
    ref->name = g_strdup(def->name);
    memcpy(ref->uuid, def->uuid, sizeof(ref->uuid));
    ref->id = -1;
    return ref;
}

static bool
define(LibxlDriver *driver, LibxlDomain *domain, DomainDef *def, GError **error)
{
    bool is_new = !domain->persistent;

    if (!libxl_driver_check_not_domain_zero(domain, error) ||
        !libxl_store_save_definition(driver, def, error)) {
        domain_def_free(def);
        return false;
    }
    libxl_domain_set_persistent(domain, def);
    libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_DEFINED,
                      is_new ? VIR_DOMAIN_EVENT_DEFINED_ADDED : VIR_DOMAIN_EVENT_DEFINED_UPDATED);
    return true;
}

LibxlDomainRef *
libxl_driver_domain_define_xml(LibxlDriver *driver, const char *xml, guint flags, GError **error)
{
    g_autoptr(DomainDef) def = NULL;
    LibxlDomainRef *ref = NULL;
    LibxlDomain *domain;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_DEFINE_VALIDATE, "virDomainDefineXMLFlags",
                                  error) ||
        !(def = parse(driver, xml, flags & VIR_DOMAIN_DEFINE_VALIDATE, error)) ||
        !(domain = libxl_driver_obtain(driver, def, error)))
        return NULL;
    if (define(driver, domain, g_steal_pointer(&def), error))
        ref = libxl_domain_make_ref(domain);
    libxl_driver_end_obtained(driver, domain);
    return ref;
}

static bool
check_undefine(LibxlDriver *driver, LibxlDomain *domain, guint flags, GError **error)
{
    if (!libxl_driver_check_not_domain_zero(domain, error))
        return false;
    if (!domain->persistent)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("cannot undefine transient domain '%s'"), domain->name);
    if (!libxl_store_has_managed_save(driver, domain))
        return true;
    if (!(flags & VIR_DOMAIN_UNDEFINE_MANAGED_SAVE))
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("domain '%s' has a managed save image; undefine it with "
                                  "--managed-save to remove that too"),
                                domain->name);
    return libxl_store_remove_managed_save(driver, domain, error);
}

bool
libxl_driver_domain_undefine(LibxlDriver *driver, const guint8 *uuid, guint flags, GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE, "virDomainUndefineFlags",
                                  error) ||
        !(domain = libxl_driver_begin(driver, uuid, error)))
        return false;
    ok = check_undefine(driver, domain, flags, error) &&
         libxl_store_remove_definition(driver, domain, error);
    if (ok) {
        libxl_domain_set_autostart(domain, false);
        libxl_domain_set_persistent(domain, NULL);
        libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_UNDEFINED,
                          VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
    }
    libxl_driver_end_obtained(driver, domain);
    return ok;
}

bool
libxl_driver_domain_set_autostart(LibxlDriver *driver, const guint8 *uuid, bool autostart,
                                  GError **error)
{
    LibxlDomain *domain = libxl_driver_begin(driver, uuid, error);
    bool ok = false;

    if (!domain)
        return false;
    if (!libxl_driver_check_not_domain_zero(domain, error))
        ok = false;
    else if (!domain->persistent)
        virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                         _("cannot set autostart for transient domain '%s'"), domain->name);
    else
        ok = libxl_store_set_autostart(driver, domain, autostart, error);
    if (ok)
        libxl_domain_set_autostart(domain, autostart);
    libxl_driver_end(domain);
    return ok;
}

/* --- start and stop --------------------------------------------------------------- */

bool
libxl_driver_check_inactive(const LibxlDomain *domain, GError **error)
{
    if (domain->live)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("domain '%s' is already running"), domain->name);
    return true;
}

LibxlDomainRef *
libxl_driver_domain_create_xml(LibxlDriver *driver, const char *xml, guint flags, GError **error)
{
    g_autoptr(DomainDef) def = NULL;
    LibxlDomainRef *ref = NULL;
    LibxlDomain *domain;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_VALIDATE,
                                  "virDomainCreateXML", error) ||
        !(def = parse(driver, xml, flags & VIR_DOMAIN_START_VALIDATE, error)) ||
        !(domain = libxl_driver_obtain(driver, def, error)))
        return NULL;
    if (libxl_driver_check_inactive(domain, error) &&
        libxl_store_check_no_managed_save(driver, domain, error) &&
        libxl_lifecycle_start(driver, domain, def, flags & VIR_DOMAIN_START_PAUSED,
                              VIR_DOMAIN_RUNNING_BOOTED, error))
        ref = libxl_domain_make_ref(domain);
    libxl_driver_end_obtained(driver, domain);
    return ref;
}

bool
libxl_driver_domain_create(LibxlDriver *driver, const guint8 *uuid, guint flags, int *id,
                           GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags,
                                  VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_BYPASS_CACHE |
                                      VIR_DOMAIN_START_FORCE_BOOT,
                                  "virDomainCreateWithFlags", error) ||
        !(domain = libxl_driver_begin(driver, uuid, error)))
        return false;
    ok = libxl_driver_check_inactive(domain, error) &&
         libxl_save_start(driver, domain, flags, error);
    if (ok)
        *id = domain->live->id;
    libxl_driver_end(domain);
    return ok;
}

bool
libxl_driver_domain_destroy(LibxlDriver *driver, const guint8 *uuid, guint flags, GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags, 0, "virDomainDestroyFlags", error) ||
        !(domain = libxl_driver_begin_active(driver, uuid, error)))
        return false;
    ok = libxl_lifecycle_destroy(driver, domain, VIR_DOMAIN_SHUTOFF_DESTROYED,
                                 VIR_DOMAIN_EVENT_STOPPED_DESTROYED, error);
    libxl_driver_end(domain);
    return ok;
}

/* Xen's own way to have a guest shut down or reboot. */
static bool
signal_guest(LibxlDriver *driver, const guint8 *uuid,
             bool (*signal)(XenHost *host, guint32 domid, GError **error), GError **error)
{
    LibxlDomain *domain = libxl_driver_begin_active(driver, uuid, error);
    bool ok;

    if (!domain)
        return false;
    ok = signal(driver->host, (guint32)domain->live->id, error);
    libxl_driver_end(domain);
    return ok;
}

bool
libxl_driver_domain_shutdown(LibxlDriver *driver, const guint8 *uuid, guint flags, GError **error)
{
    const guint own = VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | VIR_DOMAIN_SHUTDOWN_PARAVIRT;
    const guint agent = VIR_DOMAIN_SHUTDOWN_GUEST_AGENT;

    if (!libxl_driver_check_flags(flags, own | agent, "virDomainShutdownFlags", error))
        return false;
    if ((flags & agent) &&
        libxl_driver_agent_shutdown(driver, uuid, "powerdown", flags & own ? NULL : error))
        return true;
    return flags != agent && signal_guest(driver, uuid, driver->host->ops->shutdown, error);
}

bool
libxl_driver_domain_reboot(LibxlDriver *driver, const guint8 *uuid, guint flags, GError **error)
{
    const guint own = VIR_DOMAIN_REBOOT_PARAVIRT;
    const guint agent = VIR_DOMAIN_REBOOT_GUEST_AGENT;

    if (!libxl_driver_check_flags(flags, own | agent, "virDomainReboot", error))
        return false;
    if ((flags & agent) &&
        libxl_driver_agent_shutdown(driver, uuid, "reboot", flags & own ? NULL : error))
        return true;
    return flags != agent && signal_guest(driver, uuid, driver->host->ops->reboot, error);
}

/* --- pause and go on ---------------------------------------------------------------- */

static bool
set_state(LibxlDriver *driver, LibxlDomain *domain, virDomainState state, int reason, int event,
          int detail, GError **error)
{
    libxl_domain_set_state(domain, state, reason);
    libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, event, detail);
    return domain->is_foreign || libxl_store_save_live(driver, domain, false, error);
}

bool
libxl_driver_domain_suspend(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    LibxlDomain *domain = libxl_driver_begin_active(driver, uuid, error);
    bool ok = true;

    if (!domain)
        return false;
    if (domain->state != VIR_DOMAIN_PAUSED)
        ok = driver->host->ops->pause(driver->host, (guint32)domain->live->id, error) &&
             set_state(driver, domain, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER,
                       VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED, error);
    libxl_driver_end(domain);
    return ok;
}

bool
libxl_driver_domain_resume(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    LibxlDomain *domain = libxl_driver_begin_active(driver, uuid, error);
    bool ok = true;

    if (!domain)
        return false;
    if (domain->state == VIR_DOMAIN_PAUSED)
        ok = driver->host->ops->unpause(driver->host, (guint32)domain->live->id, error) &&
             set_state(driver, domain, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED,
                       VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED, error);
    libxl_driver_end(domain);
    return ok;
}

/* --- reset, wake up ------------------------------------------------------------------ */

bool
libxl_driver_domain_reset(LibxlDriver *driver, const guint8 *uuid, guint flags, GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags, 0, "virDomainReset", error) ||
        !(domain = libxl_driver_begin_active(driver, uuid, error)))
        return false;
    if (domain->is_foreign)
        ok = virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                              _("domain '%s' can't be built anew: another toolstack started it"),
                              domain->name);
    else
        ok = libxl_lifecycle_reset(driver, domain, error);
    libxl_driver_end(domain);
    return ok;
}
