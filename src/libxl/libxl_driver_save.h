/* The part of the driver's API that saves domains, restores them, and writes core dumps:
 * one function for each public call, as in libxl_driver.h. All are operations.
 *
 * @flags are virDomainSaveRestoreFlags if not said otherwise; @xml may be NULL. Errors are
 * those of libxl_save.h and libxl_image.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"

bool libxl_driver_domain_save(LibxlDriver *driver, const guint8 *uuid, const char *path,
                              const char *xml, guint flags, GError **error);
bool libxl_driver_domain_restore(LibxlDriver *driver, const char *path, const char *xml,
                                 guint flags, GError **error);

/* What virDomainSaveParams and virDomainRestoreParams are given. */
typedef struct {
    const char *path; /* VIR_DOMAIN_SAVE_PARAM_FILE; NULL: a managed save */
    const char *xml;  /* VIR_DOMAIN_SAVE_PARAM_DXML; may be NULL */
} LibxlSaveParams;

/* Reads them from typed parameters, whose strings they point to; to restore takes a path.
 * VIR_ERR_INVALID_ARG for another parameter, one that is there twice or is no string. */
bool libxl_save_params_read(const GArray *params, LibxlSaveParams *read, GError **error);
bool libxl_restore_params_read(const GArray *params, LibxlSaveParams *read, GError **error);

bool libxl_driver_domain_managed_save(LibxlDriver *driver, const guint8 *uuid, const char *xml,
                                      guint flags, GError **error);
bool libxl_driver_domain_managed_save_remove(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                             GError **error);

/* The definition in an image; @flags: virDomainSaveImageXMLFlags. Returns a new string. */
char *libxl_driver_domain_save_image_get_xml_desc(LibxlDriver *driver, const char *path,
                                                  guint flags, GError **error);
bool libxl_driver_domain_save_image_define_xml(LibxlDriver *driver, const char *path,
                                               const char *xml, guint flags, GError **error);

/* The same for the managed save of a domain. */
char *libxl_driver_domain_managed_save_get_xml_desc(LibxlDriver *driver, const guint8 *uuid,
                                                    guint flags, GError **error);
bool libxl_driver_domain_managed_save_define_xml(LibxlDriver *driver, const guint8 *uuid,
                                                 const char *xml, guint flags, GError **error);

/* Writes the memory of the domain to @path, as an ELF file. The guest stands still
 * meanwhile, unless @flags (virDomainCoreDumpFlags) have VIR_DUMP_LIVE; with VIR_DUMP_CRASH
 * the domain is ended afterwards. */
bool libxl_driver_domain_core_dump(LibxlDriver *driver, const guint8 *uuid, const char *path,
                                   guint flags, GError **error);
