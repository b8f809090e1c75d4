/* What the files of the XML engine share with each other and nobody else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"

/* Marks in the _private member of a node or attribute of a parsed document. */
#define CONF_XML_SEEN ((void *)1) /* asked for */
#define CONF_XML_KEPT ((void *)2) /* conf_xml_keep() has been here */

/* Mark on a node of a written document: printed by libxml2, not by us. */
#define CONF_XML_VERBATIM ((void *)3)

/* Mark on a node of a written document: never written as <x/>. */
#define CONF_XML_OPEN ((void *)4)

/* The unknown rest of a known child element. */
typedef struct {
    char *name;
    unsigned index; /* which of the known children of that name */
    ConfXmlKept *kept;
} ConfXmlPart;

struct ConfXmlKept {
    xmlDoc *doc;      /* its root has the unknown attributes and child elements */
    GPtrArray *parts; /* of ConfXmlPart */
};

/* A copy of the element @node that will live inside @scope: what @scope already
 * declares of namespaces is not declared again. */
xmlNode *conf_xml_copy_node(xmlNode *node, xmlNode *scope);

/* Appends a copy of @attr to @target's attributes. */
void conf_xml_copy_attr(xmlAttr *attr, xmlNode *target);
