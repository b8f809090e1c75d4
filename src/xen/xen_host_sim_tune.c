/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xen/xen_host_sim_tune.h"

#include "xen/xen_host_sim_json.h"

static gsize
get_length(Json *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static Json *
call(XenHost *host, const char *name, Json *args, GError **error)
{
    return xen_sim_client_call(xen_host_sim_get_client(host), name, args, error);
}

/* One that takes a number. */
static bool
call_number(XenHost *host, const char *name, guint32 domid, guint64 value, GError **error)
{
    Json *args = xen_sim_args_new(domid);

    xen_sim_add_number(args, "value", value);
    return xen_sim_client_call_plain(xen_host_sim_get_client(host), name, args, error);
}

/* --- virtual CPUs ---------------------------------------------------------------- */

static XenVcpuInfo *
new_vcpu(Json *object)
{
    XenVcpuInfo *info = xen_vcpu_info_new();
    Json *affinity = json_object_object_get(object, "affinity");

    info->is_online = xen_sim_get_flag(object, "online");
    info->is_running = xen_sim_get_flag(object, "running");
    info->is_blocked = info->is_online && !info->is_running;
    info->cpu = (guint)xen_sim_get_number(object, "cpu");
    info->time_ns = xen_sim_get_number(object, "time_ns");
    for (gsize i = 0; i < get_length(affinity); i++) {
        guint8 byte = (guint8)json_object_get_int(json_object_array_get_idx(affinity, i));

        g_byte_array_append(info->affinity, &byte, 1);
    }
    return info;
}

GPtrArray *
xen_host_sim_list_vcpus(XenHost *host, guint32 domid, GError **error)
{
    g_autoptr(Json) result = call(host, "list_vcpus", xen_sim_args_new(domid), error);
    Json *list = json_object_object_get(result, "vcpus");
    GPtrArray *vcpus;

    if (!result)
        return NULL;
    vcpus = g_ptr_array_new_with_free_func((GDestroyNotify)xen_vcpu_info_free);
    for (gsize i = 0; i < get_length(list); i++)
        g_ptr_array_add(vcpus, new_vcpu(json_object_array_get_idx(list, i)));
    return vcpus;
}

bool
xen_host_sim_set_online_vcpus(XenHost *host, guint32 domid, guint n, GError **error)
{
    return call_number(host, "set_online_vcpus", domid, n, error);
}

bool
xen_host_sim_pin_vcpu(XenHost *host, guint32 domid, guint vcpu, const GByteArray *cpus,
                      GError **error)
{
    Json *args = xen_sim_args_new(domid);
    Json *bytes = json_object_new_array();

    xen_sim_add_number(args, "vcpu", vcpu);
    for (guint i = 0; i < cpus->len; i++)
        json_object_array_add(bytes, json_object_new_int(cpus->data[i]));
    json_object_object_add(args, "affinity", bytes);
    return xen_sim_client_call_plain(xen_host_sim_get_client(host), "pin_vcpu", args, error);
}

/* --- memory ------------------------------------------------------------------------ */

bool
xen_host_sim_set_memory(XenHost *host, guint32 domid, guint64 kib, GError **error)
{
    return call_number(host, "set_memory", domid, kib, error);
}

bool
xen_host_sim_set_max_memory(XenHost *host, guint32 domid, guint64 max, GError **error)
{
    return call_number(host, "set_max_memory", domid, max, error);
}

GArray *
xen_host_sim_list_nodes(XenHost *host, GError **error)
{
    g_autoptr(Json) result = call(host, "list_nodes", NULL, error);
    Json *list = json_object_object_get(result, "nodes");
    GArray *nodes;

    if (!result)
        return NULL;
    nodes = g_array_new(FALSE, FALSE, sizeof(XenNodeMemory));
    for (gsize i = 0; i < get_length(list); i++) {
        Json *object = json_object_array_get_idx(list, i);
        XenNodeMemory node = {xen_sim_get_number(object, "size_kib"),
                              xen_sim_get_number(object, "free_kib")};

        g_array_append_val(nodes, node);
    }
    return nodes;
}

/* --- the scheduler, sleep ------------------------------------------------------------ */

bool
xen_host_sim_get_scheduler(XenHost *host, guint32 domid, XenScheduler *scheduler, GError **error)
{
    g_autoptr(Json) result = call(host, "get_scheduler", xen_sim_args_new(domid), error);

    if (!result)
        return false;
    *scheduler = (XenScheduler){
        .name = "credit2",
        .has_weight = true,
        .weight = (guint)xen_sim_get_number(result, "weight"),
        .cap = (guint)xen_sim_get_number(result, "cap"),
    };
    return true;
}

bool
xen_host_sim_set_scheduler(XenHost *host, guint32 domid, const XenScheduler *scheduler,
                           GError **error)
{
    Json *args = xen_sim_args_new(domid);

    xen_sim_add_number(args, "weight", scheduler->weight);
    xen_sim_add_number(args, "cap", scheduler->cap);
    return xen_sim_client_call_plain(xen_host_sim_get_client(host), "set_scheduler", args, error);
}

bool
xen_host_sim_send_trigger(XenHost *host, guint32 domid, libxl_trigger trigger, GError **error)
{
    Json *args = xen_sim_args_new(domid);

    json_object_object_add(args, "trigger",
                           json_object_new_string(libxl_trigger_to_string(trigger)));
    return xen_sim_client_call_plain(xen_host_sim_get_client(host), "send_trigger", args, error);
}

bool
xen_host_sim_tell_qemu(XenHost *host, guint32 domid, const char *command, GError **error)
{
    Json *args = xen_sim_args_new(domid);

    json_object_object_add(args, "command", json_object_new_string(command));
    return xen_sim_client_call_plain(xen_host_sim_get_client(host), "tell_qemu", args, error);
}

/* --- counters -------------------------------------------------------------------------- */

static gpointer
new_block_stats(Json *object)
{
    XenBlockStats *stats = g_new0(XenBlockStats, 1);

    stats->target = xen_sim_dup_string(object, "target");
    stats->read_requests = xen_sim_get_number(object, "read_requests");
    stats->read_bytes = xen_sim_get_number(object, "read_bytes");
    stats->write_requests = xen_sim_get_number(object, "write_requests");
    stats->write_bytes = xen_sim_get_number(object, "write_bytes");
    stats->flush_requests = xen_sim_get_number(object, "flush_requests");
    return stats;
}

static gpointer
new_interface_stats(Json *object)
{
    XenInterfaceStats *stats = g_new0(XenInterfaceStats, 1);

    stats->name = xen_sim_dup_string(object, "name");
    stats->mac = xen_sim_dup_string(object, "mac");
    stats->rx_bytes = xen_sim_get_number(object, "rx_bytes");
    stats->rx_packets = xen_sim_get_number(object, "rx_packets");
    stats->tx_bytes = xen_sim_get_number(object, "tx_bytes");
    stats->tx_packets = xen_sim_get_number(object, "tx_packets");
    return stats;
}

static GPtrArray *
get_stats(XenHost *host, const char *name, guint32 domid, gpointer (*new_one)(Json *object),
          GDestroyNotify free, GError **error)
{
    g_autoptr(Json) result = call(host, name, xen_sim_args_new(domid), error);
    Json *list = json_object_object_get(result, "devices");
    GPtrArray *all;

    if (!result)
        return NULL;
    all = g_ptr_array_new_with_free_func(free);
    for (gsize i = 0; i < get_length(list); i++)
        g_ptr_array_add(all, new_one(json_object_array_get_idx(list, i)));
    return all;
}

GPtrArray *
xen_host_sim_get_block_stats(XenHost *host, guint32 domid, GError **error)
{
    return get_stats(host, "get_block_stats", domid, new_block_stats,
                     (GDestroyNotify)xen_block_stats_free, error);
}

GPtrArray *
xen_host_sim_get_interface_stats(XenHost *host, guint32 domid, GError **error)
{
    return get_stats(host, "get_interface_stats", domid, new_interface_stats,
                     (GDestroyNotify)xen_interface_stats_free, error);
}
