/* The processor: <cpu>; see cpu_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/cpu_conf.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/cpuset_conf.h"
#include "util/error.h"
#include "util/i18n.h"

/* A guest has at most as many. */
#define CELLS_MAX 1024

enum {
    MODE_HOST_PASSTHROUGH = 2
};
static ConfNames mode_names = {"custom", "host-model", [MODE_HOST_PASSTHROUGH] = "host-passthrough",
                               "maximum", NULL};
static ConfNames policy_names = {"force", "require", "optional", "disable", "forbid", NULL};

static void
feature_free(gpointer data)
{
    DomainCpuFeature *feature = data;

    g_free(feature->name);
    g_free(feature);
}

static void
cell_free(gpointer data)
{
    DomainCpuCell *cell = data;

    g_free(cell->cpus);
    g_array_unref(cell->distances);
    g_free(cell);
}

void
domain_cpu_init(DomainCpuDef *cpu)
{
    cpu->features = g_ptr_array_new_with_free_func(feature_free);
    cpu->cells = g_ptr_array_new_with_free_func(cell_free);
}

void
domain_cpu_clear(DomainCpuDef *cpu)
{
    g_clear_pointer(&cpu->features, g_ptr_array_unref);
    g_clear_pointer(&cpu->cells, g_ptr_array_unref);
    g_clear_pointer(&cpu->nodeset, g_free);
}

/* --- features ---------------------------------------------------------------- */

static bool
has_feature(const GPtrArray *features, const char *name)
{
    for (guint i = 0; i < features->len; i++) {
        const DomainCpuFeature *feature = features->pdata[i];

        if (g_strcmp0(feature->name, name) == 0)
            return true;
    }
    return false;
}

static bool
parse_feature(GPtrArray *features, xmlNode *node, GError **error)
{
    g_autofree char *name = conf_xml_attr(node, "name");
    int policy = DOMAIN_CPU_REQUIRE;
    DomainCpuFeature *feature;

    if (!conf_xml_attr_enum(node, "policy", policy_names, &policy, VIR_ERR_CONFIG_UNSUPPORTED,
                            error))
        return false;
    if (!name || !*name)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("Invalid CPU feature name"));
    if (has_feature(features, name))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("CPU feature '%s' specified more than once"), name);
    feature = g_new0(DomainCpuFeature, 1);
    feature->name = g_steal_pointer(&name);
    feature->policy = (DomainCpuPolicy)policy;
    g_ptr_array_add(features, feature);
    return true;
}

GPtrArray *
domain_cpu_parse_features(xmlNode *cpu, GError **error)
{
    g_autoptr(GPtrArray) features = g_ptr_array_new_with_free_func(feature_free);

    for (xmlNode *node = NULL; (node = conf_xml_next_child(cpu, node, "feature"));) {
        if (!parse_feature(features, node, error))
            return NULL;
    }
    return g_steal_pointer(&features);
}

/* --- NUMA cells ------------------------------------------------------------------ */

static bool
parse_distance(DomainCpuCell *cell, xmlNode *sibling, GError **error)
{
    unsigned id = 0, value = 0;

    if (!conf_xml_attr_uint(sibling, "id", &id, NULL, VIR_ERR_XML_ERROR, error) ||
        !conf_xml_attr_uint(sibling, "value", &value, NULL, VIR_ERR_XML_ERROR, error))
        return false;
    if (id >= CELLS_MAX)
        return conf_xml_refuse_attr(sibling, "id", "", error);
    if (id >= cell->distances->len)
        g_array_set_size(cell->distances, id + 1);
    g_array_index(cell->distances, unsigned, id) = value;
    return true;
}

static bool
parse_cell_memory(DomainCpuCell *cell, xmlNode *node, GError **error)
{
    g_autofree char *unit = conf_xml_attr(node, "unit");
    guint64 memory = 0;
    bool given = false;

    if (!conf_xml_attr_uint64(node, "memory", &memory, &given, VIR_ERR_XML_ERROR, error))
        return false;
    if (!given)
        return conf_xml_refuse_missing(node, "memory", error);
    if (!conf_scale_bytes(memory, unit, 1024, G_MAXUINT64 >> 1, &memory, error))
        return false;
    cell->memory_kib = memory / 1024 + (memory % 1024 != 0);
    return true;
}

static bool
parse_cell(DomainCpuCell *cell, xmlNode *node, GError **error)
{
    xmlNode *distances = conf_xml_child(node, "distances");

    cell->cpus = conf_xml_attr(node, "cpus");
    if (!conf_xml_attr_uint(node, "id", &cell->id, NULL, VIR_ERR_XML_ERROR, error) ||
        !parse_cell_memory(cell, node, error))
        return false;
    for (xmlNode *sibling = NULL;
         distances && (sibling = conf_xml_next_child(distances, sibling, "sibling"));) {
        if (!parse_distance(cell, sibling, error))
            return false;
    }
    return true;
}

static gint
compare_cells(gconstpointer a, gconstpointer b)
{
    const DomainCpuCell *const *left = a;
    const DomainCpuCell *const *right = b;

    return ((*left)->id > (*right)->id) - ((*left)->id < (*right)->id);
}

/* Each number from 0 on once. */
static bool
sort_cells(DomainCpuDef *cpu, GError **error)
{
    g_ptr_array_sort(cpu->cells, compare_cells);
    for (guint i = 0; i < cpu->cells->len; i++) {
        const DomainCpuCell *cell = cpu->cells->pdata[i];

        if (cell->id != i)
            return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                    _("<numa>: there must be one cell with id '%u', not with '%u'"),
                                    i, cell->id);
    }
    return true;
}

/* Adds the vCPUs of @cell to @all, if none of them is there. */
static bool
claim_cpus(const DomainCpuCell *cell, GByteArray *all, GError **error)
{
    g_autoptr(GByteArray) cpus = cell->cpus ? cpuset_parse(cell->cpus) : NULL;
    guint old = all->len;

    if (!cpus)
        return !cell->cpus || virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                               _("Failed to parse bitmap '%s'"), cell->cpus);
    if (cpus->len > old) {
        g_byte_array_set_size(all, cpus->len);
        memset(all->data + old, 0, cpus->len - old);
    }
    for (guint i = 0; i < cpus->len; i++) {
        if (all->data[i] & cpus->data[i])
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("NUMA cell %u has vCPUs that another cell has, too"),
                                    cell->id);
        all->data[i] |= cpus->data[i];
    }
    return true;
}

/* A vCPU is in one cell, and there are no others than the guest's. */
static bool
check_cell_cpus(const DomainCpuDef *cpu, guint vcpus, GError **error)
{
    g_autoptr(GByteArray) all = g_byte_array_new();
    guint last;

    for (guint i = 0; i < cpu->cells->len; i++) {
        if (!claim_cpus(cpu->cells->pdata[i], all, error))
            return false;
    }
    last = all->len ? (all->len - 1) * 8 + (guint)g_bit_storage(all->data[all->len - 1]) : 0;
    return last <= vcpus || virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                             _("Number of CPUs in <numa> exceeds the <vcpu> "
                                               "count"));
}

static bool
parse_cells(DomainCpuDef *cpu, xmlNode *numa, GError **error)
{
    for (xmlNode *node = NULL; (node = conf_xml_next_child(numa, node, "cell"));) {
        DomainCpuCell *cell = g_new0(DomainCpuCell, 1);

        cell->id = cpu->cells->len;
        cell->distances = g_array_new(FALSE, TRUE, sizeof(unsigned));
        g_ptr_array_add(cpu->cells, cell);
        if (!parse_cell(cell, node, error))
            return false;
    }
    return sort_cells(cpu, error);
}

/* --- all of it ------------------------------------------------------------------- */

static bool
parse_numatune(DomainCpuDef *cpu, xmlNode *domain, GError **error)
{
    xmlNode *node = conf_xml_child(domain, "numatune");
    g_autofree char *nodeset = node ? conf_xml_child_attr(node, "memory", "nodeset") : NULL;

    if (!node)
        return true;
    if (conf_xml_written_child(node, "memnode") && cpu->cells->len == 0)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Element 'memnode' is invalid without any guest NUMA cells"));
    conf_xml_unsee(node);
    if (!nodeset)
        return true;
    cpu->nodeset = cpuset_tidy(nodeset, error);
    return cpu->nodeset != NULL;
}

static bool
parse_cpu(DomainCpuDef *cpu, xmlNode *domain, GError **error)
{
    xmlNode *node = conf_xml_child(domain, "cpu");
    GPtrArray *features;
    xmlNode *numa;
    int mode;

    if (!node)
        return true;
    if (!conf_xml_attr_enum(node, "mode", mode_names, &mode, VIR_ERR_CONFIG_UNSUPPORTED, error))
        return false;
    cpu->is_host = mode == MODE_HOST_PASSTHROUGH;
    features = domain_cpu_parse_features(node, error);
    if (!features)
        return false;
    g_ptr_array_unref(cpu->features);
    cpu->features = features;
    numa = conf_xml_child(node, "numa");
    if (numa && !parse_cells(cpu, numa, error))
        return false;
    conf_xml_unsee(node);
    return true;
}

bool
domain_cpu_parse(DomainCpuDef *cpu, xmlNode *domain, guint vcpus, GError **error)
{
    return parse_cpu(cpu, domain, error) && check_cell_cpus(cpu, vcpus, error) &&
           parse_numatune(cpu, domain, error);
}
