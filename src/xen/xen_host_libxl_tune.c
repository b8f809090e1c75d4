/* Virtual CPUs, memory and the scheduler of the real host's domains.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_libxl.h"

#define KIB 1024

/* --- virtual CPUs ------------------------------------------------------------ */

static XenVcpuInfo *
new_vcpu(const libxl_vcpuinfo *from)
{
    XenVcpuInfo *info = xen_vcpu_info_new();

    info->is_online = from->online;
    info->is_running = from->running;
    info->is_blocked = from->blocked;
    info->cpu = from->cpu;
    info->time_ns = from->vcpu_time;
    g_byte_array_append(info->affinity, from->cpumap.map, from->cpumap.size);
    return info;
}

GPtrArray *
xen_host_libxl_list_vcpus(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    GPtrArray *vcpus;
    libxl_vcpuinfo *list;
    int n = 0, n_cpus = 0;

    if (!context)
        return NULL;
    list = libxl_list_vcpu(context->libxl, domid, &n, &n_cpus);
    if (!list) {
        xen_context_fail_domain(context, ERROR_FAIL, domid, error,
                                _("cannot look at the vCPUs of domain %u"), domid);
        return NULL;
    }
    vcpus = g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))xen_vcpu_info_free);
    for (int i = 0; i < n; i++)
        g_ptr_array_add(vcpus, new_vcpu(&list[i]));
    libxl_vcpuinfo_list_free(list, n);
    return vcpus;
}

bool
xen_host_libxl_set_online_vcpus(XenHost *host, guint32 domid, guint n, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    libxl_bitmap online;
    int rc;

    if (!context)
        return false;
    libxl_bitmap_init(&online);
    rc = libxl_cpu_bitmap_alloc(context->libxl, &online, (int)n);
    if (rc == 0) {
        libxl_bitmap_set_none(&online);
        for (guint i = 0; i < n; i++)
            libxl_bitmap_set(&online, (int)i);
        rc = libxl_set_vcpuonline(context->libxl, domid, &online, NULL);
    }
    libxl_bitmap_dispose(&online);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot set the number of vCPUs of domain %u to %u"),
                                       domid, n);
    return true;
}

bool
xen_host_libxl_pin_vcpu(XenHost *host, guint32 domid, guint vcpu, const GByteArray *cpus,
                        GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    const libxl_bitmap map = {.size = cpus->len, .map = cpus->data};
    int rc;

    if (!context)
        return false;
    rc = libxl_set_vcpuaffinity(context->libxl, domid, vcpu, &map, NULL);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot pin vCPU %u of domain %u"), vcpu, domid);
    return true;
}

/* --- memory ------------------------------------------------------------------- */

/* As xl and libvirt's driver do, enforced: the guest can't get more than that. */
bool
xen_host_libxl_set_memory(XenHost *host, guint32 domid, guint64 kib, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_set_memory_target(context->libxl, domid, (int64_t)kib, 0, 1);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot set the memory of domain %u to %llu KiB"), domid,
                                       (unsigned long long)kib);
    return true;
}

bool
xen_host_libxl_set_max_memory(XenHost *host, guint32 domid, guint64 max, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_domain_setmaxmem(context->libxl, domid, max);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot set the maximum memory of domain %u to %llu KiB"),
                                       domid, (unsigned long long)max);
    return true;
}

GArray *
xen_host_libxl_list_nodes(XenHost *host, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    libxl_numainfo *list;
    GArray *nodes;
    int n = 0;

    if (!context)
        return NULL;
    list = libxl_get_numainfo(context->libxl, &n);
    if (!list) {
        xen_context_fail(context, ERROR_FAIL, error, _("cannot look at the host's NUMA nodes"));
        return NULL;
    }
    nodes = g_array_new(FALSE, FALSE, sizeof(XenNodeMemory));
    for (int i = 0; i < n; i++) {
        XenNodeMemory node = {0};

        if (list[i].size != LIBXL_NUMAINFO_INVALID_ENTRY)
            node = (XenNodeMemory){list[i].size / KIB, list[i].free / KIB};
        g_array_append_val(nodes, node);
    }
    libxl_numainfo_list_free(list, n);
    return nodes;
}

/* --- the scheduler ------------------------------------------------------------- */

bool
xen_host_libxl_get_scheduler(XenHost *host, guint32 domid, XenScheduler *scheduler, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    libxl_domain_sched_params params;
    int rc;

    if (!context)
        return false;
    libxl_domain_sched_params_init(&params);
    rc = libxl_domain_sched_params_get(context->libxl, domid, &params);
    if (rc == 0) {
        *scheduler = (XenScheduler){0};
        g_strlcpy(scheduler->name, libxl_scheduler_to_string(params.sched),
                  sizeof(scheduler->name));
        scheduler->has_weight =
            params.sched == LIBXL_SCHEDULER_CREDIT || params.sched == LIBXL_SCHEDULER_CREDIT2;
        if (scheduler->has_weight) {
            scheduler->weight = (guint)params.weight;
            scheduler->cap = (guint)params.cap;
        }
    }
    libxl_domain_sched_params_dispose(&params);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot look at the scheduler of domain %u"), domid);
    return true;
}

bool
xen_host_libxl_set_scheduler(XenHost *host, guint32 domid, const XenScheduler *scheduler,
                             GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    libxl_domain_sched_params params;
    int rc;

    if (!context)
        return false;
    libxl_domain_sched_params_init(&params);
    params.weight = (int)scheduler->weight;
    params.cap = (int)scheduler->cap;
    rc = libxl_domain_sched_params_set(context->libxl, domid, &params);
    libxl_domain_sched_params_dispose(&params);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot set the weight and cap of domain %u"), domid);
    return true;
}

bool
xen_host_libxl_send_trigger(XenHost *host, guint32 domid, libxl_trigger trigger, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    int rc;

    if (!context)
        return false;
    rc = libxl_send_trigger(context->libxl, domid, trigger, 0, NULL);
    if (rc)
        return xen_context_fail_domain(context, rc, domid, error,
                                       _("cannot send '%s' to domain %u"),
                                       libxl_trigger_to_string(trigger), domid);
    return true;
}

/* It answers with nothing where it has done what it was told. */
bool
xen_host_libxl_tell_qemu(XenHost *host, guint32 domid, const char *command, GError **error)
{
    g_autoptr(XenContext) context = xen_host_libxl_take_context(host, error);
    char *answer = NULL;
    bool ok = true;
    int rc;

    if (!context)
        return false;
    rc = libxl_qemu_monitor_command(context->libxl, domid, command, &answer, NULL);
    if (rc)
        ok = xen_context_fail_domain(context, rc, domid, error,
                                     _("cannot reach the device model of domain %u"), domid);
    else if (answer && *g_strstrip(answer))
        ok = virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                              _("the device model of domain %u says: %s"), domid, answer);
    free(answer);
    return ok;
}
