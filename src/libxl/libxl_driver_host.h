/* Calls about the host, beyond those that libxl_driver.h has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"

/* What a guest can have, an XML document. A getter. NULL: the host's architecture, a PV
 * guest, the default emulator, "xen". Errors: VIR_ERR_INVALID_ARG for a guest that this
 * host does not run. */
char *libxl_driver_connect_get_domain_capabilities(LibxlDriver *driver, const char *emulator,
                                                   const char *arch, const char *machine,
                                                   const char *type, guint flags, GError **error);

/* The host's CPU beside the one that @xml, a <cpu>, is: a virCPUCompareResult. Errors
 * (VIR_CPU_COMPARE_ERROR): cpu_host_compare()'s; with _FAIL_INCOMPATIBLE
 * VIR_ERR_CPU_INCOMPATIBLE. It validates, and so is for a worker. */
int libxl_driver_connect_compare_cpu(LibxlDriver *driver, const char *xml, guint flags,
                                     GError **error);

/* The CPU for guests that run on each of the @n hosts whose <cpu> @xmls have, a <cpu>.
 * Errors: cpu_baseline()'s. */
char *libxl_driver_connect_baseline_cpu(LibxlDriver *driver, const char *const *xmls, guint n,
                                        guint flags, GError **error);

/* What the firmware says of the machine, an XML document. An operation. Errors:
 * VIR_ERR_CONFIG_UNSUPPORTED if it says nothing. */
char *libxl_driver_connect_get_sysinfo(LibxlDriver *driver, guint flags, GError **error);
