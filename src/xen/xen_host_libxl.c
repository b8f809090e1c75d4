/* The real host: libxl.
 *
 * Each function takes a libxl context of its own (xen_host_libxl_context.c),
 * asks libxl synchronously, and turns its result into a GError that carries
 * libxl's own message. Reads from xenstore go through one connection that all
 * threads share; libxenstore sees to that.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

/* How long a destroyed domain may take to let go of its id. */
#define GONE_WAIT_MS 10000
#define GONE_POLL_MS 10

typedef struct {
    XenHost host; /* first */
    XenContextPool *contexts;
    struct xs_handle *xs;
    XenWatch *watch;
    char *root; /* "" for the real paths */
} XenHostLibxl;

static XenHostLibxl *
host_libxl(XenHost *host)
{
    return (XenHostLibxl *)host;
}

static XenContext *
take_context(XenHost *host, GError **error)
{
    return xen_context_take(host_libxl(host)->contexts, error);
}

XenContext *
xen_host_libxl_take_context(XenHost *host, GError **error)
{
    return take_context(host, error);
}

struct xs_handle *
xen_host_libxl_get_store(XenHost *host)
{
    return host_libxl(host)->xs;
}

/* --- the host ----------------------------------------------------------- */

static void
host_close(XenHost *host)
{
    XenHostLibxl *self = host_libxl(host);

    xen_watch_free(self->watch);
    xs_close(self->xs);
    xen_context_pool_free(self->contexts);
    g_free(self->root);
    g_free(self);
}

static bool
host_watch(XenHost *host, XenHostEventFunc func, gpointer user_data, GError **error)
{
    XenHostLibxl *self = host_libxl(host);

    g_return_val_if_fail(!self->watch, false);
    self->watch = xen_watch_new(self->contexts, func, user_data, error);
    return self->watch != NULL;
}

static bool
host_get_info(XenHost *host, XenHostInfo *info, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    return context && xen_host_libxl_get_info(context, info, error);
}

static bool
host_get_free_memory(XenHost *host, guint64 *kib, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_get_free_memory(context->libxl, kib);
    if (rc)
        return xen_context_fail(context, rc, error, _("cannot tell how much memory is free"));
    return true;
}

/* --- what domains there are --------------------------------------------- */

/* libxl can't tell a PVH domain from an HVM one by the hypervisor's answer. */
static libxl_domain_type
get_domain_type(XenHostLibxl *self, const libxl_dominfo *info)
{
    g_autofree char *type = xen_store_read(self->xs, "/libxl/%u/type", info->domid);

    return g_strcmp0(type, "pvh") == 0 ? LIBXL_DOMAIN_TYPE_PVH : info->domain_type;
}

static XenDomainInfo *
domain_info_new(XenHostLibxl *self, const libxl_dominfo *info)
{
    XenDomainInfo *domain = g_new0(XenDomainInfo, 1);

    domain->domid = info->domid;
    memcpy(domain->uuid, info->uuid.uuid, sizeof(domain->uuid));
    domain->name = xen_store_read(self->xs, "/local/domain/%u/name", info->domid);
    if (!domain->name)
        domain->name = g_strdup("");
    domain->type = get_domain_type(self, info);
    domain->is_running = info->running;
    domain->is_blocked = info->blocked;
    domain->is_paused = info->paused;
    domain->is_shutdown = info->shutdown;
    domain->is_dying = info->dying;
    domain->shutdown_reason = info->shutdown_reason;
    domain->current_memory_kib = info->current_memkb;
    domain->max_memory_kib = info->max_memkb;
    domain->cpu_time_ns = info->cpu_time;
    domain->online_vcpus = info->vcpu_online;
    domain->max_vcpus = info->vcpu_max_id + 1;
    return domain;
}

static int
compare_domains(gconstpointer a, gconstpointer b)
{
    const XenDomainInfo *left = *(const XenDomainInfo *const *)a;
    const XenDomainInfo *right = *(const XenDomainInfo *const *)b;

    return left->domid < right->domid ? -1 : left->domid > right->domid;
}

static GPtrArray *
host_list_domains(XenHost *host, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
    GPtrArray *domains;
    libxl_dominfo *infos;
    int n_infos = 0;

    if (!context)
        return NULL;
    infos = xen_context_list_domains(context, &n_infos, error);
    if (!infos)
        return NULL;

    domains = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))xen_domain_info_free);
    for (int i = 0; i < n_infos; i++)
        g_ptr_array_add(domains, domain_info_new(host_libxl(host), &infos[i]));
    libxl_dominfo_list_free(infos, n_infos);
    g_ptr_array_sort(domains, compare_domains);
    return domains;
}

static XenDomainInfo *
host_get_domain(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
    XenDomainInfo *domain = NULL;
    libxl_dominfo info;
    int rc;

    if (!context)
        return NULL;
    libxl_dominfo_init(&info);
    rc = libxl_domain_info(context->libxl, &info, domid);
    if (rc == 0)
        domain = domain_info_new(host_libxl(host), &info);
    else if (rc == ERROR_DOMAIN_NOTFOUND)
        xen_host_no_domain(domid, error);
    else
        xen_context_fail(context, rc, error, _("cannot look at domain %u"), domid);
    libxl_dominfo_dispose(&info);
    return domain;
}

/* --- a domain's life ---------------------------------------------------- */

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

/* libxl destroys what it could not complete, unless that fails, too. */
static void
remove_incomplete(XenHost *host, XenContext *context, libxl_domain_config *config, guint32 domid)
{
    if (is_domain(context, domid, &config->c_info.uuid))
        libxl_domain_destroy(context->libxl, domid, NULL);
    if (libxl_domid_valid_guest(domid))
        xen_store_remove_consoles(host_libxl(host)->xs, domid);
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

static bool
host_create(XenHost *host, libxl_domain_config *config, guint32 *domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
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
    remove_incomplete(host, context, config, id);
    return false;
}

static bool
host_restore(XenHost *host, libxl_domain_config *config, int fd, guint version, guint32 *domid,
             GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
    uint32_t id = INVALID_DOMID;

    if (!context)
        return false;
    if (xen_context_restore(context, config, fd, version, &id, error)) {
        *domid = id;
        return true;
    }
    remove_incomplete(host, context, config, id);
    return false;
}

static bool
host_save(XenHost *host, guint32 domid, int fd, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    return context && xen_context_save(context, domid, fd, error);
}

static bool
host_resume(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    return context && xen_context_resume(context, domid, error);
}

static bool
host_unpause(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_unpause(context->libxl, domid, NULL);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error, _("cannot unpause domain %u"),
                                       domid);
    return true;
}

static bool
host_pause(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_pause(context->libxl, domid, NULL);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error, _("cannot pause domain %u"),
                                       domid);
    return true;
}

static bool
host_shutdown(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
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
static bool
host_reboot(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
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

static bool
host_destroy(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
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
    xen_store_remove_consoles(host_libxl(host)->xs, domid);
    return true;
}

static bool
host_dump_core(XenHost *host, guint32 domid, const char *path, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
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

/* --- consoles, channels, devices, userdata --------------------------------------- */

static bool
check_domain(XenContext *context, guint32 domid, GError **error)
{
    int rc = libxl_domain_info(context->libxl, NULL, domid);

    if (rc == ERROR_DOMAIN_NOTFOUND)
        return xen_host_no_domain(domid, error);
    if (rc)
        return xen_context_fail(context, rc, error, _("cannot look at domain %u"), domid);
    return true;
}

static GPtrArray *
host_list_channels(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    if (!context || !check_domain(context, domid, error))
        return NULL;
    return xen_store_list_channels(host_libxl(host)->xs, domid);
}

static bool
host_check_channel_backend(XenHost *host, GError **error)
{
    return xen_channel_check_backend(host_libxl(host)->root, error);
}

static bool
host_add_channel(XenHost *host, guint32 domid, guint devid, const char *name,
                 const ChannelSource *source, GError **error)
{
    return xen_channel_add(domid, devid, name, source, error);
}

static bool
host_remove_channel(XenHost *host, guint32 domid, guint devid, bool force, GError **error)
{
    return xen_channel_remove(domid, devid, force, error);
}

static GPtrArray *
host_list_devices(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    if (!context || !check_domain(context, domid, error))
        return NULL;
    return xen_device_list(context, domid);
}

static bool
host_add_device(XenHost *host, guint32 domid, XenDevice *device, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    return context && xen_device_add(context, domid, device, error);
}

static bool
host_remove_device(XenHost *host, guint32 domid, XenDeviceType type, const char *name, bool force,
                   GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    return context && xen_device_remove(context, domid, type, name, force, error);
}

static bool
host_change_medium(XenHost *host, guint32 domid, XenDevice *disk, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    return context && xen_device_change_medium(context, domid, disk, error);
}

static bool
host_set_assignable(XenHost *host, XenDevice *pci, bool assignable, GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    return context && xen_device_set_assignable(context, pci, assignable, error);
}

static char *
host_get_console_path(XenHost *host, guint32 domid, XenConsoleKind kind, guint index,
                      GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);

    if (!context || !check_domain(context, domid, error))
        return NULL;
    return xen_store_get_console_path(host_libxl(host)->xs, domid, kind, index);
}

static bool
host_store_userdata(XenHost *host, guint32 domid, const char *key, const void *data, gsize size,
                    GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
    int rc;

    if (!context)
        return false;
    if (size > G_MAXINT)
        return virtxl_error_set(error, VIR_ERR_OVERFLOW, _("data '%s' of domain %u is too long"),
                                key, domid);
    rc = libxl_userdata_store(context->libxl, domid, key, data, (int)size);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot store data '%s' of domain %u"), key, domid);
    return true;
}

static bool
host_load_userdata(XenHost *host, guint32 domid, const char *key, char **data, gsize *size,
                   GError **error)
{
    g_autoptr(XenContext) context = take_context(host, error);
    uint8_t *stored = NULL;
    int n_stored = 0;
    int rc;

    *data = NULL;
    *size = 0;
    if (!context || !check_domain(context, domid, error))
        return false;
    rc = libxl_userdata_retrieve(context->libxl, domid, key, &stored, &n_stored);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot read data '%s' of domain %u"), key, domid);
    if (stored) {
        /* A caller may take it for a string. */
        *data = g_malloc((gsize)n_stored + 1);
        memcpy(*data, stored, (gsize)n_stored);
        (*data)[n_stored] = '\0';
        *size = (gsize)n_stored;
    }
    free(stored);
    return true;
}

/* --- opening ------------------------------------------------------------ */

static const XenHostOps host_ops = {
    .name = "libxl",
    .close = host_close,
    .watch = host_watch,
    .get_info = host_get_info,
    .get_free_memory = host_get_free_memory,
    .list_domains = host_list_domains,
    .get_domain = host_get_domain,
    .create = host_create,
    .unpause = host_unpause,
    .pause = host_pause,
    .shutdown = host_shutdown,
    .reboot = host_reboot,
    .destroy = host_destroy,
    .save = host_save,
    .resume = host_resume,
    .restore = host_restore,
    .dump_core = host_dump_core,
    .list_channels = host_list_channels,
    .check_channel_backend = host_check_channel_backend,
    .add_channel = host_add_channel,
    .remove_channel = host_remove_channel,
    .list_vcpus = xen_host_libxl_list_vcpus,
    .set_online_vcpus = xen_host_libxl_set_online_vcpus,
    .pin_vcpu = xen_host_libxl_pin_vcpu,
    .set_memory = xen_host_libxl_set_memory,
    .set_max_memory = xen_host_libxl_set_max_memory,
    .get_scheduler = xen_host_libxl_get_scheduler,
    .set_scheduler = xen_host_libxl_set_scheduler,
    .send_trigger = xen_host_libxl_send_trigger,
    .tell_qemu = xen_host_libxl_tell_qemu,
    .get_block_stats = xen_host_libxl_get_block_stats,
    .get_interface_stats = xen_host_libxl_get_interface_stats,
    .list_nodes = xen_host_libxl_list_nodes,
    .list_devices = host_list_devices,
    .add_device = host_add_device,
    .remove_device = host_remove_device,
    .change_medium = host_change_medium,
    .set_assignable = host_set_assignable,
    .get_console_path = host_get_console_path,
    .store_userdata = host_store_userdata,
    .load_userdata = host_load_userdata,
};

/* Asks Xen something that only the control domain may know. */
static bool
try_host(XenHost *host, GError **error)
{
    XenHostInfo info;

    if (!host_get_info(host, &info, error))
        return false;
    xen_host_info_clear(&info);
    return true;
}

XenHost *
xen_host_libxl_open(const char *root, GError **error)
{
    XenHostLibxl *self;
    struct xs_handle *xs;

    if (!xen_host_libxl_check_machine(error))
        return NULL;
    xs = xs_open(0);
    if (!xs) {
        virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                         _("cannot reach xenstored (%s); start xencommons, or use --host sim for "
                           "a simulated host"),
                         g_strerror(errno));
        return NULL;
    }

    self = g_new0(XenHostLibxl, 1);
    self->host.ops = &host_ops;
    self->root = g_strdup(root);
    self->contexts = xen_context_pool_new();
    self->xs = xs;
    if (!try_host(&self->host, error)) {
        host_close(&self->host);
        return NULL;
    }
    return &self->host;
}
