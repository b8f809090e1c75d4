/* Calls about the host, beyond those that libxl_driver.h has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"
#include "xen/xen_tune.h"

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

/* The CPU models of @arch that the database has: a new array of strings, empty for
 * an architecture of which there are none. A getter. Errors: VIR_ERR_INVALID_ARG for no
 * architecture. */
GPtrArray *libxl_driver_connect_get_cpu_model_names(LibxlDriver *driver, const char *arch,
                                                    guint flags, GError **error);

/* Memory of the NUMA node @cell, or of all (VIR_NODE_MEMORY_STATS_ALL_CELLS). An operation. */
bool libxl_driver_node_get_memory_stats(LibxlDriver *driver, int cell, guint flags,
                                        XenNodeMemory *sum, GError **error);

/* How many pages of each of the @n sizes are free, in each of @cells NUMA nodes from @first on:
 * an array of guint64, by node. An operation. Errors: VIR_ERR_OPERATION_FAILED for sizes other
 * than 4 KiB. */
GArray *libxl_driver_node_get_free_pages(LibxlDriver *driver, const guint *sizes_kib, guint n,
                                         int first, guint cells, guint flags, GError **error);
