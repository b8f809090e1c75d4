/* A <cpu> with an <arch> is a host's and names what it has. Without it, it is a guest's: its
 * features have policies, and `match` says whether the host may have more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/cpu_model.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/cpu_conf.h"
#include "util/error.h"
#include "util/i18n.h"

#define SOURCE "CPU_definition"

typedef struct {
    char *arch; /* NULL: a guest's, which has none */
    char *vendor;
    const CpuModel *model; /* NULL: none given */
    bool is_strict;
    CpuFeatures by_policy[DOMAIN_CPU_POLICIES]; /* those that the model has are required */
} Cpu;

static void
cpu_clear(Cpu *cpu)
{
    g_free(cpu->arch);
    g_free(cpu->vendor);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cpu, cpu_clear)

bool
cpu_is_x86(const char *arch)
{
    return strcmp(arch, "x86_64") == 0 || strcmp(arch, "i686") == 0;
}

/* --- reading ------------------------------------------------------------------------- */

static bool
read_features(Cpu *cpu, const CpuMap *map, xmlNode *node, GError **error)
{
    g_autoptr(GPtrArray) features = domain_cpu_parse_features(node, error);

    if (!features)
        return false;
    if (features->len > 0 && cpu->arch && !cpu->model)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Non-empty feature list specified without CPU model"));
    for (guint i = 0; i < features->len; i++) {
        const DomainCpuFeature *feature = features->pdata[i];
        int number = cpu_map_find_feature(map, feature->name);

        if (number < 0)
            return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("Unknown CPU feature %s"),
                                    feature->name);
        cpu_features_add(&cpu->by_policy[cpu->arch ? DOMAIN_CPU_REQUIRE : feature->policy],
                         (guint)number);
    }
    return true;
}

static bool
read_model(Cpu *cpu, const CpuMap *map, xmlNode *node, GError **error)
{
    g_autofree char *name = conf_xml_child_text(node, "model");
    CpuFeatures *required = &cpu->by_policy[DOMAIN_CPU_REQUIRE];

    if (!name)
        return true;
    cpu->model = cpu_map_find_model(map, name);
    if (!cpu->model)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("Unknown CPU model %s"), name);
    *required = cpu_features_union(required, &cpu->model->features);
    return true;
}

static bool
read_cpu(Cpu *cpu, const CpuMap *map, const char *xml, GError **error)
{
    static ConfNames matches = {"minimum", "exact", "strict", NULL};
    g_autoptr(xmlDoc) doc = NULL;
    xmlNode *node;
    int match = -1;

    if (!*xml)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("missing CPU definition"));
    if (!(doc = conf_xml_parse(xml, SOURCE, "cpu", error)))
        return false;
    node = conf_xml_root(doc);
    if (!conf_xml_attr_enum(node, "match", matches, &match, VIR_ERR_XML_ERROR, error))
        return false;
    cpu->is_strict = match == conf_names_find(matches, "strict");
    cpu->arch = conf_xml_child_text(node, "arch");
    cpu->vendor = conf_xml_child_text(node, "vendor");
    if (cpu->arch && match >= 0)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("<arch> cannot be used inside <cpu> with attribute 'match'"));
    return read_model(cpu, map, node, error) && read_features(cpu, map, node, error);
}

/* --- the nearest model -------------------------------------------------------------- */

/* How many of @features @model lacks, and how many it has beyond them. */
typedef struct {
    guint lacks;
    guint excess;
} Distance;

static Distance
get_distance(const CpuModel *model, const CpuFeatures *features)
{
    CpuFeatures lacks = cpu_features_difference(features, &model->features);
    CpuFeatures excess = cpu_features_difference(&model->features, features);

    return (Distance){cpu_features_count(&lacks), cpu_features_count(&excess)};
}

/* The one with the shorter list of features beside the model; then the one from which less
 * is to be taken away. */
static bool
is_nearer(Distance a, Distance b)
{
    if (a.lacks + a.excess != b.lacks + b.excess)
        return a.lacks + a.excess < b.lacks + b.excess;
    return a.excess < b.excess;
}

/* Of two that are as near, the later one in the database, which is the newer. A host has all
 * that its model has. @vendor: NULL if anyone's will do; models of no vendor always do. */
static const CpuModel *
find_nearest(const CpuMap *map, const CpuFeatures *features, const char *vendor, bool is_host)
{
    const CpuModel *nearest = NULL;
    Distance shortest = {0};

    for (guint i = 0; i < map->models->len; i++) {
        const CpuModel *model = map->models->pdata[i];
        Distance distance = get_distance(model, features);

        if (!(is_host ? model->for_hosts && distance.excess == 0 : model->for_guests))
            continue;
        if (vendor && model->vendor && strcmp(vendor, model->vendor) != 0)
            continue;
        if (nearest && is_nearer(shortest, distance))
            continue;
        nearest = model;
        shortest = distance;
    }
    return nearest;
}

/* --- the host -------------------------------------------------------------------------- */

CpuHost *
cpu_host_new(CpuMap *map, const CpuidWord *words, gsize n)
{
    CpuHost *host = g_new0(CpuHost, 1);

    host->map = map;
    host->features = cpu_map_decode(map, words, n);
    host->model = find_nearest(map, &host->features, NULL, true);
    return host;
}

void
cpu_host_free(CpuHost *host)
{
    if (!host)
        return;
    cpu_map_free(host->map);
    g_free(host);
}

bool
cpu_host_has(const CpuHost *host, const char *feature)
{
    int number = cpu_map_find_feature(host->map, feature);

    return number >= 0 && cpu_features_has(&host->features, (guint)number);
}

static void
add_features(xmlNode *cpu, const CpuMap *map, const CpuFeatures *features, const char *policy)
{
    for (guint i = 0; i < map->features->len; i++) {
        xmlNode *node;

        if (!cpu_features_has(features, i))
            continue;
        node = conf_xml_add(cpu, "feature");
        conf_xml_set(node, "policy", policy);
        conf_xml_set(node, "name", cpu_map_feature_name(map, i));
    }
}

void
cpu_host_format_features(const CpuHost *host, xmlNode *cpu)
{
    CpuFeatures more = cpu_features_difference(&host->features, &host->model->features);

    add_features(cpu, host->map, &more, NULL);
}

/* --- comparing ---------------------------------------------------------------------------- */

/* "what: a,b,c" */
static char *
name_features(const CpuMap *map, const char *what, const CpuFeatures *features)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < map->features->len; i++) {
        if (cpu_features_has(features, i))
            g_string_append_printf(names, "%s%s", names->len > 0 ? "," : "",
                                   cpu_map_feature_name(map, i));
    }
    return g_strdup_printf("%s: %s", what, names->str);
}

/* What @cpu asks for and the host can't give, as a new string; NULL: nothing. */
static char *
find_lack(const CpuHost *host, const Cpu *cpu, const CpuFeatures *mentioned)
{
    CpuFeatures forbidden =
        cpu_features_intersection(&cpu->by_policy[DOMAIN_CPU_FORBID], &host->features);
    CpuFeatures missing =
        cpu_features_difference(&cpu->by_policy[DOMAIN_CPU_REQUIRE], &host->features);
    CpuFeatures more = cpu_features_difference(&host->features, mentioned);

    missing = cpu_features_difference(&missing, &cpu->by_policy[DOMAIN_CPU_FORCE]);
    missing = cpu_features_difference(&missing, &cpu->by_policy[DOMAIN_CPU_OPTIONAL]);
    missing = cpu_features_difference(&missing, &cpu->by_policy[DOMAIN_CPU_DISABLE]);
    if (cpu->arch && !cpu_is_x86(cpu->arch))
        return g_strdup_printf(_("CPU arch %s does not match host arch"), cpu->arch);
    if (cpu->vendor && g_strcmp0(cpu->vendor, host->model->vendor) != 0)
        return g_strdup_printf(_("host CPU vendor does not match required CPU vendor %s"),
                               cpu->vendor);
    if (!cpu_features_is_empty(&forbidden))
        return name_features(host->map, _("host has forbidden CPU features"), &forbidden);
    if (!cpu_features_is_empty(&missing))
        return name_features(host->map, _("host lacks CPU features"), &missing);
    if (cpu->is_strict && !cpu_features_is_empty(&more))
        return name_features(host->map, _("host has more CPU features"), &more);
    return NULL;
}

virCPUCompareResult
cpu_host_compare(const CpuHost *host, const char *xml, char **lack, GError **error)
{
    g_auto(Cpu) cpu = {0};
    CpuFeatures mentioned = {0};
    CpuFeatures more;

    if (!read_cpu(&cpu, host->map, xml, error))
        return VIR_CPU_COMPARE_ERROR;
    for (DomainCpuPolicy policy = 0; policy < DOMAIN_CPU_FORBID; policy++)
        mentioned = cpu_features_union(&mentioned, &cpu.by_policy[policy]);
    *lack = find_lack(host, &cpu, &mentioned);
    if (*lack)
        return VIR_CPU_COMPARE_INCOMPATIBLE;
    more = cpu_features_difference(&host->features, &mentioned);
    return cpu_features_is_empty(&more) ? VIR_CPU_COMPARE_IDENTICAL : VIR_CPU_COMPARE_SUPERSET;
}

/* --- what several have in common ------------------------------------------------------- */

static bool
read_host_cpu(Cpu *cpu, const CpuMap *map, const char *xml, guint i, GError **error)
{
    if (!read_cpu(cpu, map, xml, error))
        return false;
    if (!cpu->arch)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("Missing CPU architecture"));
    if (!cpu_is_x86(cpu->arch))
        return virtxl_error_set(error, VIR_ERR_NO_SUPPORT,
                                _("cannot compute baseline CPU of %s architecture"), cpu->arch);
    if (!cpu->model)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("no CPU model specified at index %u"),
                                i);
    return true;
}

/* What the CPUs seen so far have in common. */
typedef struct {
    CpuFeatures features;
    const CpuModel *model; /* NULL: not the same of all */
    char *vendor;          /* NULL: anyone */
    bool names_vendor;     /* each of them did */
    bool has_named;        /* one of them did */
    bool is_mixed;         /* models of several vendors, which nobody named */
} Common;

static void
common_clear(Common *common)
{
    g_free(common->vendor);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Common, common_clear)

static bool
add_to_common(Common *common, const Cpu *cpu, guint i, GError **error)
{
    const CpuFeatures *features = &cpu->by_policy[DOMAIN_CPU_REQUIRE];
    const char *vendor = cpu->vendor ? cpu->vendor : cpu->model->vendor;

    common->has_named |= cpu->vendor != NULL;
    common->is_mixed |= vendor && common->vendor && strcmp(vendor, common->vendor) != 0;
    if (common->is_mixed && common->has_named)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("CPU vendors do not match"));
    if (!common->vendor)
        common->vendor = g_strdup(vendor);
    common->names_vendor = (i == 0 || common->names_vendor) && cpu->vendor;
    common->model = i == 0 || common->model == cpu->model ? cpu->model : NULL;
    common->features = i == 0 ? *features : cpu_features_intersection(&common->features, features);
    if (cpu_features_is_empty(&common->features))
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("CPUs are incompatible"));
    return true;
}

static char *
format_guest_cpu(const CpuMap *map, const Common *common, bool expand, GError **error)
{
    const CpuModel *model = common->model;
    g_autoptr(xmlDoc) doc = conf_xml_new("cpu");
    xmlNode *root = conf_xml_root(doc);
    CpuFeatures more, less;

    if (!model)
        model = find_nearest(map, &common->features, common->is_mixed ? "" : common->vendor, false);
    if (!model) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("CPUs are incompatible"));
        return NULL;
    }
    more = expand ? common->features : cpu_features_difference(&common->features, &model->features);
    less = cpu_features_difference(&model->features, &common->features);
    conf_xml_set(root, "mode", "custom");
    conf_xml_set(root, "match", "exact");
    conf_xml_set(conf_xml_add_text(root, "model", model->name), "fallback",
                 common->model ? "forbid" : "allow");
    if (common->names_vendor)
        conf_xml_add_text(root, "vendor", common->vendor);
    add_features(root, map, &more, "require");
    add_features(root, map, &less, "disable");
    return conf_xml_print(root, 0);
}

char *
cpu_baseline(const CpuMap *map, const char *const *xmls, guint n, bool expand, bool migratable,
             GError **error)
{
    g_auto(Common) common = {0};

    if (n == 0) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("No CPUs given"));
        return NULL;
    }
    for (guint i = 0; i < n; i++) {
        g_auto(Cpu) cpu = {0};

        if (!read_host_cpu(&cpu, map, xmls[i], i, error) || !add_to_common(&common, &cpu, i, error))
            return NULL;
    }
    if (migratable)
        common.features = cpu_features_difference(&common.features, &map->not_migratable);
    return format_guest_cpu(map, &common, expand, error);
}
