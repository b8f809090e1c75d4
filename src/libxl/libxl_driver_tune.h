/* The part of the driver's API that changes what a domain has of the host, and tells of
 * it: vCPUs, memory, scheduler. One function for each public call, as in libxl_driver.h.
 *
 * Those that change something take virDomainModificationImpact in @flags, and do all
 * that they are asked for or nothing. "Config" is on disk when the call returns.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"

/* --- libxl_driver_vcpu.c ---------------------------------------------------------- */

/* An operation. @flags: virDomainVcpuFlags; with VIR_DOMAIN_VCPU_GUEST the guest's agent
 * does it. Errors: VIR_ERR_INVALID_ARG for a number that the domain can't have. */
bool libxl_driver_domain_set_vcpus(LibxlDriver *driver, const guint8 *uuid, guint n, guint flags,
                                   GError **error);

/* An operation. Where the vCPUs of a domain that runs are now: an array of XenVcpuInfo. */
GPtrArray *libxl_driver_domain_get_vcpus(LibxlDriver *driver, const guint8 *uuid, GError **error);

/* An operation. @cpus: bit 0 of byte 0 is CPU 0. */
bool libxl_driver_domain_pin_vcpu(LibxlDriver *driver, const guint8 *uuid, guint vcpu,
                                  const guint8 *cpus, gsize size, guint flags, GError **error);

/* A getter: one set (GByteArray) of the host's CPUs for each vCPU that the domain may
 * have. */
GPtrArray *libxl_driver_domain_get_vcpu_pin_info(LibxlDriver *driver, const guint8 *uuid,
                                                 guint flags, GError **error);

/* A getter: the CPUs of the host that are online, which Xen numbers from 0 on. */
GByteArray *libxl_driver_node_get_cpu_map(LibxlDriver *driver, guint flags, GError **error);

/* --- libxl_driver_memory.c -------------------------------------------------------- */

/* Operations. @flags: virDomainMemoryModFlags. */
bool libxl_driver_domain_set_memory(LibxlDriver *driver, const guint8 *uuid, guint64 kib,
                                    guint flags, GError **error);

/* Operations. Bytes that Xen has left: of the host, and of each of at most @max NUMA
 * nodes from @first on (an array of guint64). */
bool libxl_driver_node_get_free_memory(LibxlDriver *driver, guint64 *bytes, GError **error);
GArray *libxl_driver_node_get_cells_free_memory(LibxlDriver *driver, int first, int max,
                                                GError **error);

/* A getter: an array of typed parameters. */
GArray *libxl_driver_domain_get_numa_parameters(LibxlDriver *driver, const guint8 *uuid,
                                                guint flags, GError **error);

/* --- libxl_driver_scheduler.c ------------------------------------------------------ */

/* An operation. The name of the domain's scheduler (new string), and how many parameters
 * it has. */
char *libxl_driver_domain_get_scheduler_type(LibxlDriver *driver, const guint8 *uuid, int *n_params,
                                             GError **error);
/* Operations. "weight", and "cap" in percent of a CPU (0: none); the definition has the
 * weight alone, as <shares>. */
GArray *libxl_driver_domain_get_scheduler_parameters(LibxlDriver *driver, const guint8 *uuid,
                                                     guint flags, GError **error);
bool libxl_driver_domain_set_scheduler_parameters(LibxlDriver *driver, const guint8 *uuid,
                                                  const GArray *params, guint flags,
                                                  GError **error);

/* --- libxl_driver_lifecycle_action.c ------------------------------------------------------- */

/* @type: virDomainLifecycle, @action: virDomainLifecycleAction. An operation. Errors:
 * VIR_ERR_INVALID_ARG for what there isn't. */
bool libxl_driver_domain_set_lifecycle_action(LibxlDriver *driver, const guint8 *uuid, guint type,
                                              guint action, guint flags, GError **error);
