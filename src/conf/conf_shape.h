/* The shape of elements that are kept as they were written: what libvirt takes in them,
 * and how it prints that.
 *
 * Much of a definition is of no use to a start, or only parts of it are. What is not
 * modelled is handed back (conf_xml.h), but a client that compares definitions expects
 * libvirt's form of it: attributes and children in libvirt's order, numbers and sizes in
 * plain form, defaults written out. A table of shapes says what that is.
 * conf_shape_apply() brings an element into it, and refuses what libvirt refuses.
 * Whatever a shape doesn't name stays, behind what it names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"

typedef enum {
    CONF_SHAPE_TEXT = 0, /* anything, as it is */
    CONF_SHAPE_UINT,
    CONF_SHAPE_POSITIVE, /* likewise, but not 0 */
    CONF_SHAPE_INT,
    CONF_SHAPE_YES_NO,
    CONF_SHAPE_ON_OFF,
    CONF_SHAPE_NAME, /* one of .names */
    CONF_SHAPE_SET,  /* numbers and ranges: "0-3,^2" (cpuset_conf.h) */
    CONF_SHAPE_SIZE, /* with the attribute "unit": in KiB */
} ConfShapeKind;

typedef struct {
    const char *name; /* NULL: end of table */
    ConfShapeKind kind;
    const char *const *names; /* of CONF_SHAPE_NAME */
    const char *absent;       /* what is written where it is absent; NULL: nothing */
    bool required;
    virErrorNumber code; /* of a bad value; 0: VIR_ERR_XML_ERROR */
} ConfShapeAttr;

typedef enum {
    CONF_SHAPE_REPEATED = 1 << 0,   /* may be there more than once */
    CONF_SHAPE_LAST = 1 << 1,       /* of several the last counts, not the first */
    CONF_SHAPE_LOOSE = 1 << 2,      /* its children stay where they are */
    CONF_SHAPE_CLOSED = 1 << 3,     /* other children are VIR_ERR_CONFIG_UNSUPPORTED */
    CONF_SHAPE_DROP_EMPTY = 1 << 4, /* dropped if there is nothing in it */
    CONF_SHAPE_DROP_ZERO = 1 << 5,  /* dropped if its text is 0 */
} ConfShapeFlags;

typedef struct ConfShape ConfShape;
struct ConfShape {
    const char *name; /* NULL: end of table */
    unsigned flags;
    const ConfShapeAttr *attributes; /* in libvirt's order; or NULL */
    const ConfShape *children;       /* likewise */
    ConfShapeKind text;              /* of its text */
    const char *sorted_by;           /* UINT or NAME attribute that orders a repeated one */
    /* What a table can't say; called when all else in @node is in shape. */
    bool (*finish)(xmlNode *node, GError **error);
};

/* Brings @node, which has been parsed but not read yet, into @shape. Errors: those of its
 * attributes; VIR_ERR_XML_ERROR; VIR_ERR_CONFIG_UNSUPPORTED. */
bool conf_shape_apply(xmlNode *node, const ConfShape *shape, GError **error);

/* --- for finish() ----------------------------------------------------------- */

/* The value of attribute @name (new string) or NULL. */
char *conf_shape_get(const xmlNode *node, const char *name);

/* True if attribute @name has @value. */
bool conf_shape_is(const xmlNode *node, const char *name, const char *value);

/* Sets attribute @name; NULL removes it. */
void conf_shape_set(xmlNode *node, const char *name, const char *value);

/* The attribute, which is a UINT; @absent if it isn't there. */
guint64 conf_shape_number(const xmlNode *node, const char *name, guint64 absent);

/* Removes the first child called @name, if there is one. */
void conf_shape_drop(xmlNode *node, const char *name);
