/* All domains that the driver knows (libxl_domain.h), by uuid, by name and, if it runs, by id.
 *
 * The list has a lock of its own, held for moments. No lock is taken while another one is
 * held: what is asked of a domain is asked after the list has been let go.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_domain.h"

LibxlDomainList *libxl_domain_list_new(void);
void libxl_domain_list_free(LibxlDomainList *list);

/* Lookups return a reference, or NULL. Objects without a definition are not
 * found. */
LibxlDomain *libxl_domain_list_find_uuid(LibxlDomainList *list, const guint8 *uuid);
/* The same, but also finds one that is on its way in or out. */
LibxlDomain *libxl_domain_list_peek_uuid(LibxlDomainList *list, const guint8 *uuid);
LibxlDomain *libxl_domain_list_find_name(LibxlDomainList *list, const char *name);
LibxlDomain *libxl_domain_list_find_id(LibxlDomainList *list, int id);
/* An array of references, those without a definition left out, in no order. */
GPtrArray *libxl_domain_list_get_all(LibxlDomainList *list);

/* The domain with @uuid, or a new one without a definition under @name. Errors:
 * VIR_ERR_OPERATION_FAILED when @name is another domain's, or @uuid has another
 * name. */
LibxlDomain *libxl_domain_list_obtain(LibxlDomainList *list, const char *name, const guint8 *uuid,
                                      GError **error);

/* @domain runs under @id, or no longer does; -1 is none. libxl_domain_set_live() tells. */
void libxl_domain_list_enter_id(LibxlDomainList *list, LibxlDomain *domain, int id);
void libxl_domain_list_leave_id(LibxlDomainList *list, LibxlDomain *domain, int id);

/* Takes @domain out if it has no definition left; nothing happens if it is out
 * already. For the holder of the job. */
void libxl_domain_list_prune(LibxlDomainList *list, LibxlDomain *domain);

/* Another name for @domain, which does not run; its job is held. First a new object under
 * @name is reserved, which nobody finds yet and whose job the caller holds, too. Then it is
 * given what @domain has and takes its place, or is released. Errors:
 * VIR_ERR_OPERATION_FAILED when @name is another domain's. */
LibxlDomain *libxl_domain_list_reserve(LibxlDomainList *list, LibxlDomain *domain, const char *name,
                                       GError **error);
void libxl_domain_list_replace(LibxlDomainList *list, LibxlDomain *domain, LibxlDomain *next);
void libxl_domain_list_release(LibxlDomainList *list, LibxlDomain *reserved);
