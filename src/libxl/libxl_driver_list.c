/* The part of the driver's API that lists domains and looks them up: see libxl_driver.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_store.h"
#include "util/error.h"
#include "util/i18n.h"

/* One group of virConnectListAllDomainsFlags: a domain passes if no flag of the
 * group is asked for, or the one that is true of it. */
static bool
passes(guint flags, guint if_true, guint if_false, bool value)
{
    return !(flags & (if_true | if_false)) || (flags & (value ? if_true : if_false));
}

static bool
state_passes(guint flags, virDomainState state)
{
    const guint all = VIR_CONNECT_LIST_DOMAINS_RUNNING | VIR_CONNECT_LIST_DOMAINS_PAUSED |
                      VIR_CONNECT_LIST_DOMAINS_SHUTOFF | VIR_CONNECT_LIST_DOMAINS_OTHER;
    guint is;

    switch (state) {
    case VIR_DOMAIN_RUNNING:
        is = VIR_CONNECT_LIST_DOMAINS_RUNNING;
        break;
    case VIR_DOMAIN_PAUSED:
        is = VIR_CONNECT_LIST_DOMAINS_PAUSED;
        break;
    case VIR_DOMAIN_SHUTOFF:
        is = VIR_CONNECT_LIST_DOMAINS_SHUTOFF;
        break;
    default:
        is = VIR_CONNECT_LIST_DOMAINS_OTHER;
        break;
    }
    return !(flags & all) || (flags & is);
}

/* No domain has snapshots or checkpoints here. */
bool
libxl_driver_domain_passes(LibxlDriver *driver, LibxlDomain *domain, guint flags)
{
    const guint save =
        VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE | VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE;
    bool ok;

    g_mutex_lock(&domain->lock);
    ok = passes(flags, VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_DOMAINS_INACTIVE,
                domain->live != NULL) &&
         passes(flags, VIR_CONNECT_LIST_DOMAINS_PERSISTENT, VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
                domain->persistent != NULL) &&
         passes(flags, VIR_CONNECT_LIST_DOMAINS_AUTOSTART, VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
                domain->autostart) &&
         passes(flags, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
                false) &&
         passes(flags, VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
                VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT, false) &&
         state_passes(flags, domain->state);
    g_mutex_unlock(&domain->lock);

    return ok && (!(flags & save) || passes(flags, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
                                            VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
                                            libxl_store_has_managed_save(driver, domain)));
}

static void
free_ref(gpointer ref)
{
    libxl_domain_ref_free(ref);
}

GPtrArray *
libxl_driver_connect_list_all_domains(LibxlDriver *driver, guint flags, GError **error)
{
    const guint known = VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT * 2 - 1;
    g_autoptr(GPtrArray) all = NULL;
    GPtrArray *refs;

    if (!libxl_driver_check_flags(flags, known, "virConnectListAllDomains", error))
        return NULL;
    all = libxl_domain_list_get_all(driver->domains);
    refs = g_ptr_array_new_full(all->len, free_ref);
    for (guint i = 0; i < all->len; i++) {
        if (libxl_driver_domain_passes(driver, all->pdata[i], flags))
            g_ptr_array_add(refs, libxl_domain_make_ref(all->pdata[i]));
    }
    return refs;
}

LibxlDomainRef *
libxl_driver_domain_lookup_by_id(LibxlDriver *driver, int id, GError **error)
{
    g_autoptr(LibxlDomain) domain = libxl_domain_list_find_id(driver->domains, id);

    if (domain)
        return libxl_domain_make_ref(domain);
    virtxl_error_set(error, VIR_ERR_NO_DOMAIN, _("no domain with matching id '%d'"), id);
    return NULL;
}

LibxlDomainRef *
libxl_driver_domain_lookup_by_uuid(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    g_autoptr(LibxlDomain) domain = libxl_driver_find(driver, uuid, error);

    return domain ? libxl_domain_make_ref(domain) : NULL;
}

LibxlDomainRef *
libxl_driver_domain_lookup_by_name(LibxlDriver *driver, const char *name, GError **error)
{
    g_autoptr(LibxlDomain) domain = libxl_domain_list_find_name(driver->domains, name);

    if (domain)
        return libxl_domain_make_ref(domain);
    virtxl_error_set(error, VIR_ERR_NO_DOMAIN, _("no domain with matching name '%s'"), name);
    return NULL;
}
