/* Shortcuts over the XML engine; see conf_xml_tools.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/conf_xml_tools.h"

#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

char *
conf_xml_child_attr(xmlNode *node, const char *child, const char *name)
{
    xmlNode *element = conf_xml_child(node, child);
    g_autofree char *value = element ? conf_xml_attr(element, name) : NULL;

    return value && *value ? g_steal_pointer(&value) : NULL;
}

bool
conf_xml_has_attr(const xmlNode *node, const char *name)
{
    return xmlHasNsProp((xmlNode *)node, (const xmlChar *)name, NULL) != NULL;
}

bool
conf_xml_has_child(xmlNode *node, const char *child)
{
    return conf_xml_child(node, child) != NULL;
}

bool
conf_xml_is_of_xen(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns &&
           strcmp((const char *)node->ns->href, CONF_XML_XEN_NAMESPACE) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

void
conf_xml_add_with_attr(xmlNode *parent, const char *child, const char *name, const char *value)
{
    if (value)
        conf_xml_set(conf_xml_add(parent, child), name, value);
}

xmlNode *
conf_xml_written_child(const xmlNode *node, const char *name)
{
    for (xmlNode *child = node->children; child; child = child->next) {
        if (conf_xml_is(child, name))
            return child;
    }
    return NULL;
}

static gsize
rank_of(const xmlAttr *attr, const char *const *names)
{
    gsize rank = 0;

    while (names[rank] && (attr->ns || strcmp(names[rank], (const char *)attr->name) != 0))
        rank++;
    return rank;
}

/* Takes @attr out of its element's list and puts it at the list's end. */
static void
move_to_end(xmlAttr *attr)
{
    xmlNode *node = attr->parent;

    xmlUnlinkNode((xmlNode *)attr);
    xmlAddChild(node, (xmlNode *)attr);
}

void
conf_xml_order_attributes(xmlNode *node, const char *const *names)
{
    g_autoptr(GPtrArray) attributes = g_ptr_array_new();
    gsize last = g_strv_length((char **)names);

    for (xmlAttr *attr = node->properties; attr; attr = attr->next)
        g_ptr_array_add(attributes, attr);
    for (gsize rank = 0; rank <= last; rank++) {
        for (guint i = 0; i < attributes->len; i++) {
            xmlAttr *attr = g_ptr_array_index(attributes, i);

            if (rank_of(attr, names) == rank)
                move_to_end(attr);
        }
    }
}

bool
conf_xml_refuse_attr(const xmlNode *node, const char *name, const char *value, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("Invalid value for attribute '%s' in element '%s': '%s'"), name,
                            (const char *)node->name, value);
}

bool
conf_xml_refuse_missing(const xmlNode *node, const char *name, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("Missing required attribute '%s' in element '%s'"), name,
                            (const char *)node->name);
}

/* --- what nobody asked for ------------------------------------------------ */

static void
add_unseen_path(GPtrArray *paths, const char *parent, const char *separator, const xmlChar *name)
{
    g_autofree char *path = g_strconcat(parent, separator, (const char *)name, NULL);

    if (!g_ptr_array_find_with_equal_func(paths, path, g_str_equal, NULL))
        g_ptr_array_add(paths, g_steal_pointer(&path));
}

static void
find_unseen(const xmlNode *node, const char *path, GPtrArray *paths)
{
    const char *separator = *path ? "/" : "";

    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        if (!attr->_private)
            add_unseen_path(paths, path, "@", attr->name);
    }
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        if (child->_private) {
            g_autofree char *below = g_strconcat(path, separator, (const char *)child->name, NULL);

            find_unseen(child, below, paths);
        } else {
            add_unseen_path(paths, path, separator, child->name);
        }
    }
}

GPtrArray *
conf_xml_unseen(const xmlNode *node)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

    find_unseen(node, "", paths);
    return paths;
}
