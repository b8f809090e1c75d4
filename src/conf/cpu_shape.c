/* The shape of <cpu>: model, topology, features, NUMA cells.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/domain_shapes.h"
#include "util/error.h"
#include "util/i18n.h"

#define VENDOR_ID_LENGTH 12
/* What NUMA distances may be, and that of a node to itself. */
#define DISTANCE_LOCAL   10
#define DISTANCE_MAX     255

static ConfNames modes = {"custom", "host-model", "host-passthrough", "maximum", NULL};
static ConfNames matches = {"minimum", "exact", "strict", NULL};
static ConfNames checks = {"none", "partial", "full", NULL};
static ConfNames fallbacks = {"allow", "forbid", NULL};
static ConfNames cache_modes = {"emulate", "passthrough", "disable", NULL};
static ConfNames address_modes = {"emulate", "passthrough", NULL};
static ConfNames policies = {"force", "require", "optional", "disable", "forbid", NULL};
static ConfNames memory_accesses = {"shared", "private", NULL};

/* --- the model ------------------------------------------------------------------ */

static const ConfShapeAttr model_attributes[] = {
    {"fallback", CONF_SHAPE_NAME, fallbacks, .absent = "allow", .code = VIR_ERR_CONFIG_UNSUPPORTED},
    {"vendor_id"},
    {NULL},
};

static bool
finish_model(xmlNode *model, GError **error)
{
    g_autofree char *vendor = conf_shape_get(model, "vendor_id");

    return !vendor || strlen(vendor) == VENDOR_ID_LENGTH ||
           virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("vendor_id must be exactly %d characters "
                              "long"),
                            VENDOR_ID_LENGTH);
}

static const ConfShapeAttr topology_attributes[] = {
    {"sockets", CONF_SHAPE_POSITIVE, .required = true},
    {"dies", CONF_SHAPE_POSITIVE, .absent = "1"},
    {"cores", CONF_SHAPE_POSITIVE, .required = true},
    {"threads", CONF_SHAPE_POSITIVE, .required = true},
    {NULL},
};

static const ConfShapeAttr cache_attributes[] = {
    {"level", CONF_SHAPE_UINT},
    {"mode", CONF_SHAPE_NAME, cache_modes, .required = true},
    {NULL},
};

static bool
finish_cache(xmlNode *cache, GError **error)
{
    guint64 level = conf_shape_number(cache, "level", 1);

    return (level >= 1 && level <= 3) ||
           virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("invalid CPU cache level, must be in range [1,3]"));
}

static const ConfShapeAttr address_attributes[] = {
    {"mode", CONF_SHAPE_NAME, address_modes, .required = true},
    {"bits", CONF_SHAPE_UINT},
    {NULL},
};

static const ConfShapeAttr feature_attributes[] = {
    {"policy", CONF_SHAPE_NAME, policies, .absent = "require", .code = VIR_ERR_CONFIG_UNSUPPORTED},
    {"name"},
    {NULL},
};

/* --- NUMA cells ------------------------------------------------------------------- */

static const ConfShapeAttr cell_attributes[] = {
    {"id", CONF_SHAPE_UINT},
    {"cpus", CONF_SHAPE_SET},
    {"memory", CONF_SHAPE_SIZE, .required = true},
    {"unit"},
    {"memAccess", CONF_SHAPE_NAME, memory_accesses, .code = VIR_ERR_CONFIG_UNSUPPORTED},
    {"discard", CONF_SHAPE_YES_NO},
    {NULL},
};

/* A cell without an id has that of its place. */
static bool
finish_cell(xmlNode *cell, GError **error G_GNUC_UNUSED)
{
    guint place = 0;

    for (const xmlNode *other = cell->prev; other; other = other->prev)
        place += conf_xml_is(other, "cell");
    if (!conf_xml_has_attr(cell, "id")) {
        g_autofree char *id = g_strdup_printf("%u", place);

        conf_shape_set(cell, "id", id);
    }
    return true;
}

static const ConfShapeAttr sibling_attributes[] = {
    {"id", CONF_SHAPE_UINT, .required = true},
    {"value", CONF_SHAPE_UINT, .required = true},
    {NULL},
};

static bool
refuse_distance(guint64 value, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("invalid value '%" PRIu64 "' of a NUMA distance"), value);
}

static bool
finish_sibling(xmlNode *sibling, GError **error)
{
    guint64 value = conf_shape_number(sibling, "value", 0);

    return (value >= DISTANCE_LOCAL && value <= DISTANCE_MAX) || refuse_distance(value, error);
}

static bool
finish_distances(xmlNode *distances, GError **error)
{
    return conf_xml_written_child(distances, "sibling") ||
           virtxl_error_set(error, VIR_ERR_XML_ERROR, _("NUMA distances defined without siblings"));
}

static const ConfShape distances_children[] = {
    {"sibling", CONF_SHAPE_REPEATED, sibling_attributes, .sorted_by = "id",
     .finish = finish_sibling},
    {NULL},
};

static const ConfShape cell_children[] = {
    {"distances", .children = distances_children, .finish = finish_distances},
    {NULL},
};

static const ConfShape numa_children[] = {
    {"cell", CONF_SHAPE_REPEATED, cell_attributes, cell_children, .sorted_by = "id",
     .finish = finish_cell},
    {NULL},
};

/* <distances> of @cell, made if it isn't there. */
static xmlNode *
need_distances(xmlNode *cell)
{
    xmlNode *distances = conf_xml_written_child(cell, "distances");
    xmlNode *first = xmlFirstElementChild(cell);

    if (distances)
        return distances;
    distances = xmlNewDocNode(cell->doc, NULL, (const xmlChar *)"distances", NULL);
    return first ? xmlAddPrevSibling(first, distances) : xmlAddChild(cell, distances);
}

/* Says how far it is to cell @id, unless that has been said. The siblings are sorted; what
 * nobody knows is behind them. */
static void
fill_in(xmlNode *cell, guint64 id, const char *value)
{
    xmlNode *distances = need_distances(cell);
    xmlNode *place = distances->children;
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, id);
    xmlNode *made;

    while (place && (place->type != XML_ELEMENT_NODE ||
                     (conf_xml_is(place, "sibling") && conf_shape_number(place, "id", 0) < id)))
        place = place->next;
    if (place && conf_xml_is(place, "sibling") && conf_shape_is(place, "id", text))
        return;
    made = xmlNewDocNode(cell->doc, NULL, (const xmlChar *)"sibling", NULL);
    conf_shape_set(made, "id", text);
    conf_shape_set(made, "value", value);
    if (place)
        xmlAddPrevSibling(place, made);
    else
        xmlAddChild(distances, made);
}

static xmlNode *
find_cell(const xmlNode *numa, guint64 id)
{
    for (xmlNode *cell = numa->children; cell; cell = cell->next) {
        if (conf_xml_is(cell, "cell") && conf_shape_number(cell, "id", 0) == id)
            return cell;
    }
    return NULL;
}

/* What @sibling says of the way from @cell to @other, which may be the same one. */
static bool
complete_distance(xmlNode *cell, xmlNode *other, const xmlNode *sibling, GError **error)
{
    guint64 id = conf_shape_number(cell, "id", 0);
    guint64 other_id = conf_shape_number(other, "id", 0);
    guint64 distance = conf_shape_number(sibling, "value", 0);
    g_autofree char *value = conf_shape_get(sibling, "value");

    if (other == cell)
        return distance == DISTANCE_LOCAL || refuse_distance(distance, error);
    fill_in(other, id, value);
    fill_in(other, other_id, G_STRINGIFY(DISTANCE_LOCAL));
    fill_in(cell, id, G_STRINGIFY(DISTANCE_LOCAL));
    return true;
}

/* The way back is as far if nothing else is said, and a cell is near to itself. */
static bool
complete_distances(const xmlNode *numa, xmlNode *cell, GError **error)
{
    xmlNode *distances = conf_xml_written_child(cell, "distances");

    for (xmlNode *sibling = distances ? distances->children : NULL; sibling;
         sibling = sibling->next) {
        guint64 id = conf_shape_number(sibling, "id", 0);
        xmlNode *other;

        if (!conf_xml_is(sibling, "sibling"))
            continue;
        other = find_cell(numa, id);
        if (!other)
            return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                    _("<sibling id='%" PRIu64 "'>: there is no such "
                                      "NUMA cell"),
                                    id);
        if (!complete_distance(cell, other, sibling, error))
            return false;
    }
    return true;
}

static bool
finish_numa(xmlNode *numa, GError **error)
{
    for (xmlNode *cell = numa->children; cell; cell = cell->next) {
        if (conf_xml_is(cell, "cell") && !complete_distances(numa, cell, error))
            return false;
    }
    return true;
}

/* --- all of it ---------------------------------------------------------------------- */

static const ConfShapeAttr cpu_attributes[] = {
    {"mode", CONF_SHAPE_NAME, modes, .code = VIR_ERR_CONFIG_UNSUPPORTED},
    {"match", CONF_SHAPE_NAME, matches},
    {"check", CONF_SHAPE_NAME, checks},
    {"migratable", CONF_SHAPE_ON_OFF},
    {NULL},
};

static const ConfShape cpu_children[] = {
    {"model", .attributes = model_attributes, .finish = finish_model},
    {"vendor"},
    {"topology", .attributes = topology_attributes},
    {"cache", .attributes = cache_attributes, .finish = finish_cache},
    {"maxphysaddr", .attributes = address_attributes},
    {"feature", CONF_SHAPE_REPEATED, feature_attributes},
    {"numa", .children = numa_children, .finish = finish_numa},
    {NULL},
};

/* The name of the model without what is around it, or NULL. */
static char *
tidy_model(xmlNode *cpu, bool is_passthrough)
{
    xmlNode *model = conf_xml_written_child(cpu, "model");
    xmlChar *content = model ? xmlNodeGetContent(model) : NULL;
    g_autofree char *name = g_strstrip(g_strdup(content ? (const char *)content : ""));

    xmlFree(content);
    if (model && (!*name || is_passthrough)) {
        conf_shape_drop(cpu, "model");
        return NULL;
    }
    return *name ? g_steal_pointer(&name) : NULL;
}

static bool
refuse_without_model(const xmlNode *cpu, bool is_custom, GError **error)
{
    if (conf_xml_written_child(cpu, "vendor"))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("CPU vendor specified without CPU model"));
    if (is_custom && conf_xml_written_child(cpu, "feature"))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Non-empty feature list specified without CPU model"));
    if (is_custom && conf_xml_has_attr(cpu, "check"))
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("check attribute specified for CPU with no model"));
    return true;
}

static bool
finish_cpu(xmlNode *cpu, GError **error)
{
    bool is_custom = !conf_xml_has_attr(cpu, "mode") || conf_shape_is(cpu, "mode", "custom");
    bool is_passthrough =
        conf_shape_is(cpu, "mode", "host-passthrough") || conf_shape_is(cpu, "mode", "maximum");
    g_autofree char *model = tidy_model(cpu, is_passthrough);

    if (!is_passthrough && conf_xml_has_attr(cpu, "migratable"))
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("Attribute migratable is only allowed for 'host-passthrough' / "
                                  "'maximum' CPU mode"));
    if (!model && !refuse_without_model(cpu, is_custom, error))
        return false;
    if (!is_custom || !model)
        conf_shape_set(cpu, "match", NULL);
    if (!is_custom)
        return true;
    conf_shape_set(cpu, "mode", model ? "custom" : NULL);
    if (model && !conf_xml_has_attr(cpu, "match"))
        conf_shape_set(cpu, "match", "exact");
    return true;
}

const ConfShape domain_cpu_shapes[] = {
    {"cpu", CONF_SHAPE_DROP_EMPTY, cpu_attributes, cpu_children, .finish = finish_cpu},
    {NULL},
};
