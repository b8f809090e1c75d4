/* How a call changes what a domain is, live, for the next start, or both.
 *
 * A change knows how to edit a definition and, if something runs, how to do it on the
 * host. libxl_change() holds the domain's job, takes copies of the definitions that are
 * meant, edits them, writes them to disk, then asks the host, and last puts the copies
 * in their place. Where a step fails, what was written is written back: either all is
 * done or nothing.
 *
 * Only src/libxl includes this.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"

typedef struct {
    /* Edits @def, a copy of the live or the persistent definition. */
    bool (*edit)(LibxlDriver *driver, DomainDef *def, gconstpointer data, GError **error);
    /* Does it on the host, for the domain that runs as @live; NULL: nothing to do there. */
    bool (*act)(LibxlDriver *driver, const DomainDef *live, gconstpointer data, GError **error);
    /* Tells clients that it is done; NULL: nothing to tell. @flags: which definitions. */
    void (*tell)(LibxlDriver *driver, LibxlDomain *domain, guint flags, gconstpointer data);
} LibxlChange;

/* @flags: virDomainModificationImpact; 0 (current) is live for a domain that runs.
 * Errors: VIR_ERR_OPERATION_INVALID if a definition that is meant isn't there; those of
 * the change, of the host, of the disk. */
bool libxl_change(LibxlDriver *driver, const guint8 *uuid, guint flags, const LibxlChange *change,
                  gconstpointer data, GError **error);
