/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_change.h"

#include "libxl/libxl_store.h"

#define LIVE   VIR_DOMAIN_AFFECT_LIVE
#define CONFIG VIR_DOMAIN_AFFECT_CONFIG

static bool
resolve_flags(const LibxlDomain *domain, guint *flags, GError **error)
{
    /* What Domain-0 boots with is on Xen's command line. */
    return libxl_driver_resolve_affect(domain, flags, error) &&
           (!(*flags & CONFIG) || libxl_driver_check_not_domain_zero(domain, error));
}

static DomainDef *
edit_copy(LibxlDriver *driver, const DomainDef *def, const LibxlChange *change, gconstpointer data,
          GError **error)
{
    g_autoptr(DomainDef) copy = domain_def_copy(def);

    return change->edit(driver, copy, data, error) ? g_steal_pointer(&copy) : NULL;
}

/* --- live --------------------------------------------------------------------- */

/* Another toolstack's domain has no file of ours. */
static bool
write_live(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *next, GError **error)
{
    return domain->is_foreign || libxl_store_change_live(driver, domain, next, error);
}

static bool
change_live(LibxlDriver *driver, LibxlDomain *domain, DomainDef *next, const LibxlChange *change,
            gconstpointer data, GError **error)
{
    if (!write_live(driver, domain, next, error))
        return false;
    if (!change->act || change->act(driver, domain->live, data, error))
        return true;
    if (!domain->is_foreign)
        libxl_store_restore_live(driver, domain);
    return false;
}

/* --- both ------------------------------------------------------------------------ */

static bool
change_domain(LibxlDriver *driver, LibxlDomain *domain, guint flags, const LibxlChange *change,
              gconstpointer data, GError **error)
{
    g_autoptr(DomainDef) persistent = NULL;
    g_autoptr(DomainDef) live = NULL;

    if ((flags & LIVE) && !(live = edit_copy(driver, domain->live, change, data, error)))
        return false;
    if ((flags & CONFIG) &&
        (!(persistent = edit_copy(driver, domain->persistent, change, data, error)) ||
         !libxl_store_save_definition(driver, persistent, error)))
        return false;
    if (live && !change_live(driver, domain, live, change, data, error)) {
        if (persistent)
            libxl_store_restore_definition(driver, domain);
        return false;
    }
    if (live) {
        libxl_domain_set_live(domain, g_steal_pointer(&live));
        libxl_domain_forget_sample(domain);
    }
    if (persistent)
        libxl_domain_set_persistent(domain, g_steal_pointer(&persistent));
    return true;
}

bool
libxl_change(LibxlDriver *driver, const guint8 *uuid, guint flags, const LibxlChange *change,
             gconstpointer data, GError **error)
{
    LibxlDomain *domain = libxl_driver_begin(driver, uuid, error);
    bool ok;

    if (!domain)
        return false;
    ok = resolve_flags(domain, &flags, error) &&
         change_domain(driver, domain, flags, change, data, error);
    if (ok && change->tell)
        change->tell(driver, domain, flags, data);
    libxl_driver_end(domain);
    return ok;
}
