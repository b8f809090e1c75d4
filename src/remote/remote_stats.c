/* Calls about what domains have done and do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_stats.h"
#include "remote/remote_access.h"
#include "remote/remote_handlers.h"
#include "remote/remote_params.h"
#include "remote/remote_util.h"
#include "util/error.h"
#include "util/i18n.h"

#define UUID(args) remote_domain_uuid(&(args)->dom)

/* --- one domain ---------------------------------------------------------------------- */

bool
remote_domain_get_cpu_stats(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_cpu_stats_args *args = data;
    remote_domain_get_cpu_stats_ret *ret = result;
    GArray *params = NULL;

    ret->nparams =
        libxl_driver_domain_get_cpu_stats(call->driver, UUID(args), args->start_cpu, args->ncpus,
                                          args->nparams, args->flags, &params, error);
    return ret->nparams >= 0 &&
           remote_params_take(params, REMOTE_DOMAIN_GET_CPU_STATS_MAX, &ret->params.params_len,
                              &ret->params.params_val, error);
}

bool
remote_domain_memory_stats(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_memory_stats_args *args = data;
    remote_domain_memory_stats_ret *ret = result;
    g_autoptr(GArray) stats =
        libxl_driver_domain_memory_stats(call->driver, UUID(args), args->flags, error);

    if (!stats)
        return false;
    ret->stats.stats_len = MIN(stats->len, args->maxStats);
    ret->stats.stats_val = g_new0(remote_domain_memory_stat, ret->stats.stats_len);
    for (guint i = 0; i < ret->stats.stats_len; i++) {
        const virDomainMemoryStatStruct *stat = &g_array_index(stats, virDomainMemoryStatStruct, i);

        ret->stats.stats_val[i].tag = stat->tag;
        ret->stats.stats_val[i].val = stat->val;
    }
    return true;
}

bool
remote_domain_interface_stats(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_interface_stats_args *args = data;
    remote_domain_interface_stats_ret *ret = result;
    virDomainInterfaceStatsStruct stats = {0};

    if (!libxl_driver_domain_interface_stats(call->driver, UUID(args), args->device, &stats, error))
        return false;
    ret->rx_bytes = stats.rx_bytes;
    ret->rx_packets = stats.rx_packets;
    ret->rx_errs = stats.rx_errs;
    ret->rx_drop = stats.rx_drop;
    ret->tx_bytes = stats.tx_bytes;
    ret->tx_packets = stats.tx_packets;
    ret->tx_errs = stats.tx_errs;
    ret->tx_drop = stats.tx_drop;
    return true;
}

bool
remote_domain_block_stats(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_block_stats_args *args = data;
    remote_domain_block_stats_ret *ret = result;
    XenBlockStats stats = {0};

    if (!libxl_driver_domain_block_stats(call->driver, UUID(args), args->path, &stats, error))
        return false;
    ret->rd_req = (gint64)stats.read_requests;
    ret->rd_bytes = (gint64)stats.read_bytes;
    ret->wr_req = (gint64)stats.write_requests;
    ret->wr_bytes = (gint64)stats.write_bytes;
    ret->errs = -1; /* nobody counts them */
    return true;
}

bool
remote_domain_block_stats_flags(RemoteCall *call, gconstpointer data, gpointer result,
                                GError **error)
{
    const remote_domain_block_stats_flags_args *args = data;
    remote_domain_block_stats_flags_ret *ret = result;
    GArray *params = libxl_driver_domain_block_stats_flags(call->driver, UUID(args), args->path,
                                                           args->flags, error);

    if (!params)
        return false;
    ret->nparams = (int)params->len;
    /* Asked for none, it tells how many there are. */
    if (args->nparams >= 0 && params->len > (guint)args->nparams)
        g_array_set_size(params, (guint)args->nparams);
    return remote_params_take(params, REMOTE_DOMAIN_BLOCK_STATS_PARAMETERS_MAX,
                              &ret->params.params_len, &ret->params.params_val, error);
}

bool
remote_domain_get_block_info(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_block_info_args *args = data;
    remote_domain_get_block_info_ret *ret = result;
    virDomainBlockInfo info = {0};

    if (!libxl_driver_domain_get_block_info(call->driver, UUID(args), args->path, args->flags,
                                            &info, error))
        return false;
    ret->allocation = info.allocation;
    ret->capacity = info.capacity;
    ret->physical = info.physical;
    return true;
}

/* --- many ------------------------------------------------------------------------------ */

static void
fill_record(remote_domain_stats_record *record, const LibxlDomainStats *stats)
{
    remote_domain_set(&record->dom, stats->domain);
    record->params.params_val = remote_params_from(stats->params, &record->params.params_len);
}

bool
remote_connect_get_all_domain_stats(RemoteCall *call, gconstpointer data, gpointer result,
                                    GError **error)
{
    const remote_connect_get_all_domain_stats_args *args = data;
    remote_connect_get_all_domain_stats_ret *ret = result;
    guint n = args->doms.doms_len;
    g_autofree const guint8 **uuids = n > 0 ? g_new0(const guint8 *, n + 1) : NULL;
    g_autoptr(GPtrArray) all = NULL;

    for (guint i = 0; i < n; i++)
        uuids[i] = remote_domain_uuid(&args->doms.doms_val[i]);
    all = libxl_driver_connect_get_all_domain_stats(call->driver, uuids, args->stats, args->flags,
                                                    error);
    if (!all)
        return false;
    if (all->len > REMOTE_DOMAIN_LIST_MAX)
        return virtxl_error_set(error, VIR_ERR_RPC, _("statistics of %u domains are more than %d"),
                                all->len, REMOTE_DOMAIN_LIST_MAX);
    ret->retStats.retStats_val = g_new0(remote_domain_stats_record, all->len);
    for (guint i = 0; i < all->len; i++) {
        const LibxlDomainStats *stats = all->pdata[i];

        if (remote_access_shows_domain(call, stats->domain->uuid))
            fill_record(&ret->retStats.retStats_val[ret->retStats.retStats_len++], stats);
    }
    return true;
}

/* --- what is under way -------------------------------------------------------------------- */

bool
remote_domain_get_job_info(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_job_info_args *args = data;
    remote_domain_get_job_info_ret *ret = result;
    virDomainJobInfo info = {0};

    if (!libxl_driver_domain_get_job_info(call->driver, UUID(args), &info, error))
        return false;
    ret->type = info.type;
    ret->timeElapsed = info.timeElapsed;
    return true;
}

bool
remote_domain_get_job_stats(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_job_stats_args *args = data;
    remote_domain_get_job_stats_ret *ret = result;
    GArray *params =
        libxl_driver_domain_get_job_stats(call->driver, UUID(args), args->flags, &ret->type, error);

    return remote_params_take(params, REMOTE_DOMAIN_JOB_STATS_MAX, &ret->params.params_len,
                              &ret->params.params_val, error);
}

bool
remote_domain_abort_job(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_abort_job_args *args = data;

    return libxl_driver_domain_abort_job(call->driver, UUID(args), error);
}

bool
remote_domain_get_control_info(RemoteCall *call, gconstpointer data, gpointer result,
                               GError **error)
{
    const remote_domain_get_control_info_args *args = data;
    remote_domain_get_control_info_ret *ret = result;
    virDomainControlInfo info = {0};

    if (!libxl_driver_domain_get_control_info(call->driver, UUID(args), args->flags, &info, error))
        return false;
    ret->state = info.state;
    ret->details = info.details;
    ret->stateTime = info.stateTime;
    return true;
}
