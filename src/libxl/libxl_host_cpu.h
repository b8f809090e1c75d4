/* The host's processor, as Xen reports it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/cpu_model.h"
#include "xen/xen_host.h"

/* NULL, with a warning in the log, if there is no database of CPU models. */
CpuHost *libxl_host_cpu_new(const XenHostInfo *info);
