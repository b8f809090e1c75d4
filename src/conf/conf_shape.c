/* Elements brought into libvirt's form; see conf_shape.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/conf_shape.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/cpuset_conf.h"
#include "util/error.h"
#include "util/i18n.h"

char *
conf_shape_get(const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    char *copy = g_strdup((const char *)value);

    xmlFree(value);
    return copy;
}

bool
conf_shape_is(const xmlNode *node, const char *name, const char *value)
{
    g_autofree char *text = conf_shape_get(node, name);

    return g_strcmp0(text, value) == 0;
}

void
conf_shape_set(xmlNode *node, const char *name, const char *value)
{
    if (value)
        xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value);
    else
        xmlUnsetProp(node, (const xmlChar *)name);
}

guint64
conf_shape_number(const xmlNode *node, const char *name, guint64 absent)
{
    g_autofree char *text = conf_shape_get(node, name);
    guint64 number;

    return text && conf_parse_uint64(text, &number) ? number : absent;
}

static void
drop(xmlNode *node)
{
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

void
conf_shape_drop(xmlNode *node, const char *name)
{
    xmlNode *child = conf_xml_written_child(node, name);

    if (child)
        drop(child);
}

/* --- values ----------------------------------------------------------------- */

/* In decimal, as a new string, or NULL. */
static char *
tidy_number(const char *text, guint64 least)
{
    bool is_hex = g_ascii_strncasecmp(text, "0x", 2) == 0;
    guint64 number;

    if (is_hex ? !g_ascii_string_to_unsigned(text + 2, 16, 0, G_MAXUINT64, &number, NULL)
               : !conf_parse_uint64(text, &number))
        return NULL;
    return number >= least ? g_strdup_printf("%" G_GUINT64_FORMAT, number) : NULL;
}

/* Sets the unit, too. */
static char *
tidy_size(xmlNode *node, const char *text, GError **error)
{
    g_autofree char *unit = conf_shape_get(node, "unit");
    guint64 bytes = 0;

    if (!conf_parse_uint64(text, &bytes)) {
        virtxl_error_set(error, VIR_ERR_XML_ERROR, _("Invalid value '%s' in element '%s'"), text,
                         (const char *)node->name);
        return NULL;
    }
    if (!conf_scale_bytes(bytes, unit, 1024, G_MAXUINT64 - 1023, &bytes, error))
        return NULL;
    conf_shape_set(node, "unit", "KiB");
    return g_strdup_printf("%" G_GUINT64_FORMAT, (bytes + 1023) / 1024);
}

/* @text in plain form, or NULL if it is not of @kind. */
static char *
tidy_value(xmlNode *node, const ConfShapeAttr *attr, const char *text, GError **error)
{
    static ConfNames yes_no = {"yes", "no", NULL};
    static ConfNames on_off = {"on", "off", NULL};
    gint64 number;

    switch (attr->kind) {
    case CONF_SHAPE_TEXT:
        return g_strdup(text);
    case CONF_SHAPE_UINT:
        return tidy_number(text, 0);
    case CONF_SHAPE_POSITIVE:
        return tidy_number(text, 1);
    case CONF_SHAPE_INT:
        return conf_parse_int64(text, &number) ? g_strdup_printf("%" G_GINT64_FORMAT, number)
                                               : NULL;
    case CONF_SHAPE_YES_NO:
        return conf_names_find(yes_no, text) < 0 ? NULL : g_strdup(text);
    case CONF_SHAPE_ON_OFF:
        return conf_names_find(on_off, text) < 0 ? NULL : g_strdup(text);
    case CONF_SHAPE_NAME:
        return conf_names_find(attr->names, text) < 0 ? NULL : g_strdup(text);
    case CONF_SHAPE_SET:
        return cpuset_tidy(text, error);
    case CONF_SHAPE_SIZE:
        return tidy_size(node, text, error);
    }
    return NULL;
}

static bool
tidy_attribute(xmlNode *node, const ConfShapeAttr *attr, GError **error)
{
    g_autofree char *text = conf_shape_get(node, attr->name);
    g_autofree char *tidy = NULL;
    g_autoptr(GError) detail = NULL;

    if (!text) {
        if (attr->required)
            return conf_xml_refuse_missing(node, attr->name, error);
        if (attr->absent)
            conf_shape_set(node, attr->name, attr->absent);
        return true;
    }
    tidy = tidy_value(node, attr, text, &detail);
    if (tidy) {
        conf_shape_set(node, attr->name, tidy);
        return true;
    }
    if (detail) {
        g_propagate_error(error, g_steal_pointer(&detail));
        return false;
    }
    return virtxl_error_set(error, attr->code ? attr->code : VIR_ERR_XML_ERROR,
                            _("Invalid value for attribute '%s' in element '%s': '%s'"), attr->name,
                            (const char *)node->name, text);
}

static bool
tidy_text(xmlNode *node, ConfShapeKind kind, GError **error)
{
    const ConfShapeAttr content = {.name = "", .kind = kind};
    g_autofree char *text = NULL;
    g_autofree char *tidy = NULL;
    xmlChar *written;

    if (kind == CONF_SHAPE_TEXT)
        return true;
    written = xmlNodeGetContent(node);
    text = g_strstrip(g_strdup(written ? (const char *)written : ""));
    xmlFree(written);
    tidy = tidy_value(node, &content, text, error);
    if (tidy)
        xmlNodeSetContent(node, (const xmlChar *)tidy);
    else if (error && !*error)
        virtxl_error_set(error, VIR_ERR_XML_ERROR, _("Invalid value '%s' in element '%s'"), text,
                         (const char *)node->name);
    return tidy != NULL;
}

/* --- order ------------------------------------------------------------------ */

static void
order_attributes(xmlNode *node, const ConfShapeAttr *attributes)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (const ConfShapeAttr *attr = attributes; attr->name; attr++)
        g_ptr_array_add(names, (char *)attr->name);
    g_ptr_array_add(names, NULL);
    conf_xml_order_attributes(node, (const char *const *)names->pdata);
}

/* What @node is sorted by among its like. */
static guint64
rank_among_like(const xmlNode *node, const ConfShape *shape)
{
    for (const ConfShapeAttr *attr = shape->attributes; attr && attr->name; attr++) {
        g_autofree char *text = NULL;

        if (!shape->sorted_by || strcmp(attr->name, shape->sorted_by) != 0)
            continue;
        if (attr->kind != CONF_SHAPE_NAME)
            return conf_shape_number(node, attr->name, 0);
        text = conf_shape_get(node, attr->name);
        return text ? (guint64)conf_names_find(attr->names, text) : 0;
    }
    return 0;
}

/* The place of child @shape called @name; the end of the table if there is none. */
static const ConfShape *
find_shape(const ConfShape *shapes, const xmlNode *node)
{
    while (shapes->name && !conf_xml_is(node, shapes->name))
        shapes++;
    return shapes;
}

static gint
compare_children(gconstpointer a, gconstpointer b, gpointer shapes)
{
    const xmlNode *left = *(xmlNode *const *)a;
    const xmlNode *right = *(xmlNode *const *)b;
    const ConfShape *left_shape = find_shape(shapes, left);
    const ConfShape *right_shape = find_shape(shapes, right);
    guint64 left_rank, right_rank;

    if (left_shape != right_shape || !left_shape->name)
        return (left_shape > right_shape) - (left_shape < right_shape);
    left_rank = rank_among_like(left, left_shape);
    right_rank = rank_among_like(right, right_shape);
    return (left_rank > right_rank) - (left_rank < right_rank);
}

static GPtrArray *
list_children(const xmlNode *node)
{
    GPtrArray *children = g_ptr_array_new();

    for (xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            g_ptr_array_add(children, child);
    }
    return children;
}

static void
order_children(xmlNode *node, const ConfShape *shapes)
{
    g_autoptr(GPtrArray) children = list_children(node);

    g_ptr_array_sort_with_data(children, compare_children, (gpointer)shapes);
    for (guint i = 0; i < children->len; i++) {
        xmlUnlinkNode(children->pdata[i]);
        xmlAddChild(node, children->pdata[i]);
    }
}

/* --- elements --------------------------------------------------------------- */

/* What was found of a shape that there may be one of. */
typedef struct {
    xmlNode *counting;
    bool reported; /* that there are others */
} ShapeUse;

/* Where one is enough, the others are dropped. */
static void
drop_superseded(xmlNode *node, const ConfShape *shapes)
{
    g_autofree ShapeUse *uses = NULL;
    gsize n_shapes = 0;

    while (shapes[n_shapes].name)
        n_shapes++;
    uses = g_new0(ShapeUse, n_shapes);
    for (xmlNode *child = node->children, *next; child; child = next) {
        const ConfShape *shape = find_shape(shapes, child);
        ShapeUse *use = &uses[shape - shapes];
        xmlNode *loser = child;

        next = child->next;
        if (!shape->name || (shape->flags & CONF_SHAPE_REPEATED))
            continue;
        if (!use->counting || (shape->flags & CONF_SHAPE_LAST)) {
            loser = use->counting;
            use->counting = child;
        }
        if (!loser)
            continue;
        if (!use->reported)
            conf_xml_report_repeated(loser);
        use->reported = true;
        drop(loser);
    }
}

static bool
means_nothing(const xmlNode *node, const ConfShape *shape)
{
    if ((shape->flags & CONF_SHAPE_DROP_ZERO) && node->children && !node->children->next &&
        g_strcmp0((const char *)node->children->content, "0") == 0)
        return true;
    return (shape->flags & CONF_SHAPE_DROP_EMPTY) && !node->properties &&
           xmlChildElementCount((xmlNode *)node) == 0;
}

static bool
apply_to_child(xmlNode *child, const ConfShape *parent, GError **error)
{
    const ConfShape *shape = find_shape(parent->children, child);

    if (!shape->name) {
        if (child->ns || !(parent->flags & CONF_SHAPE_CLOSED))
            return true;
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("<%s>: unsupported feature: %s"), parent->name,
                                (const char *)child->name);
    }
    if (!conf_shape_apply(child, shape, error))
        return false;
    if (means_nothing(child, shape))
        drop(child);
    return true;
}

static bool
apply_to_children(xmlNode *node, const ConfShape *shape, GError **error)
{
    g_autoptr(GPtrArray) children = NULL;

    drop_superseded(node, shape->children);
    children = list_children(node);
    for (guint i = 0; i < children->len; i++) {
        if (!apply_to_child(children->pdata[i], shape, error))
            return false;
    }
    if (!(shape->flags & CONF_SHAPE_LOOSE))
        order_children(node, shape->children);
    return true;
}

bool
conf_shape_apply(xmlNode *node, const ConfShape *shape, GError **error)
{
    for (const ConfShapeAttr *attr = shape->attributes; attr && attr->name; attr++) {
        if (!tidy_attribute(node, attr, error))
            return false;
    }
    if (!tidy_text(node, shape->text, error) ||
        (shape->children && !apply_to_children(node, shape, error)) ||
        (shape->finish && !shape->finish(node, error)))
        return false;
    if (shape->attributes)
        order_attributes(node, shape->attributes);
    return true;
}
