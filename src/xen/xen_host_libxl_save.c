/* A domain into a file, and out of it.
 *
 * libxl has a program of its own (libxl-save-helper) read and write the memory; the calls
 * here wait for it, so the descriptors must block.
 *
 * A save has the guest suspend itself: through its Xen drivers, or, an HVM guest without
 * them, by stopping its CPUs. Xen then has it as shut down. When the save fails after
 * that, the guest has to be told that it was not saved ("suspend cancelled"): it goes on
 * with its devices as they were, channels included.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

static bool
is_suspended(XenContext *context, guint32 domid)
{
    libxl_dominfo info;
    bool suspended;

    libxl_dominfo_init(&info);
    suspended = libxl_domain_info(context->libxl, &info, domid) == 0 && info.shutdown &&
                info.shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
    libxl_dominfo_dispose(&info);
    return suspended;
}

bool
xen_context_resume(XenContext *context, guint32 domid, GError **error)
{
    int rc;

    if (!is_suspended(context, domid))
        return true;
    rc = libxl_domain_resume(context->libxl, domid, 1, NULL);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error, _("cannot resume domain %u"),
                                       domid);
    return true;
}

bool
xen_context_save(XenContext *context, guint32 domid, int fd, GError **error)
{
    g_autoptr(GError) detail = NULL;
    int rc = libxl_domain_suspend(context->libxl, domid, fd, 0, NULL);

    if (rc == 0)
        return true;
    xen_context_fail_domain(context, rc, domid, error, _("cannot save domain %u"), domid);
    if (!xen_context_resume(context, domid, &detail))
        g_warning("%s", detail->message);
    return false;
}

bool
xen_context_restore(XenContext *context, libxl_domain_config *config, int fd, guint version,
                    guint32 *domid, GError **error)
{
    libxl_domain_restore_params params;
    uint32_t id = INVALID_DOMID;
    int rc;

    libxl_domain_restore_params_init(&params);
    params.stream_version = version;
    rc = libxl_domain_create_restore(context->libxl, config, &id, fd, -1, &params, NULL, NULL);
    libxl_domain_restore_params_dispose(&params);
    *domid = id;
    if (rc)
        return xen_context_fail(context, rc, error, _("cannot restore domain '%s'"),
                                config->c_info.name);
    return true;
}
