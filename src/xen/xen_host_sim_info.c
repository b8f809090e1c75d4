/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xen/xen_host_sim_info.h"

#include "xen/xen_host_sim_json.h"
#include "xen/xen_host_sim_tune.h"

static void
read_hw_cap(Json *words, XenHostInfo *info)
{
    gsize n = words ? json_object_array_length(words) : 0;

    for (gsize i = 0; i < MIN(n, XEN_HOST_HW_CAPS); i++)
        info->hw_cap[i] = (guint32)json_object_get_int64(json_object_array_get_idx(words, i));
}

static GArray *
read_places(Json *list)
{
    GArray *places = g_array_new(FALSE, FALSE, sizeof(XenCpuPlace));
    gsize n = list ? json_object_array_length(list) : 0;

    for (gsize i = 0; i < n; i++) {
        Json *object = json_object_array_get_idx(list, i);
        XenCpuPlace place = {(guint)i, (guint)xen_sim_get_number(object, "node"),
                             (guint)xen_sim_get_number(object, "socket"),
                             (guint)xen_sim_get_number(object, "core")};

        g_array_append_val(places, place);
    }
    return places;
}

/* There is one. */
static GArray *
make_node_list(guint64 size_kib)
{
    const guint own_distance = 10;
    XenNode node = {size_kib, g_array_new(FALSE, FALSE, sizeof(guint))};
    GArray *nodes = xen_node_list_new();

    g_array_append_val(node.distances, own_distance);
    g_array_append_val(nodes, node);
    return nodes;
}

bool
xen_host_sim_get_info(XenHost *host, XenHostInfo *info, GError **error)
{
    g_autoptr(Json) result =
        xen_sim_client_call(xen_host_sim_get_client(host), "get_info", NULL, error);

    if (!result)
        return false;
    *info = (XenHostInfo){
        .model = xen_sim_dup_string(result, "model"),
        .memory_kib = xen_sim_get_number(result, "memory_kib"),
        .cpus = (guint)xen_sim_get_number(result, "cpus"),
        .mhz = (guint)xen_sim_get_number(result, "mhz"),
        .nodes = (guint)xen_sim_get_number(result, "nodes"),
        .sockets = (guint)xen_sim_get_number(result, "sockets"),
        .cores = (guint)xen_sim_get_number(result, "cores"),
        .threads = (guint)xen_sim_get_number(result, "threads"),
        .max_vcpus = (guint)xen_sim_get_number(result, "max_vcpus"),
        .version = xen_sim_get_number(result, "version"),
        .capabilities = xen_sim_dup_string(result, "capabilities"),
        .has_hvm = xen_sim_get_flag(result, "has_hvm"),
        .has_hap = xen_sim_get_flag(result, "has_hap"),
    };
    read_hw_cap(json_object_object_get(result, "hw_cap"), info);
    info->cpu_places = read_places(json_object_object_get(result, "places"));
    info->node_list = make_node_list(info->memory_kib);
    return true;
}

bool
xen_host_sim_get_free_memory(XenHost *host, guint64 *kib, GError **error)
{
    g_autoptr(Json) result =
        xen_sim_client_call(xen_host_sim_get_client(host), "get_free_memory", NULL, error);

    if (!result)
        return false;
    *kib = xen_sim_get_number(result, "kib");
    return true;
}

static XenDomainInfo *
new_domain_info(Json *object)
{
    XenDomainInfo *info = g_new0(XenDomainInfo, 1);

    info->domid = (guint32)xen_sim_get_number(object, "domid");
    xen_sim_get_uuid(object, info->uuid);
    info->name = xen_sim_dup_string(object, "name");
    info->is_running = xen_sim_get_flag(object, "running");
    info->is_paused = xen_sim_get_flag(object, "paused");
    info->is_shutdown = xen_sim_get_flag(object, "shutdown");
    info->shutdown_reason = (libxl_shutdown_reason)xen_sim_get_number(object, "reason");
    info->current_memory_kib = xen_sim_get_number(object, "memory_kib");
    info->max_memory_kib = xen_sim_get_number(object, "max_memory_kib");
    info->cpu_time_ns = xen_sim_get_number(object, "cpu_time_ns");
    info->online_vcpus = (guint)xen_sim_get_number(object, "vcpus");
    info->max_vcpus = (guint)xen_sim_get_number(object, "max_vcpus");
    return info;
}

static gsize
get_length(Json *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

GPtrArray *
xen_host_sim_list_domains(XenHost *host, GError **error)
{
    g_autoptr(Json) result =
        xen_sim_client_call(xen_host_sim_get_client(host), "list_domains", NULL, error);
    Json *list = json_object_object_get(result, "domains");
    GPtrArray *domains;

    if (!result)
        return NULL;
    domains = g_ptr_array_new_with_free_func((GDestroyNotify)xen_domain_info_free);
    for (gsize i = 0; i < get_length(list); i++)
        g_ptr_array_add(domains, new_domain_info(json_object_array_get_idx(list, i)));
    return domains;
}

XenDomainInfo *
xen_host_sim_get_domain(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(Json) result = xen_sim_client_call(xen_host_sim_get_client(host), "get_domain",
                                                 xen_sim_args_new(domid), error);

    return result ? new_domain_info(result) : NULL;
}
