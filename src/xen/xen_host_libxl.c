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

static GPtrArray *
host_list_channel_stats(XenHost *host, GError **error)
{
    return xen_channel_stats_list(host_libxl(host)->root, error);
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
    .get_free_memory = xen_host_libxl_get_free_memory,
    .make_room = xen_host_libxl_make_room,
    .list_domains = host_list_domains,
    .get_domain = host_get_domain,
    .create = xen_host_libxl_create,
    .unpause = xen_host_libxl_unpause,
    .pause = xen_host_libxl_pause,
    .shutdown = xen_host_libxl_shutdown,
    .reboot = xen_host_libxl_reboot,
    .destroy = xen_host_libxl_destroy,
    .save = xen_host_libxl_save,
    .resume = xen_host_libxl_resume,
    .restore = xen_host_libxl_restore,
    .dump_core = xen_host_libxl_dump_core,
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
    .list_channel_stats = host_list_channel_stats,
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
