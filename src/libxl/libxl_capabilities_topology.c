/* A cell is a NUMA node, and siblings are the threads of one core.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_capabilities_topology.h"

#include "conf/cpuset_conf.h"

static const XenCpuPlace *
get_place(const XenHostInfo *info, guint index)
{
    return &g_array_index(info->cpu_places, XenCpuPlace, index);
}

/* The threads of the core that @place is on, as a list. */
static char *
list_siblings(const XenHostInfo *info, const XenCpuPlace *place)
{
    g_autoptr(GByteArray) bits = g_byte_array_new();

    for (guint i = 0; i < info->cpu_places->len; i++) {
        const XenCpuPlace *other = get_place(info, i);

        if (other->node != place->node || other->socket != place->socket ||
            other->core != place->core)
            continue;
        while (bits->len <= other->id / 8)
            g_byte_array_append(bits, (const guint8 *)"", 1);
        bits->data[other->id / 8] |= (guint8)(1u << other->id % 8);
    }
    return cpuset_format(bits->data, bits->len);
}

static void
add_cpu(xmlNode *cpus, const XenHostInfo *info, const XenCpuPlace *place)
{
    g_autofree char *siblings = list_siblings(info, place);
    xmlNode *cpu = conf_xml_add(cpus, "cpu");

    conf_xml_setf(cpu, "id", "%u", place->id);
    conf_xml_setf(cpu, "socket_id", "%u", place->socket);
    conf_xml_set(cpu, "die_id", "0");
    conf_xml_setf(cpu, "core_id", "%u", place->core);
    conf_xml_set(cpu, "siblings", siblings);
}

static void
add_cpus(xmlNode *cell, const XenHostInfo *info, guint number)
{
    xmlNode *cpus = conf_xml_add(cell, "cpus");
    guint n = 0;

    for (guint i = 0; i < info->cpu_places->len; i++)
        n += get_place(info, i)->node == number;
    conf_xml_setf(cpus, "num", "%u", n);
    for (guint i = 0; i < info->cpu_places->len; i++) {
        if (get_place(info, i)->node == number)
            add_cpu(cpus, info, get_place(info, i));
    }
}

static void
add_distances(xmlNode *cell, const XenNode *node)
{
    xmlNode *distances;

    if (node->distances->len == 0)
        return;
    distances = conf_xml_add(cell, "distances");
    for (guint i = 0; i < node->distances->len; i++) {
        xmlNode *sibling = conf_xml_add(distances, "sibling");

        conf_xml_setf(sibling, "id", "%u", i);
        conf_xml_setf(sibling, "value", "%u", g_array_index(node->distances, guint, i));
    }
}

static void
add_cell(xmlNode *cells, const XenHostInfo *info, guint number)
{
    const XenNode *node = &g_array_index(info->node_list, XenNode, number);
    g_autofree char *kib = g_strdup_printf("%" G_GUINT64_FORMAT, node->size_kib);
    xmlNode *cell = conf_xml_add(cells, "cell");

    conf_xml_setf(cell, "id", "%u", number);
    conf_xml_set(conf_xml_add_text(cell, "memory", kib), "unit", "KiB");
    add_distances(cell, node);
    add_cpus(cell, info, number);
}

void
libxl_capabilities_add_topology(xmlNode *host, const XenHostInfo *info)
{
    xmlNode *cells;

    if (!info->cpu_places || !info->node_list)
        return;
    cells = conf_xml_add(conf_xml_add(host, "topology"), "cells");
    conf_xml_setf(cells, "num", "%u", info->node_list->len);
    for (guint i = 0; i < info->node_list->len; i++)
        add_cell(cells, info, i);
}
