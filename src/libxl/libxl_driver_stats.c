/* What one domain has done. See libxl_driver_stats.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_stats.h"

#include <string.h>

#include "libxl/libxl_disk_path.h"
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_params.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- CPUs -------------------------------------------------------------------------- */

static int
get_total_cpu_stats(LibxlDriver *driver, int id, guint n, guint n_params, GArray *params,
                    GError **error)
{
    g_autoptr(XenDomainInfo) info = NULL;

    if (n != 1) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("there is one total, not %u"), n);
        return -1;
    }
    if (n_params == 0)
        return 1;
    info = driver->host->ops->get_domain(driver->host, (guint32)id, error);
    if (!info)
        return -1;
    libxl_params_add_ullong(params, info->cpu_time_ns, VIR_DOMAIN_CPU_STATS_CPUTIME);
    return 1;
}

static int
get_vcpu_stats(LibxlDriver *driver, int id, guint start, guint n, guint n_params, GArray *params,
               GError **error)
{
    g_autoptr(GPtrArray) vcpus = driver->host->ops->list_vcpus(driver->host, (guint32)id, error);

    if (!vcpus)
        return -1;
    if (n_params == 0)
        return n == 0 ? (int)vcpus->len : 1;
    if (start >= vcpus->len) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("the domain has no vCPU %u"), start);
        return -1;
    }
    for (guint i = start; i < vcpus->len && i - start < n; i++) {
        const XenVcpuInfo *vcpu = vcpus->pdata[i];

        libxl_params_add_ullong(params, vcpu->time_ns, VIR_DOMAIN_CPU_STATS_VCPUTIME);
    }
    return 1;
}

int
libxl_driver_domain_get_cpu_stats(LibxlDriver *driver, const guint8 *uuid, int start, guint n,
                                  guint n_params, guint flags, GArray **params, GError **error)
{
    g_autoptr(GArray) all = libxl_params_new();
    int id, each;

    if (!libxl_driver_check_flags(flags, VIR_TYPED_PARAM_STRING_OKAY, "virDomainGetCPUStats",
                                  error))
        return -1;
    if (start < -1) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("there is no vCPU %d"), start);
        return -1;
    }
    id = libxl_driver_find_running(driver, uuid, error);
    if (id < 0)
        return -1;
    each = start == -1 ? get_total_cpu_stats(driver, id, n, n_params, all, error)
                       : get_vcpu_stats(driver, id, (guint)start, n, n_params, all, error);
    if (each >= 0)
        *params = g_steal_pointer(&all);
    return each;
}

/* --- memory ------------------------------------------------------------------------- */

static void
add_stat(GArray *stats, virDomainMemoryStatTags tag, guint64 value)
{
    virDomainMemoryStatStruct stat = {.tag = (int)tag, .val = value};

    g_array_append_val(stats, stat);
}

GArray *
libxl_driver_domain_memory_stats(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                 GError **error)
{
    g_autoptr(XenDomainInfo) info = NULL;
    GArray *stats;
    int id;

    if (!libxl_driver_check_flags(flags, 0, "virDomainMemoryStats", error) ||
        (id = libxl_driver_find_running(driver, uuid, error)) < 0)
        return NULL;
    info = driver->host->ops->get_domain(driver->host, (guint32)id, error);
    if (!info)
        return NULL;
    stats = g_array_new(FALSE, FALSE, sizeof(virDomainMemoryStatStruct));
    add_stat(stats, VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, info->current_memory_kib);
    add_stat(stats, VIR_DOMAIN_MEMORY_STAT_AVAILABLE, info->max_memory_kib);
    add_stat(stats, VIR_DOMAIN_MEMORY_STAT_RSS, info->current_memory_kib);
    return stats;
}

/* --- interfaces ---------------------------------------------------------------------- */

static void
fill_interface(virDomainInterfaceStatsStruct *to, const XenInterfaceStats *from)
{
    *to = (virDomainInterfaceStatsStruct){
        .rx_bytes = (long long)from->rx_bytes,
        .rx_packets = (long long)from->rx_packets,
        .rx_errs = (long long)from->rx_errors,
        .rx_drop = (long long)from->rx_dropped,
        .tx_bytes = (long long)from->tx_bytes,
        .tx_packets = (long long)from->tx_packets,
        .tx_errs = (long long)from->tx_errors,
        .tx_drop = (long long)from->tx_dropped,
    };
}

bool
libxl_driver_domain_interface_stats(LibxlDriver *driver, const guint8 *uuid, const char *device,
                                    virDomainInterfaceStatsStruct *stats, GError **error)
{
    int id = libxl_driver_find_running(driver, uuid, error);
    g_autoptr(GPtrArray) all = NULL;

    if (id < 0)
        return false;
    all = driver->host->ops->get_interface_stats(driver->host, (guint32)id, error);
    if (!all)
        return false;
    for (guint i = 0; i < all->len; i++) {
        const XenInterfaceStats *one = all->pdata[i];

        if (g_strcmp0(one->name, device) == 0 ||
            (one->mac && g_ascii_strcasecmp(one->mac, device) == 0)) {
            fill_interface(stats, one);
            return true;
        }
    }
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                            _("invalid path, '%s' is not a known interface"), device);
}

/* --- disks ---------------------------------------------------------------------------- */

static void
add_block(XenBlockStats *sum, const XenBlockStats *one)
{
    sum->read_requests += one->read_requests;
    sum->read_bytes += one->read_bytes;
    sum->write_requests += one->write_requests;
    sum->write_bytes += one->write_bytes;
    sum->flush_requests += one->flush_requests;
}

/* Adds what the disk with @target did, or every disk if that is NULL. False if the host
 * counts none of them. */
static bool
sum_blocks(const GPtrArray *all, const char *target, XenBlockStats *sum)
{
    bool found = false;

    for (guint i = 0; i < all->len; i++) {
        const XenBlockStats *one = all->pdata[i];

        if (target && strcmp(one->target, target) != 0)
            continue;
        add_block(sum, one);
        found = true;
    }
    return found || !target;
}

bool
libxl_driver_domain_block_stats(LibxlDriver *driver, const guint8 *uuid, const char *path,
                                XenBlockStats *stats, GError **error)
{
    int id = libxl_driver_find_running(driver, uuid, error);
    g_autoptr(GPtrArray) all = NULL;
    g_autofree char *target = NULL;

    if (id < 0 || (*path && !(target = libxl_disk_path_get_target(driver, uuid, path, error))))
        return false;
    all = driver->host->ops->get_block_stats(driver->host, (guint32)id, error);
    if (!all)
        return false;
    *stats = (XenBlockStats){0};
    if (sum_blocks(all, target, stats))
        return true;
    return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                            _("the host does not count what is read and written of disk '%s', "
                              "which its kernel does not serve"),
                            target);
}

GArray *
libxl_driver_domain_block_stats_flags(LibxlDriver *driver, const guint8 *uuid, const char *path,
                                      guint flags, GError **error)
{
    XenBlockStats stats;
    GArray *params;

    if (!libxl_driver_check_flags(flags, VIR_TYPED_PARAM_STRING_OKAY, "virDomainBlockStatsFlags",
                                  error) ||
        !libxl_driver_domain_block_stats(driver, uuid, path, &stats, error))
        return NULL;
    params = libxl_params_new();
    libxl_params_add_llong(params, (gint64)stats.read_requests, VIR_DOMAIN_BLOCK_STATS_READ_REQ);
    libxl_params_add_llong(params, (gint64)stats.read_bytes, VIR_DOMAIN_BLOCK_STATS_READ_BYTES);
    libxl_params_add_llong(params, (gint64)stats.write_requests, VIR_DOMAIN_BLOCK_STATS_WRITE_REQ);
    libxl_params_add_llong(params, (gint64)stats.write_bytes, VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES);
    libxl_params_add_llong(params, (gint64)stats.flush_requests, VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ);
    return params;
}
