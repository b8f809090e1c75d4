/* The XML engine: everything in src/conf that touches libxml2 by hand.
 *
 * Reading. A parser asks for what it knows: conf_xml_attr(), conf_xml_child(),
 * conf_xml_text() and the typed readers. Whatever is asked for is marked as
 * seen. When a parser has finished with an element, conf_xml_keep() hands back
 * everything in it that nobody asked for: whole unknown child elements,
 * unknown attributes, and, for known child elements, their own unknown rest, at
 * any depth. So nothing is ever lost, and no family needs a list of what it
 * doesn't model.
 *
 * Writing. A formatter builds the modelled part with conf_xml_add() and
 * conf_xml_set(); conf_xml_put_kept() then merges the kept rest: attributes
 * after the modelled ones, child elements in their canonical place, which a
 * table (ConfXmlOrder) gives; conf_xml_print() turns the tree into text in
 * libvirt's style.
 *
 * Absent is not an error: a typed reader leaves the value alone when the
 * attribute isn't there. A bad value is an error that names element, attribute
 * and value.
 *
 * All of it can be used from several threads at once, on different documents.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libvirt/virterror.h>
#include <libxml/tree.h>
#include <stdbool.h>

/* --- documents ---------------------------------------------------------- */

/* Parses @xml. @source names it in messages ("domain_definition", as libvirt
 * does, or a file's path) and @root is the expected name of the root element
 * (NULL: any). Never loads anything external and never prints. Errors:
 * VIR_ERR_XML_ERROR; VIR_ERR_XML_DETAIL for what isn't well-formed, with
 * the line, libxml2's words and a marker under the place, as clients know it. */
xmlDoc *conf_xml_parse(const char *xml, const char *source, const char *root, GError **error);

/* Prints @root and its children in libvirt's style, each line indented by
 * @indent spaces and ended by a newline. Returns a new string. */
char *conf_xml_print(const xmlNode *root, unsigned indent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* --- reading ------------------------------------------------------------ */

/* The value of attribute @name (new string) or NULL. */
char *conf_xml_attr(xmlNode *node, const char *name);

/* The first child element called @name (in no namespace), or NULL. Where libvirt
 * knows one, it takes the first: others of that name are dropped, and reported. */
xmlNode *conf_xml_child(xmlNode *node, const char *name);

/* Warns in the log that @node, of a parsed document, is dropped: there are several of its
 * name, and another one counts. Once for each name in an element is enough. */
void conf_xml_report_repeated(const xmlNode *node);

/* Iterates over child elements called @name (NULL: any name): @previous is NULL
 * for the first. Marks what it returns if @name is given. */
xmlNode *conf_xml_next_child(xmlNode *node, xmlNode *previous, const char *name);

/* Marks @node as known, for iteration with a NULL name. */
void conf_xml_see(xmlNode *node);

/* Takes the mark back: @node turned out to be of a kind that isn't modelled, and
 * is to be kept whole. */
void conf_xml_unsee(xmlNode *node);

/* @node is known, and dropped with all that is in it. */
void conf_xml_drop(xmlNode *node);

/* The attribute is known and means nothing here: it is dropped. */
void conf_xml_drop_attr(xmlNode *node, const char *name);

/* @node's own text (new string), NULL if it has none. */
char *conf_xml_text(xmlNode *node);

/* The text of the first child called @name (new string), NULL if there is no
 * such child or it is empty. */
char *conf_xml_child_text(xmlNode *node, const char *name);

bool conf_xml_is(const xmlNode *node, const char *name);

typedef enum {
    CONF_TRISTATE_ABSENT = 0,
    CONF_TRISTATE_YES,
    CONF_TRISTATE_NO,
} ConfTristate;

/* NULL-terminated names of an enumeration's values, in their order. NULL for
 * a value that can't be written is not allowed: use "" (never matches). */
typedef const char *const ConfNames[];

/* The value called @name, or -1. */
int conf_names_find(const char *const *names, const char *name);

/* An attribute out of @names. Errors: @code. */
bool conf_xml_attr_enum(xmlNode *node, const char *name, const char *const *names, int *value,
                        virErrorNumber code, GError **error);

/* yes/no and on/off attributes. Errors: VIR_ERR_XML_ERROR. */
bool conf_xml_attr_yes_no(xmlNode *node, const char *name, ConfTristate *value, GError **error);
bool conf_xml_attr_on_off(xmlNode *node, const char *name, ConfTristate *value, GError **error);

/* Decimal numbers. Errors: @code for what isn't a number in range. @present
 * (may be NULL) tells if the attribute was there. */
bool conf_xml_attr_uint(xmlNode *node, const char *name, unsigned *value, bool *present,
                        virErrorNumber code, GError **error);
bool conf_xml_attr_uint64(xmlNode *node, const char *name, guint64 *value, bool *present,
                          virErrorNumber code, GError **error);
bool conf_xml_attr_int64(xmlNode *node, const char *name, gint64 *value, virErrorNumber code,
                         GError **error);
bool conf_xml_attr_int(xmlNode *node, const char *name, int *value, bool *present,
                       virErrorNumber code, GError **error);

/* Numbers in strings: the whole of @text must be one number. */
bool conf_parse_uint64(const char *text, guint64 *value);
bool conf_parse_int64(const char *text, gint64 *value);

/* A size in bytes from @number in units of @unit (NULL: @default_scale bytes):
 * b, bytes, KB, k, KiB, M, MB, MiB, ... up to E. Errors:
 * VIR_ERR_INVALID_ARG for an unknown unit, VIR_ERR_OVERFLOW past @limit. */
bool conf_scale_bytes(guint64 number, const char *unit, guint64 default_scale, guint64 limit,
                      guint64 *bytes, GError **error);

/* The text of @node as a size with its `unit` attribute (KiB by default), in
 * KiB, rounded up. Errors: VIR_ERR_XML_ERROR and conf_scale_bytes()'s. */
bool conf_xml_size_kib(xmlNode *node, guint64 *kib, GError **error);

/* --- what nobody asked for ---------------------------------------------- */

typedef struct ConfXmlKept ConfXmlKept;

/* Everything in @node that was not asked for, or NULL if all of it was. From
 * then on @node counts as dealt with: the keep of an outer element passes it
 * over. */
ConfXmlKept *conf_xml_keep(xmlNode *node);

/* The first of those child elements that were kept whole, of the element itself (@name is
 * NULL) or of its child @name; the others are its siblings. NULL if there is none, and of
 * a NULL @kept. */
const xmlNode *conf_xml_kept_child(const ConfXmlKept *kept, const char *name);

/* A deep copy; NULL of NULL. */
ConfXmlKept *conf_xml_kept_copy(const ConfXmlKept *kept);

void conf_xml_kept_free(ConfXmlKept *kept);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfXmlKept, conf_xml_kept_free)

/* Child elements in output order. @children: the same for what is inside. */
typedef struct ConfXmlOrder ConfXmlOrder;
struct ConfXmlOrder {
    const char *name; /* NULL: end of table */
    const ConfXmlOrder *children;
};

/* Merges @kept (may be NULL) into @target. A kept child goes before the first
 * child that comes later in @order (NULL: all go to the end). The unknown rest
 * of a child that was not written is not written either. */
void conf_xml_put_kept(xmlNode *target, const ConfXmlKept *kept, const ConfXmlOrder *order);

/* --- writing ------------------------------------------------------------ */

/* A new document with the root element @name. */
xmlDoc *conf_xml_new(const char *name);

xmlNode *conf_xml_root(const xmlDoc *doc);

/* Appends a child element; NULL @text for an empty one. */
xmlNode *conf_xml_add(xmlNode *parent, const char *name);
xmlNode *conf_xml_add_text(xmlNode *parent, const char *name, const char *text);

/* Appends a copy of @source (an element), to be printed by libxml2 as it is:
 * the content of <metadata>. */
xmlNode *conf_xml_add_verbatim(xmlNode *parent, const xmlNode *source);

/* Moves the root of @doc to the end of @parent's children. @doc is left empty. */
void conf_xml_move(xmlNode *parent, xmlDoc *doc);

/* Like conf_xml_add(), for an element that is written as two tags when empty. */
xmlNode *conf_xml_add_open(xmlNode *parent, const char *name);

/* Sets an attribute. A NULL @value (a tristate that is absent) writes nothing. */
void conf_xml_set(xmlNode *node, const char *name, const char *value);
void conf_xml_setf(xmlNode *node, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);
void conf_xml_set_yes_no(xmlNode *node, const char *name, ConfTristate value);
void conf_xml_set_on_off(xmlNode *node, const char *name, ConfTristate value);

/* Removes @node from its tree if nothing was written into it. */
void conf_xml_drop_if_empty(xmlNode *node);
