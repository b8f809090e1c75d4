/* What the start of a domain and the rest of its life share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_lifecycle.h"

/* Tells a driver after us that @domain starts from @def, should this one die of it. @paused: it
 * is to be left so. */
bool libxl_lifecycle_announce(LibxlDriver *driver, LibxlDomain *domain, const DomainDef *def,
                              bool paused, GError **error);

/* Of a domain that is not on the host: sockets of channels, status file. */
void libxl_lifecycle_remove_traces(LibxlDriver *driver, const DomainDef *def);
