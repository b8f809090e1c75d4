/* What the firmware says of this machine, as libvirt's sysinfo document.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Reads @directory, the kernel's /sys/class/dmi/id, and returns the document as a new
 * string. Errors: VIR_ERR_CONFIG_UNSUPPORTED if the machine says nothing. */
char *libxl_sysinfo_format(const char *directory, GError **error);
