/* The XML engine's writing half; see conf_xml.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <libxml/parser.h>
#include <stdarg.h>
#include <string.h>

#include "conf/conf_xml_private.h"

xmlDoc *
conf_xml_new(const char *name)
{
    xmlDoc *doc = xmlNewDoc((const xmlChar *)"1.0");

    xmlDocSetRootElement(doc, xmlNewDocNode(doc, NULL, (const xmlChar *)name, NULL));
    return doc;
}

xmlNode *
conf_xml_root(const xmlDoc *doc)
{
    return xmlDocGetRootElement((xmlDoc *)doc);
}

xmlNode *
conf_xml_add(xmlNode *parent, const char *name)
{
    return xmlAddChild(parent, xmlNewDocNode(parent->doc, NULL, (const xmlChar *)name, NULL));
}

xmlNode *
conf_xml_add_text(xmlNode *parent, const char *name, const char *text)
{
    xmlNode *node = conf_xml_add(parent, name);

    if (text && *text) {
        g_autofree char *valid = g_utf8_make_valid(text, -1);

        xmlAddChild(node, xmlNewDocText(node->doc, (const xmlChar *)valid));
    }
    return node;
}

xmlNode *
conf_xml_add_open(xmlNode *parent, const char *name)
{
    xmlNode *node = conf_xml_add(parent, name);

    node->_private = CONF_XML_OPEN;
    return node;
}

void
conf_xml_move(xmlNode *parent, xmlDoc *doc)
{
    xmlNode *root = conf_xml_root(doc);

    xmlUnlinkNode(root);
    xmlSetTreeDoc(root, parent->doc);
    xmlAddChild(parent, root);
}

xmlNode *
conf_xml_add_verbatim(xmlNode *parent, const xmlNode *source)
{
    xmlNode *node = xmlAddChild(parent, xmlDocCopyNode((xmlNode *)source, parent->doc, 1));

    node->_private = CONF_XML_VERBATIM;
    return node;
}

void
conf_xml_set(xmlNode *node, const char *name, const char *value)
{
    if (value) {
        g_autofree char *valid = g_utf8_make_valid(value, -1);

        xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)valid);
    }
}

void
conf_xml_setf(xmlNode *node, const char *name, const char *format, ...)
{
    g_autofree char *value = NULL;
    va_list args;

    va_start(args, format);
    value = g_strdup_vprintf(format, args);
    va_end(args);
    conf_xml_set(node, name, value);
}

void
conf_xml_set_yes_no(xmlNode *node, const char *name, ConfTristate value)
{
    if (value != CONF_TRISTATE_ABSENT)
        conf_xml_set(node, name, value == CONF_TRISTATE_YES ? "yes" : "no");
}

void
conf_xml_set_on_off(xmlNode *node, const char *name, ConfTristate value)
{
    if (value != CONF_TRISTATE_ABSENT)
        conf_xml_set(node, name, value == CONF_TRISTATE_YES ? "on" : "off");
}

void
conf_xml_drop_if_empty(xmlNode *node)
{
    if (!node->properties && !node->children) {
        xmlUnlinkNode(node);
        xmlFreeNode(node);
    }
}

/* --- namespaces ----------------------------------------------------------- */

static void
replace_namespace(xmlNode *node, const xmlNs *old, xmlNs *new)
{
    if (node->ns == old)
        node->ns = new;
    for (xmlAttr *attr = node->properties; attr; attr = attr->next) {
        if (attr->ns == old)
            attr->ns = new;
    }
    for (xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            replace_namespace(child, old, new);
    }
}

xmlNode *
conf_xml_copy_node(xmlNode *node, xmlNode *scope)
{
    xmlNode *copy = xmlDocCopyNode(node, scope->doc, 1);
    xmlNs **link = &copy->nsDef;

    /* libxml2 declares on the copy what was declared above the original */
    while (*link) {
        xmlNs *own = *link;
        xmlNs *outer = xmlSearchNs(scope->doc, scope, own->prefix);

        if (outer && xmlStrEqual(outer->href, own->href)) {
            replace_namespace(copy, own, outer);
            *link = own->next;
            xmlFreeNs(own);
        } else {
            link = &own->next;
        }
    }
    return copy;
}

void
conf_xml_copy_attr(xmlAttr *attr, xmlNode *target)
{
    xmlAttr *copy = xmlCopyProp(target, attr);
    xmlAttr **link = &target->properties;

    /* not by xmlAddChild(), which takes a copy to be linked already */
    while (*link) {
        copy->prev = *link;
        link = &(*link)->next;
    }
    *link = copy;
}

/* --- merging what was kept ------------------------------------------------ */

static const ConfXmlOrder *
find_order(const ConfXmlOrder *order, const xmlNode *node)
{
    for (; order && order->name; order++) {
        if (conf_xml_is(node, order->name))
            return order;
    }
    return NULL;
}

/* The place of @node in @order; what isn't there comes last. */
static gsize
rank_of(const ConfXmlOrder *order, const xmlNode *node)
{
    const ConfXmlOrder *entry = find_order(order, node);

    return entry ? (gsize)(entry - order) : G_MAXSIZE;
}

static void
put_attributes(xmlNode *target, xmlNode *root)
{
    if (root->nsDef && !target->nsDef)
        target->nsDef = xmlCopyNamespaceList(root->nsDef);
    for (xmlAttr *attr = root->properties; attr; attr = attr->next) {
        if (!xmlHasNsProp(target, attr->name, attr->ns ? attr->ns->href : NULL))
            conf_xml_copy_attr(attr, target);
    }
}

static void
put_parts(xmlNode *target, const GPtrArray *parts, const ConfXmlOrder *order)
{
    for (guint i = 0; i < parts->len; i++) {
        const ConfXmlPart *part = g_ptr_array_index(parts, i);
        unsigned index = part->index;

        for (xmlNode *child = target->children; child; child = child->next) {
            const ConfXmlOrder *entry;

            if (!conf_xml_is(child, part->name) || index-- > 0)
                continue;
            entry = find_order(order, child);
            conf_xml_put_kept(child, part->kept, entry ? entry->children : NULL);
            break;
        }
    }
}

typedef struct {
    xmlNode *node;
    gsize rank;
} RankedNode;

static int
compare_ranks(gconstpointer a, gconstpointer b, gpointer data)
{
    const RankedNode *first = a, *second = b;

    return first->rank < second->rank ? -1 : first->rank > second->rank;
}

/* One pass over both lists: sorted by rank, each kept child's place is at or
 * after the one before it. */
static void
put_children(xmlNode *target, xmlNode *root, const ConfXmlOrder *order)
{
    g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(RankedNode));
    xmlNode *place = target->children;

    for (xmlNode *child = root->children; child; child = child->next) {
        RankedNode ranked = {child, rank_of(order, child)};

        g_array_append_val(children, ranked);
    }
    /* a stable sort */
    g_array_sort_with_data(children, compare_ranks, NULL);
    for (guint i = 0; i < children->len; i++) {
        RankedNode *ranked = &g_array_index(children, RankedNode, i);
        xmlNode *copy = conf_xml_copy_node(ranked->node, target);

        while (place && rank_of(order, place) <= ranked->rank)
            place = place->next;
        if (place)
            xmlAddPrevSibling(place, copy);
        else
            xmlAddChild(target, copy);
    }
}

void
conf_xml_put_kept(xmlNode *target, const ConfXmlKept *kept, const ConfXmlOrder *order)
{
    xmlNode *root;

    if (!kept)
        return;
    root = conf_xml_root(kept->doc);
    put_attributes(target, root);
    put_parts(target, kept->parts, order);
    put_children(target, root, order);
}

/* --- text ----------------------------------------------------------------- */

/* libvirt's escapes: the five characters that XML knows by name; control
 * characters have no place in XML and are left out. Unlike libvirt we write by
 * number what a reader would take for something else: line breaks and tabs in
 * an attribute, and carriage returns. */
static void
print_escaped(GString *out, const char *text, bool attribute)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            g_string_append(out, "&amp;");
            break;
        case '<':
            g_string_append(out, "&lt;");
            break;
        case '>':
            g_string_append(out, "&gt;");
            break;
        case '"':
            g_string_append(out, "&quot;");
            break;
        case '\'':
            g_string_append(out, "&apos;");
            break;
        case '\r':
            g_string_append(out, "&#13;");
            break;
        case '\n':
            g_string_append(out, attribute ? "&#10;" : "\n");
            break;
        case '\t':
            g_string_append(out, attribute ? "&#9;" : "\t");
            break;
        default:
            if (!g_ascii_iscntrl(*text) || *text == 0x7f)
                g_string_append_c(out, *text);
        }
    }
}

static void
print_name(GString *out, const xmlNs *ns, const xmlChar *name)
{
    if (ns && ns->prefix)
        g_string_append_printf(out, "%s:", ns->prefix);
    g_string_append(out, (const char *)name);
}

static void
print_attributes(GString *out, const xmlNode *node)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        g_string_append_c(out, ' ');
        print_name(out, attr->ns, attr->name);
        g_string_append(out, "='");
        for (const xmlNode *text = attr->children; text; text = text->next) {
            if (text->content)
                print_escaped(out, (const char *)text->content, true);
        }
        g_string_append_c(out, '\'');
    }
    for (const xmlNs *ns = node->nsDef; ns; ns = ns->next) {
        g_string_append(out, " xmlns");
        if (ns->prefix)
            g_string_append_printf(out, ":%s", ns->prefix);
        g_string_append(out, "='");
        print_escaped(out, ns->href ? (const char *)ns->href : "", true);
        g_string_append_c(out, '\'');
    }
}

/* Text between elements is content: nothing may be added there. */
static bool
has_text(const xmlNode *node)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            return true;
    }
    return false;
}

static void
print_verbatim(GString *out, const xmlNode *node, unsigned indent)
{
    xmlBuffer *buffer = xmlBufferCreate();

    xmlNodeDump(buffer, node->doc, (xmlNode *)node, (int)indent / 2, 1);
    g_string_append(out, (const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
}

static void print_node(GString *out, const xmlNode *node, unsigned indent, bool inline_content);

static void
print_indent(GString *out, unsigned indent, bool inline_content)
{
    if (!inline_content)
        g_string_append_printf(out, "\n%*s", (int)indent, "");
}

static void
print_element(GString *out, const xmlNode *node, unsigned indent, bool inline_content)
{
    g_string_append_c(out, '<');
    print_name(out, node->ns, node->name);
    print_attributes(out, node);
    if (!node->children && node->_private != CONF_XML_OPEN) {
        g_string_append(out, "/>");
        return;
    }
    g_string_append_c(out, '>');
    inline_content = inline_content || has_text(node);
    for (const xmlNode *child = node->children; child; child = child->next) {
        print_indent(out, indent + 2, inline_content);
        print_node(out, child, indent + 2, inline_content);
    }
    print_indent(out, indent, inline_content);
    g_string_append(out, "</");
    print_name(out, node->ns, node->name);
    g_string_append_c(out, '>');
}

static void
print_node(GString *out, const xmlNode *node, unsigned indent, bool inline_content)
{
    switch (node->type) {
    case XML_ELEMENT_NODE:
        if (node->_private == CONF_XML_VERBATIM)
            print_verbatim(out, node, indent);
        else
            print_element(out, node, indent, inline_content);
        break;
    case XML_TEXT_NODE:
    case XML_CDATA_SECTION_NODE:
        print_escaped(out, (const char *)node->content, false);
        break;
    default:
        break;
    }
}

char *
conf_xml_print(const xmlNode *root, unsigned indent)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "%*s", (int)indent, "");
    print_node(out, root, indent, false);
    g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}
