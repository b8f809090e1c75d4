/* What this host can run, as libvirt's capabilities document.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "xen/xen_host.h"

/* Returns the document as a new string. @emulator and @hvm_loader: paths that
 * domains get by default. */
char *libxl_capabilities_format(const XenHostInfo *info, const char *emulator,
                                const char *hvm_loader, GError **error);
