/* Memory of the host: what is free, and having Domain-0 give back what it can spare.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

/* Domain-0 is asked so often, as what else happens on the host takes memory, too; and it is
 * waited for so long after it has given back the last page. As xl does. */
#define ATTEMPTS     3
#define WAIT_SECONDS 10

bool
xen_host_libxl_get_free_memory(XenHost *host, guint64 *kib, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_get_free_memory(context->libxl, kib);
    if (rc)
        return xen_context_fail(context, rc, error, _("cannot tell how much memory is free"));
    return true;
}

/* Asks once. 0: @need is free now; 1: not yet. */
static int
balloon(libxl_ctx *libxl, guint64 need)
{
    guint64 available = 0;
    int rc = libxl_get_free_memory(libxl, &available);

    if (rc)
        return rc;
    if (available >= need)
        return 0;
    rc = libxl_set_memory_target(libxl, 0, (int64_t)available - (int64_t)need, 1, 0);
    if (!rc)
        rc = libxl_wait_for_memory_target(libxl, 0, WAIT_SECONDS);
    return rc ? rc : 1;
}

bool
xen_host_libxl_make_room(XenHost *host, libxl_domain_config *config, guint64 promised_kib,
                         guint64 *need_kib, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_need_memory(context->libxl, config, INVALID_DOMID, need_kib);
    if (rc)
        return xen_context_fail(context, rc, error,
                                _("cannot tell how much memory domain '%s' needs"),
                                config->c_info.name);
    for (guint i = 0; i <= ATTEMPTS; i++) {
        rc = balloon(context->libxl, *need_kib + promised_kib);
        if (rc == 0)
            return true;
        if (rc < 0)
            break;
    }
    return xen_context_fail(context, rc < 0 ? rc : ERROR_NOMEM, error,
                            _("domain '%s' needs %llu KiB, and Domain-0 can't give back enough"),
                            config->c_info.name, (unsigned long long)*need_kib);
}
