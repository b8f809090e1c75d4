/* The XML engine's documents and its reading half; see conf_xml.h.
 *
 * "Seen" is a mark in the _private member of libxml2's nodes and attributes,
 * which nobody else uses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/conf_xml.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <stdarg.h>
#include <string.h>

#include "conf/conf_xml_private.h"
#include "conf/conf_xml_tools.h"
#include "util/error.h"
#include "util/i18n.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

/* How much of a line an error message shows on each side of the place. */
#define CONTEXT_MAX 80

/* The line around libxml2's position, and a marker below the position. */
static char *
describe_position(const xmlParserInput *input)
{
    const char *base, *position, *start, *end;
    GString *text = g_string_new(NULL);

    if (!input || !input->cur)
        return g_string_free(text, FALSE);
    base = (const char *)input->base;
    position = (const char *)input->cur;
    while (position > base && (*position == '\n' || *position == '\r'))
        position--;
    for (start = position; start > base && position - start < CONTEXT_MAX; start--) {
        if (*start == '\n' || *start == '\r') {
            start++;
            break;
        }
    }
    for (end = position; *end && *end != '\n' && *end != '\r' && end - position < CONTEXT_MAX;)
        end++;
    g_string_append_c(text, '\n');
    g_string_append_len(text, start, end - start);
    g_string_append_c(text, '\n');
    position = (const char *)input->cur;
    for (; start < position && *start != '\n'; start++)
        g_string_append_c(text, *start == '\t' ? '\t' : '-');
    g_string_append_c(text, '^');
    return g_string_free(text, FALSE);
}

/* What the parser's error handler needs. */
typedef struct {
    const char *source;
    char *message; /* of the first error; later ones follow from it */
} SyntaxError;

static void
note_syntax_error(void *data, xmlError *detail)
{
    const xmlParserCtxt *parser = data;
    SyntaxError *syntax = parser->_private;
    g_autofree char *message = NULL, *position = NULL, *text = NULL;

    if (syntax->message || detail->level < XML_ERR_ERROR)
        return;
    message = g_strdup(detail->message ? detail->message : "");
    position = describe_position(parser->input);
    text = g_strdup_printf("(%s):%d: %s%s", syntax->source, detail->line, g_strchomp(message),
                           position);
    syntax->message = g_utf8_make_valid(text, -1);
}

/* Without XML_PARSE_HUGE libxml2 bounds depth, lengths and the expansion of
 * entities. */
static xmlDoc *
read_document(const char *xml, const char *source, GError **error)
{
    g_autoptr(xmlParserCtxt) parser = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    SyntaxError syntax = {source, NULL};

    xmlInitParser();
    parser = xmlNewParserCtxt();
    parser->_private = &syntax;
    parser->sax->serror = note_syntax_error;
    doc = xmlCtxtReadDoc(parser, (const xmlChar *)xml, source, NULL,
                         XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_NOERROR |
                             XML_PARSE_NOBLANKS | XML_PARSE_NOCDATA);
    if (!doc || !xmlDocGetRootElement(doc)) {
        virtxl_error_set(error, VIR_ERR_XML_DETAIL, "%s",
                         syntax.message ? syntax.message : _("not a document"));
        g_free(syntax.message);
        return NULL;
    }
    g_free(syntax.message);
    return g_steal_pointer(&doc);
}

xmlDoc *
conf_xml_parse(const char *xml, const char *source, const char *root, GError **error)
{
    g_autoptr(xmlDoc) doc = read_document(xml, source, error);
    const xmlNode *element;

    if (!doc)
        return NULL;
    element = xmlDocGetRootElement(doc);
    if (doc->intSubset && doc->intSubset->entities) {
        virtxl_error_set(error, VIR_ERR_XML_ERROR, _("(%s): entity declarations are not accepted"),
                         source);
        return NULL;
    }
    if (root && strcmp((const char *)element->name, root) != 0) {
        virtxl_error_set(error, VIR_ERR_XML_ERROR, _("expecting root element of '%s', not '%s'"),
                         root, element->name);
        return NULL;
    }
    return g_steal_pointer(&doc);
}

/* --- marks ---------------------------------------------------------------- */

void
conf_xml_see(xmlNode *node)
{
    if (!node->_private)
        node->_private = CONF_XML_SEEN;
}

void
conf_xml_unsee(xmlNode *node)
{
    node->_private = NULL;
}

bool
conf_xml_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !node->ns &&
           strcmp((const char *)node->name, name) == 0;
}

char *
conf_xml_attr(xmlNode *node, const char *name)
{
    for (xmlAttr *attr = node->properties; attr; attr = attr->next) {
        xmlChar *value;
        char *copy;

        if (attr->ns || strcmp((const char *)attr->name, name) != 0)
            continue;
        attr->_private = CONF_XML_SEEN;
        value = xmlNodeListGetString(node->doc, attr->children, 1);
        copy = g_strdup(value ? (const char *)value : "");
        xmlFree(value);
        return copy;
    }
    return NULL;
}

xmlNode *
conf_xml_next_child(xmlNode *node, xmlNode *previous, const char *name)
{
    for (xmlNode *child = previous ? previous->next : node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        if (!name)
            return child;
        if (conf_xml_is(child, name)) {
            conf_xml_see(child);
            return child;
        }
    }
    return NULL;
}

void
conf_xml_drop(xmlNode *node)
{
    node->_private = CONF_XML_KEPT;
}

void
conf_xml_drop_attr(xmlNode *node, const char *name)
{
    g_free(conf_xml_attr(node, name));
}

xmlNode *
conf_xml_child(xmlNode *node, const char *name)
{
    xmlNode *first = conf_xml_next_child(node, NULL, name);
    const xmlNode *dropped = NULL;

    for (xmlNode *other = first; other; other = other->next) {
        if (other == first || other->_private == CONF_XML_KEPT || !conf_xml_is(other, name))
            continue;
        conf_xml_drop(other);
        dropped = dropped ? dropped : other;
    }
    if (dropped)
        conf_xml_report_repeated(dropped);
    return first;
}

void
conf_xml_report_repeated(const xmlNode *node)
{
    const xmlNode *root = xmlDocGetRootElement(node->doc);
    const xmlNode *name = conf_xml_is(root, "domain") ? conf_xml_written_child(root, "name") : NULL;
    xmlChar *text = name ? xmlNodeGetContent(name) : NULL;
    /* a device by itself has no domain's name */
    g_autofree char *where = text ? g_strdup_printf("domain '%s'", (const char *)text)
                                  : g_strdup_printf("<%s>", (const char *)root->name);

    xmlFree(text);
    g_warning("%s: one of several <%s> in <%s> counts; others are dropped, as in line %ld", where,
              (const char *)node->name, (const char *)node->parent->name, xmlGetLineNo(node));
}

char *
conf_xml_text(xmlNode *node)
{
    g_autoptr(GString) text = g_string_new(NULL);

    conf_xml_see(node);
    for (xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            g_string_append(text, (const char *)child->content);
    }
    return text->len > 0 ? g_strdup(text->str) : NULL;
}

char *
conf_xml_child_text(xmlNode *node, const char *name)
{
    xmlNode *child = conf_xml_child(node, name);

    return child ? conf_xml_text(child) : NULL;
}

/* --- what nobody asked for ------------------------------------------------ */

static void
part_free(gpointer data)
{
    ConfXmlPart *part = data;

    g_free(part->name);
    conf_xml_kept_free(part->kept);
    g_free(part);
}

void
conf_xml_kept_free(ConfXmlKept *kept)
{
    if (!kept)
        return;
    xmlFreeDoc(kept->doc);
    g_ptr_array_unref(kept->parts);
    g_free(kept);
}

ConfXmlKept *
conf_xml_kept_copy(const ConfXmlKept *kept)
{
    ConfXmlKept *copy;

    if (!kept)
        return NULL;
    copy = g_new0(ConfXmlKept, 1);
    copy->doc = xmlCopyDoc(kept->doc, 1);
    copy->parts = g_ptr_array_new_with_free_func(part_free);
    for (guint i = 0; i < kept->parts->len; i++) {
        const ConfXmlPart *part = g_ptr_array_index(kept->parts, i);
        ConfXmlPart *part_copy = g_new0(ConfXmlPart, 1);

        part_copy->name = g_strdup(part->name);
        part_copy->index = part->index;
        part_copy->kept = conf_xml_kept_copy(part->kept);
        g_ptr_array_add(copy->parts, part_copy);
    }
    return copy;
}

const xmlNode *
conf_xml_kept_child(const ConfXmlKept *kept, const char *name)
{
    if (!kept)
        return NULL;
    if (!name)
        return conf_xml_root(kept->doc)->children;
    for (guint i = 0; i < kept->parts->len; i++) {
        const ConfXmlPart *part = g_ptr_array_index(kept->parts, i);

        if (strcmp(part->name, name) == 0)
            return conf_xml_root(part->kept->doc)->children;
    }
    return NULL;
}

static ConfXmlKept *
ensure_kept(ConfXmlKept **kept, const xmlNode *node)
{
    if (!*kept) {
        *kept = g_new0(ConfXmlKept, 1);
        (*kept)->doc = conf_xml_new((const char *)node->name);
        (*kept)->parts = g_ptr_array_new_with_free_func(part_free);
        conf_xml_root((*kept)->doc)->nsDef = xmlCopyNamespaceList(node->nsDef);
    }
    return *kept;
}

static void
keep_whole(ConfXmlKept *kept, xmlNode *child)
{
    xmlNode *root = conf_xml_root(kept->doc);

    xmlAddChild(root, conf_xml_copy_node(child, root));
}

static void
keep_part(ConfXmlKept *kept, const xmlNode *child, ConfXmlKept *rest)
{
    ConfXmlPart *part = g_new0(ConfXmlPart, 1);

    part->name = g_strdup((const char *)child->name);
    part->kept = rest;
    for (const xmlNode *earlier = child->prev; earlier; earlier = earlier->prev) {
        if (earlier->_private && conf_xml_is(earlier, part->name))
            part->index++;
    }
    g_ptr_array_add(kept->parts, part);
}

ConfXmlKept *
conf_xml_keep(xmlNode *node)
{
    ConfXmlKept *kept = NULL;

    for (xmlAttr *attr = node->properties; attr; attr = attr->next) {
        if (!attr->_private) {
            ensure_kept(&kept, node);
            conf_xml_copy_attr(attr, conf_xml_root(kept->doc));
        }
    }
    for (xmlNode *child = node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || child->_private == CONF_XML_KEPT)
            continue;
        if (!child->_private) {
            keep_whole(ensure_kept(&kept, node), child);
        } else {
            ConfXmlKept *rest = conf_xml_keep(child);

            if (rest)
                keep_part(ensure_kept(&kept, node), child, rest);
        }
    }
    node->_private = CONF_XML_KEPT;
    return kept;
}
