/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain_metadata.h"

#include <libxml/tree.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

static xmlNode *
find_element(const DomainDef *def, const char *uri)
{
    xmlNode *root = def->metadata ? conf_xml_root(def->metadata) : NULL;

    for (xmlNode *node = root ? root->children : NULL; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && node->ns &&
            g_strcmp0((const char *)node->ns->href, uri) == 0)
            return node;
    }
    return NULL;
}

/* --- reading ------------------------------------------------------------------ */

static bool
is_namespace(const xmlNs *space, const char *uri)
{
    return space && g_strcmp0((const char *)space->href, uri) == 0;
}

static void
strip_namespace(xmlNode *element, const char *uri)
{
    xmlNs **link = &element->nsDef;

    if (is_namespace(element->ns, uri))
        element->ns = NULL;
    for (xmlAttr *attr = element->properties; attr; attr = attr->next) {
        if (is_namespace(attr->ns, uri))
            attr->ns = NULL;
    }
    for (xmlNode *child = element->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            strip_namespace(child, uri);
    }
    while (*link) {
        xmlNs *space = *link;

        if (is_namespace(space, uri)) {
            *link = space->next;
            xmlFreeNs(space);
        } else {
            link = &space->next;
        }
    }
}

/* As libvirt gives it: without the namespace by which it is found. */
static char *
print_element(const DomainDef *def, const char *uri)
{
    xmlNode *node = find_element(def, uri);
    xmlNode *copy;
    xmlBuffer *buffer;
    char *text;

    if (!node)
        return NULL;
    copy = xmlDocCopyNode(node, def->metadata, 1);
    strip_namespace(copy, uri);
    buffer = xmlBufferCreate();
    xmlNodeDump(buffer, def->metadata, copy, 0, 1);
    text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    xmlFreeNode(copy);
    return text;
}

char *
domain_metadata_get(const DomainDef *def, int type, const char *uri, GError **error)
{
    char *value = NULL;

    switch (type) {
    case VIR_DOMAIN_METADATA_DESCRIPTION:
        value = g_strdup(def->description);
        break;
    case VIR_DOMAIN_METADATA_TITLE:
        value = g_strdup(def->title);
        break;
    case VIR_DOMAIN_METADATA_ELEMENT:
        value = print_element(def, uri);
        break;
    default:
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unknown type of metadata: %d"), type);
        return NULL;
    }
    if (!value)
        virtxl_error_set(error, VIR_ERR_NO_DOMAIN_METADATA, _("domain '%s' has no such metadata"),
                         def->name);
    return value;
}

/* --- writing ------------------------------------------------------------------ */

static void
remove_element(DomainDef *def, const char *uri)
{
    xmlNode *node = find_element(def, uri);

    if (!node)
        return;
    xmlUnlinkNode(node);
    xmlFreeNode(node);
    if (!conf_xml_root(def->metadata)->children)
        g_clear_pointer(&def->metadata, xmlFreeDoc);
}

/* What has no namespace gets this one. */
static void
add_namespace(xmlNode *element, xmlNs *space)
{
    if (!element->ns)
        xmlSetNs(element, space);
    for (xmlNode *child = element->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            add_namespace(child, space);
    }
}

/* NULL: the prefix @key stands for another one there. */
static xmlNs *
declare_namespace(xmlNode *root, const char *key, const char *uri)
{
    xmlNs *space = xmlSearchNs(root->doc, root, (const xmlChar *)key);

    if (!space)
        return xmlNewNs(root, (const xmlChar *)uri, (const xmlChar *)key);
    return is_namespace(space, uri) ? space : NULL;
}

/* The element as a document, in its namespace. */
static xmlDoc *
parse_element(const DomainDef *def, const char *value, const char *key, const char *uri,
              GError **error)
{
    g_autoptr(xmlDoc) doc = NULL;
    xmlNode *root;
    xmlNs *space;

    if (!key || xmlValidateNCName((const xmlChar *)key, 0) != 0) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                         _("domain '%s': '%s' can't be the prefix of a namespace of metadata"),
                         def->name, key ? key : "");
        return NULL;
    }
    doc = conf_xml_parse(value, "metadata_xml", NULL, error);
    if (!doc)
        return NULL;
    root = conf_xml_root(doc);
    space = declare_namespace(root, key, uri);
    if (!space) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                         _("domain '%s': the prefix '%s' has another namespace in the metadata "
                           "that is given"),
                         def->name, key);
        return NULL;
    }
    xmlSetNs(root, space);
    add_namespace(root, space);
    return g_steal_pointer(&doc);
}

static bool
set_element(DomainDef *def, const char *value, const char *key, const char *uri, GError **error)
{
    g_autoptr(xmlDoc) doc = NULL;

    if (!uri || *uri == '\0')
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("domain '%s': metadata needs the URI of a namespace"), def->name);
    if (value && !(doc = parse_element(def, value, key, uri, error)))
        return false;
    remove_element(def, uri);
    if (!doc)
        return true;
    if (!def->metadata)
        def->metadata = conf_xml_new("metadata");
    xmlAddChild(conf_xml_root(def->metadata), xmlDocCopyNode(conf_xml_root(doc), def->metadata, 1));
    return true;
}

static void
set_text(char **text, const char *value)
{
    g_free(*text);
    *text = value && *value ? g_strdup(value) : NULL;
}

bool
domain_metadata_set(DomainDef *def, int type, const char *value, const char *key, const char *uri,
                    GError **error)
{
    switch (type) {
    case VIR_DOMAIN_METADATA_DESCRIPTION:
        set_text(&def->description, value);
        return true;
    case VIR_DOMAIN_METADATA_TITLE:
        if (value && strchr(value, '\n'))
            return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                    _("Domain title of '%s' can't contain newlines"), def->name);
        set_text(&def->title, value);
        return true;
    case VIR_DOMAIN_METADATA_ELEMENT:
        return set_element(def, value, key, uri, error);
    default:
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unknown type of metadata: %d"),
                                type);
    }
}
