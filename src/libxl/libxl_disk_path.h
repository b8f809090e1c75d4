/* Disks of a domain, by what a client calls them: target ("xvda") or source, and how
 * large what is behind them is.
 *
 * Only src/libxl includes this.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/disk_conf.h"
#include "libxl/libxl_driver_state.h"

/* A new string: the target of the disk @path as the domain is now. Errors:
 * VIR_ERR_INVALID_ARG if it has no such disk. */
char *libxl_disk_path_get_target(LibxlDriver *driver, const guint8 *uuid, const char *path,
                                 GError **error);

/* Fills @info for the file or block device at @source, raw or qcow2. Blocks on the disk.
 * Errors: VIR_ERR_SYSTEM_ERROR. */
bool libxl_disk_path_measure(const char *source, DomainDiskFormat format, virDomainBlockInfo *info,
                             GError **error);
