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

static bool
resume(XenContext *context, guint32 domid, GError **error)
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
xen_host_libxl_resume(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);

    return context && resume(context, domid, error);
}

bool
xen_host_libxl_save(XenHost *host, guint32 domid, int fd, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    g_autoptr(GError) detail = NULL;
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_suspend(context->libxl, domid, fd, 0, NULL);
    if (rc == 0)
        return true;
    xen_context_fail_domain(context, rc, domid, error, _("cannot save domain %u"), domid);
    if (!resume(context, domid, &detail))
        g_warning("%s", detail->message);
    return false;
}

bool
xen_host_libxl_restore(XenHost *host, libxl_domain_config *config, int fd, guint version,
                       guint32 *domid, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    libxl_domain_restore_params params;
    uint32_t id = INVALID_DOMID;
    int rc;

    if (!context)
        return false;
    libxl_domain_restore_params_init(&params);
    params.stream_version = version;
    rc = libxl_domain_create_restore(context->libxl, config, &id, fd, -1, &params, NULL, NULL);
    libxl_domain_restore_params_dispose(&params);
    if (rc == 0) {
        *domid = id;
        return true;
    }
    xen_context_fail(context, rc, error, _("cannot restore domain '%s'"), config->c_info.name);
    xen_host_libxl_remove_incomplete(host, context, config, id);
    return false;
}
