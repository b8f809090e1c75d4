/* Calls about what the host is and what guests on it can have.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_host.h"
#include "remote/remote_handlers.h"
#include "remote_protocol.h"
#include "util/error.h"
#include "util/i18n.h"

static const char *
get_optional(const remote_string string)
{
    return string ? *string : NULL;
}

bool
remote_connect_get_domain_capabilities(RemoteCall *call, gconstpointer data, gpointer result,
                                       GError **error)
{
    const remote_connect_get_domain_capabilities_args *args = data;
    remote_connect_get_domain_capabilities_ret *ret = result;

    ret->capabilities = libxl_driver_connect_get_domain_capabilities(
        call->driver, get_optional(args->emulatorbin), get_optional(args->arch),
        get_optional(args->machine), get_optional(args->virttype), args->flags, error);
    return ret->capabilities != NULL;
}

bool
remote_connect_get_sysinfo(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_get_sysinfo_args *args = data;
    remote_connect_get_sysinfo_ret *ret = result;

    ret->sysinfo = libxl_driver_connect_get_sysinfo(call->driver, args->flags, error);
    return ret->sysinfo != NULL;
}

bool
remote_connect_compare_cpu(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_compare_cpu_args *args = data;
    remote_connect_compare_cpu_ret *ret = result;

    ret->result = libxl_driver_connect_compare_cpu(call->driver, args->xml, args->flags, error);
    return ret->result != VIR_CPU_COMPARE_ERROR;
}

bool
remote_connect_baseline_cpu(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_baseline_cpu_args *args = data;
    remote_connect_baseline_cpu_ret *ret = result;

    ret->cpu = libxl_driver_connect_baseline_cpu(call->driver,
                                                 (const char *const *)args->xmlCPUs.xmlCPUs_val,
                                                 args->xmlCPUs.xmlCPUs_len, args->flags, error);
    return ret->cpu != NULL;
}

bool
remote_connect_get_cpu_model_names(RemoteCall *call, gconstpointer data, gpointer result,
                                   GError **error)
{
    const remote_connect_get_cpu_model_names_args *args = data;
    remote_connect_get_cpu_model_names_ret *ret = result;
    g_autoptr(GPtrArray) names =
        libxl_driver_connect_get_cpu_model_names(call->driver, args->arch, args->flags, error);

    if (!names)
        return false;
    ret->ret = (int)MIN(names->len, REMOTE_CONNECT_CPU_MODELS_MAX);
    if (!args->need_results)
        return true;
    ret->models.models_len = (guint)ret->ret;
    ret->models.models_val = g_new0(remote_nonnull_string, ret->models.models_len);
    for (guint i = 0; i < ret->models.models_len; i++)
        ret->models.models_val[i] = g_strdup(names->pdata[i]);
    return true;
}

/* --- memory ------------------------------------------------------------------------------ */

/* Who gives no room is told how much it takes. */
bool
remote_node_get_memory_stats(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_get_memory_stats_args *args = data;
    remote_node_get_memory_stats_ret *ret = result;
    XenNodeMemory sum;

    if (!libxl_driver_node_get_memory_stats(call->driver, args->cellNum, args->flags, &sum, error))
        return false;
    const remote_node_memory_stat stats[] = {
        {.field = (char *)VIR_NODE_MEMORY_STATS_TOTAL, .value = sum.size_kib},
        {.field = (char *)VIR_NODE_MEMORY_STATS_FREE, .value = sum.free_kib},
    };

    ret->nparams = (int)G_N_ELEMENTS(stats);
    ret->params.params_len = (guint)CLAMP(args->nparams, 0, ret->nparams);
    ret->params.params_val = g_new0(remote_node_memory_stat, ret->params.params_len);
    for (guint i = 0; i < ret->params.params_len; i++) {
        ret->params.params_val[i].field = g_strdup(stats[i].field);
        ret->params.params_val[i].value = stats[i].value;
    }
    return true;
}

bool
remote_node_get_free_pages(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_get_free_pages_args *args = data;
    remote_node_get_free_pages_ret *ret = result;
    g_autoptr(GArray) counts = NULL;

    if ((guint64)args->pages.pages_len * args->cellCount > REMOTE_NODE_MAX_CELLS)
        return virtxl_error_set(error, VIR_ERR_RPC, _("no more than %d counts at once"),
                                REMOTE_NODE_MAX_CELLS);
    counts =
        libxl_driver_node_get_free_pages(call->driver, args->pages.pages_val, args->pages.pages_len,
                                         args->startCell, args->cellCount, args->flags, error);
    if (!counts)
        return false;
    ret->counts.counts_len = counts->len;
    ret->counts.counts_val = g_new(u_quad_t, counts->len);
    for (guint i = 0; i < counts->len; i++)
        ret->counts.counts_val[i] = g_array_index(counts, guint64, i);
    return true;
}
