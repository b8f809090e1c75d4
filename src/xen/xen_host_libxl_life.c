/* A domain's life on the real host: create, pause, shut down, destroy.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

/* How long a destroyed domain may take to let go of its id. */
#define GONE_WAIT_MS 10000
#define GONE_POLL_MS 10

/* Waits until @domid is not in use any more. False if it still is after a while:
 * somebody (a backend, a debugger) holds some of the dead domain's memory. */
static bool
wait_gone(XenContext *context, guint32 domid)
{
    for (int waited = 0; waited <= GONE_WAIT_MS; waited += GONE_POLL_MS) {
        if (libxl_domain_info(context->libxl, NULL, domid) == ERROR_DOMAIN_NOTFOUND)
            return true;
        g_usleep(GONE_POLL_MS * 1000);
    }
    return false;
}

/* Whether @domid is there and is the domain @uuid. */
static bool
is_domain(XenContext *context, guint32 domid, const libxl_uuid *uuid)
{
    libxl_dominfo info;
    bool same;

    if (!libxl_domid_valid_guest(domid))
        return false;
    libxl_dominfo_init(&info);
    same = libxl_domain_info(context->libxl, &info, domid) == 0 &&
           libxl_uuid_compare(&info.uuid, uuid) == 0;
    libxl_dominfo_dispose(&info);
    return same;
}

void
xen_host_libxl_remove_incomplete(XenHost *host, XenContext *context, libxl_domain_config *config,
                                 guint32 domid)
{
    if (is_domain(context, domid, &config->c_info.uuid))
        libxl_domain_destroy(context->libxl, domid, NULL);
    if (libxl_domid_valid_guest(domid))
        xen_store_remove_consoles(xen_host_libxl_get_store(host), domid);
}

/* A guest that has more NUMA nodes than the host has them on one of the host's. */
static void
fit_numa_nodes(XenContext *context, libxl_domain_build_info *info)
{
    int nodes = 0;
    libxl_numainfo *list;

    if (info->num_vnuma_nodes == 0)
        return;
    list = libxl_get_numainfo(context->libxl, &nodes);
    libxl_numainfo_list_free(list, nodes);
    for (int i = 0; info->num_vnuma_nodes > nodes && i < info->num_vnuma_nodes; i++)
        info->vnuma_nodes[i].pnode = 0;
}

bool
xen_host_libxl_create(XenHost *host, libxl_domain_config *config, guint32 *domid, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    uint32_t id = INVALID_DOMID;
    int rc;

    if (!context)
        return false;
    fit_numa_nodes(context, &config->b_info);
    rc = libxl_domain_create_new(context->libxl, config, &id, NULL, NULL);
    if (rc == 0) {
        *domid = id;
        return true;
    }

    if (xen_context_has_error(context, "evice model"))
        xen_context_fail(context, rc, error,
                         _("cannot create domain '%s' (what its device model said is in "
                           "/var/log/xen/qemu-dm-%s.log)"),
                         config->c_info.name, config->c_info.name);
    else
        xen_context_fail(context, rc, error, _("cannot create domain '%s'"), config->c_info.name);
    xen_host_libxl_remove_incomplete(host, context, config, id);
    return false;
}

bool
xen_host_libxl_unpause(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_unpause(context->libxl, domid, NULL);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error, _("cannot unpause domain %u"),
                                       domid);
    return true;
}

bool
xen_host_libxl_pause(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_pause(context->libxl, domid, NULL);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error, _("cannot pause domain %u"),
                                       domid);
    return true;
}

bool
xen_host_libxl_shutdown(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_shutdown(context->libxl, domid, NULL);
    if (rc == ERROR_NOPARAVIRT) {
        g_info("domain %u has no Xen drivers: pressing its power button", domid);
        rc = libxl_send_trigger(context->libxl, domid, LIBXL_TRIGGER_POWER, 0, NULL);
    }
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot ask domain %u to shut down"), domid);
    return true;
}

/* ACPI has no button for a reboot, and a reset would lose what the guest has not
 * written: without Xen drivers there is nothing to ask. */
bool
xen_host_libxl_reboot(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_reboot(context->libxl, domid, NULL);
    if (rc == ERROR_NOPARAVIRT)
        return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                                _("domain %u has no Xen drivers that could be asked to reboot; "
                                  "shut it down and start it instead"),
                                domid);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot ask domain %u to reboot"), domid);
    return true;
}

bool
xen_host_libxl_destroy(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    if (!libxl_domid_valid_guest(domid))
        return virtxl_error_set(error, VIR_ERR_OPERATION_DENIED,
                                _("domain %u is not a guest and cannot be destroyed"), domid);
    if (libxl_domain_info(context->libxl, NULL, domid) == ERROR_DOMAIN_NOTFOUND)
        return xen_host_no_domain(domid, error);

    rc = libxl_domain_destroy(context->libxl, domid, NULL);
    if (rc && libxl_domain_info(context->libxl, NULL, domid) != ERROR_DOMAIN_NOTFOUND)
        return xen_context_fail(context, rc, error, _("cannot destroy domain %u"), domid);
    if (!wait_gone(context, domid))
        g_warning("domain %u is destroyed, but somebody still holds some of its memory", domid);
    xen_store_remove_consoles(xen_host_libxl_get_store(host), domid);
    return true;
}

bool
xen_host_libxl_dump_core(XenHost *host, guint32 domid, const char *path, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_core_dump(context->libxl, domid, path, NULL);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot write the memory of domain %u to '%s'"), domid,
                                       path);
    return true;
}
