/* What is kept on disk of each domain, in the places and formats of libvirt's
 * Xen driver, so that a host can switch from one to the other:
 *
 *   CONFIG_DIR/NAME.xml      the persistent definition
 *   AUTOSTART_DIR/NAME.xml   a link to it, if the domain starts with the host
 *   STATE_DIR/NAME.xml       the live definition and state, while it runs
 *
 * (before the domain has an id, too: a driver after us then knows that a start
 * was under way), and the live definition also goes with the domain itself, as libxl's userdata
 * "libvirt-xml": a domain that has it is ours.
 *
 * Everything here blocks on the disk and is called by the holder of the
 * domain's job, or while the driver opens.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"

bool libxl_store_save_definition(LibxlDriver *driver, const DomainDef *def, GError **error);
/* Writes the persistent one again, after something else has failed: if that can't be done
 * either, it is only logged. */
void libxl_store_restore_definition(LibxlDriver *driver, LibxlDomain *domain);
bool libxl_store_remove_definition(LibxlDriver *driver, LibxlDomain *domain, GError **error);
bool libxl_store_set_autostart(LibxlDriver *driver, LibxlDomain *domain, bool autostart,
                               GError **error);

/* Writes the status file of @domain, which runs as @def or is about to be built. */
bool libxl_store_save_status(LibxlDriver *driver, const LibxlDomain *domain, const DomainDef *def,
                             virDomainState state, int reason, GError **error);
/* Writes, if @with_userdata, the domain's userdata, and then the status file. */
bool libxl_store_save_live(LibxlDriver *driver, LibxlDomain *domain, bool with_userdata,
                           GError **error);
/* Writes both for @next, which is to become the live definition; on failure, what was
 * there before. */
bool libxl_store_change_live(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *next,
                             GError **error);
/* Writes both for the live definition again, after something else has failed: if that
 * can't be done either, it is only logged. */
void libxl_store_restore_live(LibxlDriver *driver, LibxlDomain *domain);
void libxl_store_remove_status(LibxlDriver *driver, const char *name);

/* The status file of the domain @name, or NULL if there is none that can be
 * read (what is wrong with it goes to the log). */
DomainStatus *libxl_store_load_live(LibxlDriver *driver, const char *name);
/* The definition that goes with the running domain @domid, or NULL: then it is
 * not ours. */
DomainDef *libxl_store_load_userdata(LibxlDriver *driver, guint32 domid);

/* Adds each definition on disk to the driver's list. One that can't be read is
 * left where it is, and logged. */
void libxl_store_load_definitions(LibxlDriver *driver);

/* True once after each boot of the host: when domains are to be started. */
bool libxl_store_claim_autostart(LibxlDriver *driver);

bool libxl_store_has_managed_save(LibxlDriver *driver, LibxlDomain *domain);
char *libxl_store_get_managed_save_path(LibxlDriver *driver, const LibxlDomain *domain);
/* Fails if there is one, which must not be passed over: it would meet disks that
 * have changed since. VIR_ERR_OPERATION_INVALID. */
bool libxl_store_check_no_managed_save(LibxlDriver *driver, LibxlDomain *domain, GError **error);
bool libxl_store_remove_managed_save(LibxlDriver *driver, LibxlDomain *domain, GError **error);
