/* What most device families need of the XML engine in one call: a child element
 * that has a single attribute, and attributes in libvirt's order.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"

/* Attribute @name of @node's first child called @child (new string). NULL if
 * there is no such child or attribute, or its value is empty. */
char *conf_xml_child_attr(xmlNode *node, const char *child, const char *name);

/* True if @node has attribute @name; does not mark it as seen. */
bool conf_xml_has_attr(const xmlNode *node, const char *name);

/* True if @node has a child called @child. */
bool conf_xml_has_child(xmlNode *node, const char *child);

/* The namespace of what libvirt has for Xen only: <xen:commandline>. */
#define CONF_XML_XEN_NAMESPACE "http://libvirt.org/schemas/domain/xen/1.0"

/* True if @node is the element @name of that namespace. */
bool conf_xml_is_of_xen(const xmlNode *node, const char *name);

/* Appends a child with one attribute; nothing if @value is NULL. */
void conf_xml_add_with_attr(xmlNode *parent, const char *child, const char *name,
                            const char *value);

/* Brings @node's attributes into the order of @names (NULL-terminated); those
 * that aren't in it follow in the order they had. For elements whose attributes
 * are modelled in part: what was kept stands after the modelled ones. */
void conf_xml_order_attributes(xmlNode *node, const char *const *names);

/* The first child element of @node called @name, of a document being written;
 * marks nothing. */
xmlNode *conf_xml_written_child(const xmlNode *node, const char *name);

/* Refuses, in the engine's words, @value of attribute @name. Returns false.
 * Errors: VIR_ERR_XML_ERROR. */
bool conf_xml_refuse_attr(const xmlNode *node, const char *name, const char *value, GError **error);

/* Refuses @node because attribute @name is missing, likewise. */
bool conf_xml_refuse_missing(const xmlNode *node, const char *name, GError **error);

/* What nobody has asked for in @node, as paths below it: "devices/panic", and
 * "devices/disk/driver@cache" for an attribute; each once, in the order of the document
 * (new array of new strings). */
GPtrArray *conf_xml_unseen(const xmlNode *node);
