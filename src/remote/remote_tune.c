/* Calls about what a domain has of the host: vCPUs, memory, scheduler.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/libxl_driver_tune.h"
#include "remote/remote_handlers.h"
#include "remote/remote_params.h"
#include "remote/remote_util.h"
#include "util/error.h"
#include "util/i18n.h"

#define UUID(args) remote_domain_uuid(&(args)->dom)

/* --- how many vCPUs ------------------------------------------------------------------ */

bool
remote_domain_set_vcpus(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_set_vcpus_args *args = data;

    return libxl_driver_domain_set_vcpus(call->driver, UUID(args), args->nvcpus,
                                         VIR_DOMAIN_VCPU_LIVE, error);
}

bool
remote_domain_set_vcpus_flags(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_set_vcpus_flags_args *args = data;

    return libxl_driver_domain_set_vcpus(call->driver, UUID(args), args->nvcpus, args->flags,
                                         error);
}

bool
remote_domain_set_vcpus_flags_asks_agent(gconstpointer data)
{
    const remote_domain_set_vcpus_flags_args *args = data;

    return args->flags & VIR_DOMAIN_VCPU_GUEST;
}

/* --- where they run ------------------------------------------------------------------ */

/* As many sets of CPUs as a client wants, each of as many bytes. */
static bool
check_maps(int n, int size, GError **error)
{
    if (n < 0 || n > REMOTE_VCPUINFO_MAX || size < 0 ||
        (guint64)n * (guint64)size > REMOTE_CPUMAPS_MAX)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("%d vCPUs with %d bytes of CPU map each are no call that can be "
                                  "answered"),
                                n, size);
    return true;
}

/* Copies @set, cut or filled up to @size bytes. */
static void
put_map(char *map, int size, const GByteArray *set)
{
    if (size > 0)
        memcpy(map, set->data, MIN((guint)size, set->len));
}

static void
fill_vcpu(remote_vcpu_info *to, guint number, const XenVcpuInfo *from)
{
    to->number = number;
    to->cpu_time = from->time_ns;
    to->cpu = from->is_online ? (int)from->cpu : VIR_VCPU_INFO_CPU_OFFLINE;
    to->state = VIR_VCPU_OFFLINE;
    if (from->is_online)
        to->state = from->is_running ? VIR_VCPU_RUNNING : VIR_VCPU_BLOCKED;
}

bool
remote_domain_get_vcpus(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_get_vcpus_args *args = data;
    remote_domain_get_vcpus_ret *ret = result;
    g_autoptr(GPtrArray) vcpus = NULL;
    guint n;

    if (!check_maps(args->maxinfo, args->maplen, error) ||
        !(vcpus = libxl_driver_domain_get_vcpus(call->driver, UUID(args), error)))
        return false;
    n = MIN(vcpus->len, (guint)args->maxinfo);
    ret->info.info_len = n;
    ret->info.info_val = g_new0(remote_vcpu_info, n);
    ret->cpumaps.cpumaps_len = n * (guint)args->maplen;
    ret->cpumaps.cpumaps_val = g_malloc0(ret->cpumaps.cpumaps_len);
    for (guint i = 0; i < n; i++) {
        const XenVcpuInfo *vcpu = vcpus->pdata[i];

        fill_vcpu(&ret->info.info_val[i], i, vcpu);
        put_map(ret->cpumaps.cpumaps_val + (gsize)i * (gsize)args->maplen, args->maplen,
                vcpu->affinity);
    }
    return true;
}

bool
remote_domain_get_vcpu_pin_info(RemoteCall *call, gconstpointer data, gpointer result,
                                GError **error)
{
    const remote_domain_get_vcpu_pin_info_args *args = data;
    remote_domain_get_vcpu_pin_info_ret *ret = result;
    g_autoptr(GPtrArray) sets = NULL;
    guint n;

    if (!check_maps(args->ncpumaps, args->maplen, error) ||
        !(sets =
              libxl_driver_domain_get_vcpu_pin_info(call->driver, UUID(args), args->flags, error)))
        return false;
    n = MIN(sets->len, (guint)args->ncpumaps);
    ret->num = (int)n;
    ret->cpumaps.cpumaps_len = n * (guint)args->maplen;
    ret->cpumaps.cpumaps_val = g_malloc0(ret->cpumaps.cpumaps_len);
    for (guint i = 0; i < n; i++)
        put_map(ret->cpumaps.cpumaps_val + (gsize)i * (gsize)args->maplen, args->maplen,
                sets->pdata[i]);
    return true;
}

bool
remote_domain_pin_vcpu(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_pin_vcpu_args *args = data;

    return libxl_driver_domain_pin_vcpu(call->driver, UUID(args), args->vcpu,
                                        (const guint8 *)args->cpumap.cpumap_val,
                                        args->cpumap.cpumap_len, VIR_DOMAIN_AFFECT_LIVE, error);
}

bool
remote_domain_pin_vcpu_flags(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_pin_vcpu_flags_args *args = data;

    return libxl_driver_domain_pin_vcpu(call->driver, UUID(args), args->vcpu,
                                        (const guint8 *)args->cpumap.cpumap_val,
                                        args->cpumap.cpumap_len, args->flags, error);
}

bool
remote_node_get_cpu_map(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_node_get_cpu_map_args *args = data;
    remote_node_get_cpu_map_ret *ret = result;
    g_autoptr(GByteArray) cpus = libxl_driver_node_get_cpu_map(call->driver, args->flags, error);

    if (!cpus)
        return false;
    ret->ret = (int)libxl_driver_node_get_info(call->driver)->cpus;
    ret->online = args->need_online ? (u_int)ret->ret : 0;
    if (args->need_map) {
        ret->cpumap.cpumap_len = cpus->len;
        ret->cpumap.cpumap_val = g_memdup2(cpus->data, cpus->len);
    }
    return true;
}

/* --- memory -------------------------------------------------------------------------- */

bool
remote_domain_set_max_memory(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_set_max_memory_args *args = data;

    return libxl_driver_domain_set_memory(call->driver, UUID(args), args->memory,
                                          VIR_DOMAIN_MEM_MAXIMUM, error);
}

bool
remote_domain_set_memory(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_set_memory_args *args = data;

    return libxl_driver_domain_set_memory(call->driver, UUID(args), args->memory,
                                          VIR_DOMAIN_MEM_LIVE, error);
}

bool
remote_domain_set_memory_flags(RemoteCall *call, gconstpointer data, gpointer result,
                               GError **error)
{
    const remote_domain_set_memory_flags_args *args = data;

    return libxl_driver_domain_set_memory(call->driver, UUID(args), args->memory, args->flags,
                                          error);
}

bool
remote_domain_get_numa_parameters(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_domain_get_numa_parameters_args *args = data;
    remote_domain_get_numa_parameters_ret *ret = result;
    GArray *params =
        libxl_driver_domain_get_numa_parameters(call->driver, UUID(args), args->flags, error);

    if (!params)
        return false;
    ret->nparams = (int)params->len;
    /* Asked for none, it tells how many there are. */
    if (args->nparams >= 0 && params->len > (guint)args->nparams)
        g_array_set_size(params, (guint)args->nparams);
    return remote_params_take(params, REMOTE_DOMAIN_NUMA_PARAMETERS_MAX, &ret->params.params_len,
                              &ret->params.params_val, error);
}

bool
remote_node_get_free_memory(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    remote_node_get_free_memory_ret *ret = result;
    guint64 bytes = 0;

    if (!libxl_driver_node_get_free_memory(call->driver, &bytes, error))
        return false;
    ret->freeMem = bytes;
    return true;
}

bool
remote_node_get_cells_free_memory(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_node_get_cells_free_memory_args *args = data;
    remote_node_get_cells_free_memory_ret *ret = result;
    g_autoptr(GArray) cells = libxl_driver_node_get_cells_free_memory(
        call->driver, args->startCell, MIN(args->maxcells, REMOTE_NODE_MAX_CELLS), error);

    if (!cells)
        return false;
    ret->cells.cells_len = cells->len;
    ret->cells.cells_val = g_new(u_quad_t, cells->len);
    for (guint i = 0; i < cells->len; i++)
        ret->cells.cells_val[i] = g_array_index(cells, guint64, i);
    return true;
}

/* --- the scheduler --------------------------------------------------------------------- */

bool
remote_domain_get_scheduler_type(RemoteCall *call, gconstpointer data, gpointer result,
                                 GError **error)
{
    const remote_domain_get_scheduler_type_args *args = data;
    remote_domain_get_scheduler_type_ret *ret = result;

    ret->type =
        libxl_driver_domain_get_scheduler_type(call->driver, UUID(args), &ret->nparams, error);
    return ret->type != NULL;
}

bool
remote_domain_get_scheduler_parameters(RemoteCall *call, gconstpointer data, gpointer result,
                                       GError **error)
{
    const remote_domain_get_scheduler_parameters_args *args = data;
    remote_domain_get_scheduler_parameters_ret *ret = result;
    GArray *params =
        libxl_driver_domain_get_scheduler_parameters(call->driver, UUID(args), 0, error);

    if (params && args->nparams >= 0 && params->len > (guint)args->nparams)
        g_array_set_size(params, (guint)args->nparams);
    return remote_params_take(params, REMOTE_DOMAIN_SCHEDULER_PARAMETERS_MAX,
                              &ret->params.params_len, &ret->params.params_val, error);
}

bool
remote_domain_get_scheduler_parameters_flags(RemoteCall *call, gconstpointer data, gpointer result,
                                             GError **error)
{
    const remote_domain_get_scheduler_parameters_flags_args *args = data;
    remote_domain_get_scheduler_parameters_flags_ret *ret = result;
    GArray *params =
        libxl_driver_domain_get_scheduler_parameters(call->driver, UUID(args), args->flags, error);

    if (params && args->nparams >= 0 && params->len > (guint)args->nparams)
        g_array_set_size(params, (guint)args->nparams);
    return remote_params_take(params, REMOTE_DOMAIN_SCHEDULER_PARAMETERS_MAX,
                              &ret->params.params_len, &ret->params.params_val, error);
}

static bool
set_scheduler(RemoteCall *call, const guint8 *uuid, const remote_typed_param *array, u_int n,
              guint flags, GError **error)
{
    g_autoptr(GArray) params = remote_params_read(array, n, error);

    return params &&
           libxl_driver_domain_set_scheduler_parameters(call->driver, uuid, params, flags, error);
}

bool
remote_domain_set_scheduler_parameters(RemoteCall *call, gconstpointer data, gpointer result,
                                       GError **error)
{
    const remote_domain_set_scheduler_parameters_args *args = data;

    return set_scheduler(call, UUID(args), args->params.params_val, args->params.params_len, 0,
                         error);
}

bool
remote_domain_set_scheduler_parameters_flags(RemoteCall *call, gconstpointer data, gpointer result,
                                             GError **error)
{
    const remote_domain_set_scheduler_parameters_flags_args *args = data;

    return set_scheduler(call, UUID(args), args->params.params_val, args->params.params_len,
                         args->flags, error);
}

/* --- what is done when it stops ----------------------------------------------------------- */

bool
remote_domain_set_lifecycle_action(RemoteCall *call, gconstpointer data, gpointer result,
                                   GError **error)
{
    const remote_domain_set_lifecycle_action_args *args = data;

    return libxl_driver_domain_set_lifecycle_action(call->driver, UUID(args), args->type,
                                                    args->action, args->flags, error);
}
