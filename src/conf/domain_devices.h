/* The table of device families: what joins the families' files to a domain.
 *
 * A family is a row. Everything that is done to all devices (parse, format,
 * copy, free, validate, number) is a loop over the rows and never names a
 * family.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"

/* The functions take the family's own structure, which begins with a
 * DomainDeviceInfo. */
typedef struct {
    const char *element; /* <devices>'s child */
    gsize offset;        /* of its GPtrArray * in DomainDef */

    gpointer (*parse)(xmlNode *node, const DomainParseContext *context, GError **error);
    void (*format)(gconstpointer device, xmlNode *devices, unsigned flags);
    void (*free)(gpointer device);

    /* Puts a parsed device into its array, for families that have an order of
     * their own. NULL: at the end. Ownership of @device passes. */
    void (*insert)(GPtrArray *devices, gpointer device);

    /* What the domain as a whole decides for this device: defaults that depend
     * on the guest's type, numbers, addresses. Called for each device in
     * order, before implicit devices are added. May be NULL. */
    bool (*complete)(DomainDef *def, gpointer device, const DomainParseContext *context,
                     GError **error);

    /* Adds the devices of this family that a guest of this kind has though
     * nobody wrote them. Called once for a domain, in the order of the table, after
     * complete() of all devices. May be NULL. */
    bool (*imply)(DomainDef *def, const DomainParseContext *context, GError **error);

    /* Rules that are checked at define and start only; see
     * domain_def_validate(). May be NULL. */
    bool (*validate)(const DomainDef *def, gconstpointer device, GError **error);
    /* Likewise over all devices of the family: what has to be unique, and the
     * like. May be NULL. */
    bool (*validate_all)(const DomainDef *def, GError **error);
} DomainDeviceFamily;

/* Ends with a row whose element is NULL; in libvirt's order of output. */
extern const DomainDeviceFamily domain_device_families[];

/* The array of @family's devices in @def. */
GPtrArray *domain_def_devices(const DomainDef *def, const DomainDeviceFamily *family);

/* The family of an element's name, or NULL. */
const DomainDeviceFamily *domain_device_family_find(const char *element);

/* Parses every known child of the <devices> element @node into @def. */
bool domain_devices_parse(DomainDef *def, xmlNode *node, const DomainParseContext *context,
                          GError **error);
void domain_devices_format(const DomainDef *def, xmlNode *devices, unsigned flags);

/* Calls @function for each device of @def. */
typedef void (*DomainDeviceFunction)(const DomainDeviceFamily *family, gpointer device,
                                     gpointer data);
void domain_def_foreach_device(const DomainDef *def, DomainDeviceFunction function, gpointer data);

/* Runs the families' complete() and imply(). */
bool domain_devices_complete(DomainDef *def, const DomainParseContext *context, GError **error);

/* Runs the families' validate(). */
bool domain_devices_validate(const DomainDef *def, GError **error);

/* Order of <devices>'s children, those that we don't model included. */
extern const ConfXmlOrder domain_devices_order[];
