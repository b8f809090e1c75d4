/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/resources.h"

#include <string.h>

#include "simhost/host.h"
#include "simhost/json_tools.h"

/* Bytes of a set of all the host's CPUs. */
#define AFFINITY_SIZE ((SIM_HOST_CPUS + 7) / 8)

static gsize
get_length(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static void
free_affinity(gpointer cpus)
{
    if (cpus)
        g_byte_array_unref(cpus);
}

/* The string @key of each device in @list. */
static GPtrArray *
collect(struct json_object *list, const char *key)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; i < get_length(list); i++) {
        struct json_object *value = json_object_object_get(json_object_array_get_idx(list, i), key);

        if (value)
            g_ptr_array_add(all, g_strdup(json_object_get_string(value)));
    }
    return all;
}

/* A bitmap in libxl's JSON is the list of its bits. */
static GByteArray *
read_bitmap(struct json_object *bits)
{
    GByteArray *cpus = g_byte_array_sized_new(AFFINITY_SIZE);

    g_byte_array_set_size(cpus, AFFINITY_SIZE);
    memset(cpus->data, 0, cpus->len);
    for (gsize i = 0; i < get_length(bits); i++) {
        int bit = json_object_get_int(json_object_array_get_idx(bits, i));

        if (bit >= 0 && bit < SIM_HOST_CPUS)
            cpus->data[bit / 8] |= (guint8)(1 << (bit % 8));
    }
    return cpus;
}

static void
read_affinity(SimResources *resources, struct json_object *list)
{
    for (gsize i = 0; i < get_length(list); i++)
        sim_resources_pin(resources, (guint)i, read_bitmap(json_object_array_get_idx(list, i)));
}

SimResources *
sim_resources_new(struct json_object *config)
{
    SimResources *resources = g_new0(SimResources, 1);
    struct json_object *build = json_object_object_get(config, "b_info");
    struct json_object *scheduler = json_object_object_get(build, "sched_params");
    struct json_object *weight = json_object_object_get(scheduler, "weight");

    resources->weight = weight ? (guint)json_object_get_int(weight) : SIM_WEIGHT_DEFAULT;
    resources->affinity = g_ptr_array_new_with_free_func(free_affinity);
    read_affinity(resources, json_object_object_get(build, "vcpu_hard_affinity"));
    resources->disks = collect(json_object_object_get(config, "disks"), "vdev");
    resources->nets = collect(json_object_object_get(config, "nics"), "mac");
    return resources;
}

void
sim_resources_free(SimResources *resources)
{
    if (!resources)
        return;
    g_ptr_array_unref(resources->affinity);
    g_ptr_array_unref(resources->disks);
    g_ptr_array_unref(resources->nets);
    g_free(resources->told);
    g_free(resources);
}

void
sim_resources_pin(SimResources *resources, guint vcpu, GByteArray *cpus)
{
    while (resources->affinity->len <= vcpu)
        g_ptr_array_add(resources->affinity, NULL);
    free_affinity(resources->affinity->pdata[vcpu]);
    resources->affinity->pdata[vcpu] = cpus;
}

struct json_object *
sim_resources_describe_affinity(const SimResources *resources, guint vcpu)
{
    const GByteArray *cpus =
        vcpu < resources->affinity->len ? resources->affinity->pdata[vcpu] : NULL;
    struct json_object *bytes = json_object_new_array();

    for (guint i = 0; i < AFFINITY_SIZE; i++) {
        int byte = 0xff;

        if (cpus)
            byte = i < cpus->len ? cpus->data[i] : 0;
        json_object_array_add(bytes, json_object_new_int(byte));
    }
    return bytes;
}

struct json_object *
sim_resources_describe_disks(const SimResources *resources)
{
    struct json_object *list = json_object_new_array();

    for (guint i = 0; i < resources->disks->len; i++) {
        struct json_object *disk = json_object_new_object();

        sim_json_add_string(disk, "target", resources->disks->pdata[i]);
        sim_json_add_number(disk, "read_requests", 100 + i);
        sim_json_add_number(disk, "read_bytes", (100 + i) * 4096);
        sim_json_add_number(disk, "write_requests", 10 + i);
        sim_json_add_number(disk, "write_bytes", (10 + i) * 4096);
        sim_json_add_number(disk, "flush_requests", 1);
        json_object_array_add(list, disk);
    }
    return list;
}

struct json_object *
sim_resources_describe_nets(const SimResources *resources, guint32 domid)
{
    struct json_object *list = json_object_new_array();

    for (guint i = 0; i < resources->nets->len; i++) {
        g_autofree char *name = g_strdup_printf("vif%u.%u", domid, i);
        struct json_object *net = json_object_new_object();

        sim_json_add_string(net, "name", name);
        sim_json_add_string(net, "mac", resources->nets->pdata[i]);
        sim_json_add_number(net, "rx_bytes", 6000 + i);
        sim_json_add_number(net, "rx_packets", 60);
        sim_json_add_number(net, "tx_bytes", 4000 + i);
        sim_json_add_number(net, "tx_packets", 40);
        json_object_array_add(list, net);
    }
    return list;
}
