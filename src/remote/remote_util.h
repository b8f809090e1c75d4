/* What several handlers need.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"
#include "remote_protocol.h"

/* The driver names domains by uuid alone: name and id in a call may be out of
 * date. */
static inline const guint8 *
remote_domain_uuid(const remote_nonnull_domain *domain)
{
    return (const guint8 *)domain->uuid;
}

/* Fills @domain from @ref. */
void remote_domain_set(remote_nonnull_domain *domain, const LibxlDomainRef *ref);

/* Fills @domain from @ref, which is freed; fails if it is NULL. */
bool remote_domain_take(remote_nonnull_domain *domain, LibxlDomainRef *ref);
