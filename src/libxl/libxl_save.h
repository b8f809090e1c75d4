/* Domains into images (libxl_image.h) and out of them.
 *
 * What is saved is the live definition, with what was attached while the domain ran. A
 * save is complete and on disk before the domain ends: if it fails, the domain goes on.
 *
 * A managed save is an image at a place of its own, which the next start of the domain
 * restores and then removes. Its guest has its disks as they were when it was saved: once
 * the domain has run on, the image must not be used. So one that is found beside a domain
 * that runs is removed.
 *
 * The caller holds the domain's job. All of this may block, for as long as it takes to
 * write a guest's memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_image.h"

/* @flags: virDomainSaveRestoreFlags. */

/* VIR_ERR_INVALID_ARG for other flags than the first three, and for running and paused. */
bool libxl_save_check_flags(guint flags, guint known, const char *call, GError **error);

/* Saves the running @domain into @path, and ends it. @xml: the definition that the image
 * is to have (NULL: the live one). Errors: VIR_ERR_OPERATION_INVALID for a domain that is
 * paused or another toolstack's, VIR_ERR_CONFIG_UNSUPPORTED for another machine's @xml, and
 * those of libxl_image.h. */
bool libxl_save_write(LibxlDriver *driver, LibxlDomain *domain, const char *path, const char *xml,
                      guint flags, GError **error);

/* The definition that @image has, or @xml (unless that is NULL) if it is the same machine's. */
DomainDef *libxl_save_parse(LibxlDriver *driver, const LibxlImage *image, const char *xml,
                            GError **error);

/* Replaces the definition in the image at @path by @xml, and whether it is to be restored
 * paused if @flags have that. */
bool libxl_save_redefine(LibxlDriver *driver, const char *path, const char *xml, guint flags,
                         GError **error);

/* The definition in the image at @path. @flags: VIR_DOMAIN_SAVE_IMAGE_XML_SECURE. */
char *libxl_save_describe(LibxlDriver *driver, const char *path, guint flags, GError **error);

/* Starts @domain, which does not run, from @image. */
bool libxl_save_restore(LibxlDriver *driver, LibxlDomain *domain, const LibxlImage *image,
                        const DomainDef *def, guint flags, GError **error);

/* Starts @domain, which is defined and does not run: from its managed save if there is
 * one. @flags: virDomainCreateFlags. */
bool libxl_save_start(LibxlDriver *driver, LibxlDomain *domain, guint flags, GError **error);

/* For a domain that runs when the driver opens: ends a managed save that is complete but
 * for the domain's end (true: the domain has gone), or lets one go on whose save was not;
 * removes the image of one that runs. */
bool libxl_save_adopt(LibxlDriver *driver, LibxlDomain *domain, const XenDomainInfo *info);
