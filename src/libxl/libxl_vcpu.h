/* Where the vCPUs of a domain that starts may run.
 *
 * Only src/libxl includes this.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver_state.h"

/* Pins each vCPU of the domain that was built as @live, as its definition says. */
bool libxl_driver_pin_all(LibxlDriver *driver, const DomainDef *live, GError **error);
