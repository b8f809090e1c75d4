/* <cpu> and <numatune> as libxl's configuration.
 *
 * Xen has no CPU models: a guest sees the host's processor, less what Xen can't offer
 * and what the definition says. Which model a definition names, if any, does not
 * matter here; its list of features does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <libxl_utils.h>
#include <string.h>

#include "conf/cpu_conf.h"
#include "conf/cpuset_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

/* --- features ---------------------------------------------------------------- */

/* Features that libvirt and Linux call by another name than libxl (xl.cfg(5), "cpuid"). */
static const struct {
    const char *libvirt;
    const char *libxl;
} names[] = {
    {"clflush", "clfsh"},
    {"cmp_legacy", "cmplegacy"},
    {"cr8legacy", "altmovcr8"},
    {"cx16", "cmpxchg16"},
    {"cx8", "cmpxchg8"},
    {"ds_cpl", "dscpl"},
    {"fxsr_opt", "ffxsr"},
    {"ht", "htt"},
    {"lahf_lm", "lahfsahf"},
    {"nodeid_msr", "nodeid"},
    {"pclmuldq", "pclmulqdq"},
    {"pdpe1gb", "page1gb"},
    {"pni", "sse3"},
    {"pn", "psn"},
    {"sep", "sysenter"},
};

static const char *
libxl_name(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i].libvirt, name) == 0)
            return names[i].libxl;
    }
    return name;
}

/* These two are one switch of a fully virtualised guest, whichever the host has. */
static bool
is_nesting(const DomainCpuFeature *feature)
{
    return strcmp(feature->name, "vmx") == 0 || strcmp(feature->name, "svm") == 0;
}

static bool
map_feature(const DomainDef *def, const DomainCpuFeature *feature, libxl_domain_build_info *info,
            GError **error)
{
    bool on = feature->policy == DOMAIN_CPU_FORCE || feature->policy == DOMAIN_CPU_REQUIRE;
    g_autofree char *setting = NULL;

    if (feature->policy == DOMAIN_CPU_OPTIONAL)
        return true;
    if (is_nesting(feature)) {
        if (libxl_conf_is_hvm(def))
            libxl_defbool_set(&info->nested_hvm, on);
        return true;
    }
    setting = g_strdup_printf("%s=%d", libxl_name(feature->name), on);
    if (libxl_cpuid_parse_config(&info->cpuid, setting) == 0)
        return true;
    return libxl_conf_refuse(def, error, _("<cpu>: Xen knows no feature '%s'"), feature->name);
}

void
libxl_conf_allow_nesting(const DomainDef *def, libxl_domain_config *config)
{
    bool allowed = libxl_conf_is_hvm(def) && def->cpu.is_host;

    for (guint i = 0; i < def->cpu.features->len; i++) {
        const DomainCpuFeature *feature = def->cpu.features->pdata[i];

        if (is_nesting(feature) &&
            (feature->policy == DOMAIN_CPU_DISABLE || feature->policy == DOMAIN_CPU_FORBID))
            allowed = false;
    }
    if (allowed)
        libxl_defbool_set(&config->b_info.nested_hvm, true);
}

/* --- NUMA cells ----------------------------------------------------------------- */

static bool
map_cell_vcpus(const DomainDef *def, const DomainCpuCell *cell, libxl_vnode_info *node,
               GError **error)
{
    g_autoptr(GByteArray) cpus = cell->cpus ? cpuset_parse(cell->cpus) : g_byte_array_new();

    if (!cpus || cpus->len > (def->vcpus_max + 7) / 8)
        return libxl_conf_refuse(def, error,
                                 _("<numa>: cpus='%s' are not vCPUs of this guest, which has %u"),
                                 cell->cpus, def->vcpus_max);
    libxl_conf_bitmap_init(&node->vcpus, def->vcpus_max);
    if (cpus->len > 0)
        memcpy(node->vcpus.map, cpus->data, cpus->len);
    return true;
}

/* Local memory is 10 away, other memory 20, where nothing is said. */
static void
map_distances(const DomainCpuCell *cell, guint number, guint n_cells, libxl_vnode_info *node)
{
    node->num_distances = (int)n_cells;
    node->distances = g_new0(uint32_t, n_cells);
    for (guint i = 0; i < n_cells; i++) {
        unsigned given = i < cell->distances->len ? g_array_index(cell->distances, unsigned, i) : 0;

        node->distances[i] = given ? given : i == number ? 10 : 20;
    }
}

/* Each of the guest's cells has its memory on the node of the host with its number. */
static bool
map_cells(const DomainDef *def, libxl_domain_build_info *info, GError **error)
{
    const GPtrArray *cells = def->cpu.cells;

    info->vnuma_nodes = g_new0(libxl_vnode_info, cells->len);
    for (guint i = 0; i < cells->len; i++) {
        const DomainCpuCell *cell = cells->pdata[i];
        libxl_vnode_info *node = &info->vnuma_nodes[info->num_vnuma_nodes++];

        libxl_vnode_info_init(node);
        node->memkb = cell->memory_kib;
        node->pnode = i;
        map_distances(cell, i, cells->len, node);
        if (!map_cell_vcpus(def, cell, node, error))
            return false;
    }
    return true;
}

/* The host's nodes that the guest's memory comes from. libxl would choose them by itself,
 * and refuses both. */
static void
map_nodeset(const DomainCpuDef *cpu, libxl_domain_build_info *info)
{
    g_autoptr(GByteArray) nodes = cpu->nodeset ? cpuset_parse(cpu->nodeset) : NULL;

    if (!nodes)
        return;
    libxl_conf_bitmap_init(&info->nodemap, nodes->len * 8);
    memcpy(info->nodemap.map, nodes->data, nodes->len);
    libxl_defbool_set(&info->numa_placement, false);
}

bool
libxl_conf_map_cpu(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    map_nodeset(&def->cpu, &config->b_info);
    for (guint i = 0; i < def->cpu.features->len; i++) {
        if (!map_feature(def, def->cpu.features->pdata[i], &config->b_info, error))
            return false;
    }
    return def->cpu.cells->len == 0 || map_cells(def, &config->b_info, error);
}
