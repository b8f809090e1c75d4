/* Another name for a domain. See libxl_driver.h.
 *
 * An object of the list has its name for life, so that who has a reference may read it
 * without a lock. So a domain that is renamed becomes another object in the place of the
 * first, and a call that waited for the first one's job looks it up again.
 *
 * On disk the new name comes before the old one goes. If the daemon dies in between,
 * there are two files with one uuid, of which the next one loads one, and names the other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/i18n.h"

static bool
check_rename(LibxlDriver *driver, LibxlDomain *domain, const char *name, GError **error)
{
    if (domain->live)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("cannot rename domain '%s' while it runs"), domain->name);
    if (*name == '\0')
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("domain '%s' can't be renamed to nothing"), domain->name);
    if (strcmp(domain->name, name) == 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("domain '%s' has that name already"),
                                domain->name);
    if (libxl_store_has_managed_save(driver, domain))
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("domain '%s' with a managed saved state can't be renamed"),
                                domain->name);
    return true;
}

/* Gives @next, reserved for it, the files of @domain. Either it has all, or nothing
 * changes. */
static bool
move_files(LibxlDriver *driver, LibxlDomain *domain, LibxlDomain *next, const DomainDef *def,
           GError **error)
{
    if (libxl_store_save_definition(driver, def, error) &&
        (!domain->autostart || libxl_store_set_autostart(driver, next, true, error)) &&
        libxl_store_remove_definition(driver, domain, error))
        return true;
    libxl_store_remove_definition(driver, next, NULL);
    if (domain->autostart)
        libxl_store_set_autostart(driver, domain, true, NULL);
    return false;
}

static bool
rename_domain(LibxlDriver *driver, LibxlDomain *domain, const char *name, GError **error)
{
    g_autoptr(DomainDef) def = domain_def_copy(domain->persistent);
    g_autoptr(LibxlDomain) next = NULL;

    g_free(def->name);
    def->name = g_strdup(name);
    if (!domain_def_validate(def, error) ||
        !(next = libxl_domain_list_reserve(driver->domains, domain, name, error)))
        return false;
    if (!move_files(driver, domain, next, def, error)) {
        libxl_domain_list_release(driver->domains, next);
        return false;
    }
    libxl_domain_set_persistent(next, g_steal_pointer(&def));
    libxl_domain_set_autostart(next, domain->autostart);
    libxl_domain_set_state(next, domain->state, domain->reason);
    libxl_domain_list_replace(driver->domains, domain, next);
    libxl_driver_emit(driver, domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_UNDEFINED,
                      VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
    libxl_driver_emit(driver, next, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_DEFINED,
                      VIR_DOMAIN_EVENT_DEFINED_RENAMED);
    libxl_domain_end_job(next);
    return true;
}

bool
libxl_driver_domain_rename(LibxlDriver *driver, const guint8 *uuid, const char *name, guint flags,
                           GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags, 0, "virDomainRename", error) ||
        !(domain = libxl_driver_begin(driver, uuid, error)))
        return false;
    ok = check_rename(driver, domain, name, error) && rename_domain(driver, domain, name, error);
    libxl_driver_end(domain);
    return ok;
}
