/* What this host can run, as libvirt's capabilities document.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/cpu_model.h"
#include "conf/domain_conf.h"
#include "xen/xen_host.h"

/* Returns the document as a new string. @cpu: NULL if it is not known. @emulator and @hvm_loader: paths that
 * domains get by default. */
char *libxl_capabilities_format(const XenHostInfo *info, const CpuHost *cpu, const char *emulator,
                                const char *hvm_loader, GError **error);

/* The kinds of guest in that document, as the parser of definitions wants them:
 * a new array that ends with an os_type of NULL. */
DomainGuestKind *libxl_capabilities_guest_kinds(const XenHostInfo *info);

/* True if guests of @arch and @machine ("xenpv", "xenfv", "xenpvh") are in it. */
bool libxl_capabilities_has_guest(const XenHostInfo *info, const char *arch, const char *machine);
