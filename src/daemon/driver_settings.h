/* The driver's settings, from its own file: libxl.conf, as libvirt's Xen driver
 * calls it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"

/* Sets what the file at @path, which need not be there, says. Logs warnings. Error:
 * VIR_ERR_CONF_SYNTAX naming path, line and setting. */
bool driver_settings_load(const char *path, LibxlDriverConfig *config, GError **error);
