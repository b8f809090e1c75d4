/* index.xml names the files of an architecture: one has features, the others a model each,
 * which may begin with the features of another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/cpu_map.h"

#include "conf/conf_xml_tools.h"
#include "util/error.h"
#include "util/i18n.h"

typedef struct {
    char *name;
    GArray *bits; /* of CpuidWord: all of them are set in a CPU that has it */
} CpuFeature;

static void
feature_free(gpointer data)
{
    CpuFeature *feature = data;

    g_free(feature->name);
    g_array_unref(feature->bits);
    g_free(feature);
}

static void
model_free(gpointer data)
{
    CpuModel *model = data;

    g_free(model->name);
    g_free(model->vendor);
    g_free(model);
}

void
cpu_map_free(CpuMap *map)
{
    g_ptr_array_unref(map->features);
    g_ptr_array_unref(map->models);
    g_free(map);
}

/* --- files ----------------------------------------------------------------------- */

/* "0x0d"; 0 if it isn't there. */
static guint32
get_number(xmlNode *node, const char *name)
{
    g_autofree char *text = conf_xml_attr(node, name);

    return text ? (guint32)g_ascii_strtoull(text, NULL, 0) : 0;
}

static void
read_bits(xmlNode *node, GArray *bits)
{
    static const char *const names[CPUID_REGISTERS] = {"eax", "ebx", "ecx", "edx"};
    CpuidWord word = {.leaf = get_number(node, "eax_in"), .subleaf = get_number(node, "ecx_in")};

    for (word.reg = CPUID_EAX; word.reg < CPUID_REGISTERS; word.reg++) {
        word.value = get_number(node, names[word.reg]);
        if (word.value)
            g_array_append_val(bits, word);
    }
}

/* What is shown elsewhere than by CPUID has no bits here. */
static void
read_feature(CpuMap *map, xmlNode *node)
{
    g_autofree char *migratable = conf_xml_attr(node, "migratable");
    CpuFeature *feature;

    if (map->features->len == CPU_FEATURES_MAX)
        return;
    if (g_strcmp0(migratable, "no") == 0)
        cpu_features_add(&map->not_migratable, map->features->len);
    feature = g_new0(CpuFeature, 1);
    feature->name = conf_xml_attr(node, "name");
    feature->bits = g_array_new(FALSE, FALSE, sizeof(CpuidWord));
    for (xmlNode *bits = NULL; (bits = conf_xml_next_child(node, bits, "cpuid"));)
        read_bits(bits, feature->bits);
    g_ptr_array_add(map->features, feature);
}

static bool
is_on(xmlNode *node, const char *name)
{
    g_autofree char *value = node ? conf_xml_attr(node, name) : NULL;

    return g_strcmp0(value, "on") == 0;
}

static void
read_model(CpuMap *map, xmlNode *node)
{
    xmlNode *decode = conf_xml_child(node, "decode");
    g_autofree char *base_name = conf_xml_child_attr(node, "model", "name");
    const CpuModel *base = base_name ? cpu_map_find_model(map, base_name) : NULL;
    CpuModel *model = g_new0(CpuModel, 1);

    model->name = conf_xml_attr(node, "name");
    model->vendor = conf_xml_child_attr(node, "vendor", "name");
    model->for_hosts = is_on(decode, "host");
    model->for_guests = is_on(decode, "guest");
    if (base) {
        model->features = base->features;
        if (!model->vendor)
            model->vendor = g_strdup(base->vendor);
    }
    for (xmlNode *child = NULL; (child = conf_xml_next_child(node, child, "feature"));) {
        g_autofree char *name = conf_xml_attr(child, "name");
        int number = cpu_map_find_feature(map, name);

        if (number >= 0)
            cpu_features_add(&model->features, (guint)number);
    }
    g_ptr_array_add(map->models, model);
}

static xmlDoc *
open_file(const char *directory, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, error))
        return NULL;
    return conf_xml_parse(text, path, "cpus", error);
}

static bool
read_file(CpuMap *map, const char *directory, const char *name, GError **error)
{
    g_autoptr(xmlDoc) doc = open_file(directory, name, error);

    if (!doc)
        return false;
    for (xmlNode *node = NULL; (node = conf_xml_next_child(conf_xml_root(doc), node, NULL));) {
        if (conf_xml_is(node, "feature"))
            read_feature(map, node);
        else if (conf_xml_is(node, "model"))
            read_model(map, node);
    }
    return true;
}

/* The files stand in the architecture or, in newer databases, in groups of it. */
static bool
read_files(CpuMap *map, const char *directory, xmlNode *parent, GError **error)
{
    for (xmlNode *node = NULL; (node = conf_xml_next_child(parent, node, NULL));) {
        g_autofree char *name = conf_xml_attr(node, "filename");

        if (conf_xml_is(node, "group") ? !read_files(map, directory, node, error)
                                       : name && !read_file(map, directory, name, error))
            return false;
    }
    return true;
}

static bool
read_index(CpuMap *map, const char *directory, GError **error)
{
    g_autoptr(xmlDoc) doc = open_file(directory, "index.xml", error);

    if (!doc)
        return false;
    for (xmlNode *arch = NULL; (arch = conf_xml_next_child(conf_xml_root(doc), arch, "arch"));) {
        g_autofree char *name = conf_xml_attr(arch, "name");

        if (g_strcmp0(name, "x86") == 0)
            return read_files(map, directory, arch, error);
    }
    return true;
}

CpuMap *
cpu_map_load(const char *directory, GError **error)
{
    g_autoptr(CpuMap) map = g_new0(CpuMap, 1);
    g_autoptr(GError) cause = NULL;

    map->features = g_ptr_array_new_with_free_func(feature_free);
    map->models = g_ptr_array_new_with_free_func(model_free);
    if (read_index(map, directory, &cause))
        return g_steal_pointer(&map);
    virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot read the CPU models in '%s': %s"),
                     directory, cause->message);
    return NULL;
}

/* --- what is in it ------------------------------------------------------------------ */

const CpuModel *
cpu_map_find_model(const CpuMap *map, const char *name)
{
    for (guint i = 0; i < map->models->len; i++) {
        const CpuModel *model = map->models->pdata[i];

        if (g_strcmp0(model->name, name) == 0)
            return model;
    }
    return NULL;
}

int
cpu_map_find_feature(const CpuMap *map, const char *name)
{
    for (guint i = 0; i < map->features->len; i++) {
        if (g_strcmp0(cpu_map_feature_name(map, i), name) == 0)
            return (int)i;
    }
    return -1;
}

const char *
cpu_map_feature_name(const CpuMap *map, guint number)
{
    const CpuFeature *feature = map->features->pdata[number];

    return feature->name;
}

static bool
shows(const CpuidWord *words, gsize n, const CpuidWord *bits)
{
    for (gsize i = 0; i < n; i++) {
        if (words[i].leaf == bits->leaf && words[i].subleaf == bits->subleaf &&
            words[i].reg == bits->reg)
            return (words[i].value & bits->value) == bits->value;
    }
    return false;
}

CpuFeatures
cpu_map_decode(const CpuMap *map, const CpuidWord *words, gsize n)
{
    CpuFeatures set = {0};

    for (guint i = 0; i < map->features->len; i++) {
        const CpuFeature *feature = map->features->pdata[i];
        bool has = feature->bits->len > 0;

        for (guint j = 0; j < feature->bits->len; j++)
            has = has && shows(words, n, &g_array_index(feature->bits, CpuidWord, j));
        if (has)
            cpu_features_add(&set, i);
    }
    return set;
}

/* --- sets ---------------------------------------------------------------------------- */

void
cpu_features_add(CpuFeatures *set, guint number)
{
    set->words[number / 64] |= G_GUINT64_CONSTANT(1) << number % 64;
}

bool
cpu_features_has(const CpuFeatures *set, guint number)
{
    return set->words[number / 64] >> number % 64 & 1;
}

bool
cpu_features_is_empty(const CpuFeatures *set)
{
    return cpu_features_count(set) == 0;
}

guint
cpu_features_count(const CpuFeatures *set)
{
    guint n = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(set->words); i++)
        n += (guint)__builtin_popcountll(set->words[i]);
    return n;
}

CpuFeatures
cpu_features_union(const CpuFeatures *a, const CpuFeatures *b)
{
    CpuFeatures set;

    for (gsize i = 0; i < G_N_ELEMENTS(set.words); i++)
        set.words[i] = a->words[i] | b->words[i];
    return set;
}

CpuFeatures
cpu_features_intersection(const CpuFeatures *a, const CpuFeatures *b)
{
    CpuFeatures set;

    for (gsize i = 0; i < G_N_ELEMENTS(set.words); i++)
        set.words[i] = a->words[i] & b->words[i];
    return set;
}

CpuFeatures
cpu_features_difference(const CpuFeatures *a, const CpuFeatures *b)
{
    CpuFeatures set;

    for (gsize i = 0; i < G_N_ELEMENTS(set.words); i++)
        set.words[i] = a->words[i] & ~b->words[i];
    return set;
}
