/* The part of the driver's API that tells what a domain has done: one function for each
 * public call, as in libxl_driver.h.
 *
 * All are operations, since only the hypervisor and the kernel know, but for those on
 * jobs, which are getters. What runs only a running domain has: it is
 * VIR_ERR_OPERATION_INVALID for another one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"

/* --- libxl_driver_stats.c ------------------------------------------------------------ */

/* As virDomainGetCPUStats: @start -1 for the domain, else @n vCPUs from @start on. With
 * @n_params 0 only tells how many parameters (or, with @n 0, vCPUs) there are. Returns
 * how many parameters each has, or -1; *@params are those of all, one after another. */
int libxl_driver_domain_get_cpu_stats(LibxlDriver *driver, const guint8 *uuid, int start, guint n,
                                      guint n_params, guint flags, GArray **params, GError **error);

/* An array of virDomainMemoryStatStruct. */
GArray *libxl_driver_domain_memory_stats(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                         GError **error);

/* @device: an interface's name on the host, or its MAC address. */
bool libxl_driver_domain_interface_stats(LibxlDriver *driver, const guint8 *uuid,
                                         const char *device, virDomainInterfaceStatsStruct *stats,
                                         GError **error);

/* @path: a disk's target or source; "" for all disks together. */
bool libxl_driver_domain_block_stats(LibxlDriver *driver, const guint8 *uuid, const char *path,
                                     XenBlockStats *stats, GError **error);
/* The same as typed parameters. */
GArray *libxl_driver_domain_block_stats_flags(LibxlDriver *driver, const guint8 *uuid,
                                              const char *path, guint flags, GError **error);

/* --- libxl_disk_path.c --------------------------------------------------------- */

/* Of a domain that runs or not. */
bool libxl_driver_domain_get_block_info(LibxlDriver *driver, const guint8 *uuid, const char *path,
                                        guint flags, virDomainBlockInfo *info, GError **error);

/* --- libxl_driver_all_stats.c ------------------------------------------------------------ */

typedef struct {
    LibxlDomainRef *domain;
    GArray *params;
} LibxlDomainStats;

void libxl_domain_stats_free(LibxlDomainStats *stats);

/* An array of LibxlDomainStats. @uuids: NULL-terminated, or NULL for all domains that pass
 * the filters in @flags (virConnectGetAllDomainStatsFlags). @types: virDomainStatsTypes, 0
 * for all that there are; one that there is not is VIR_ERR_ARGUMENT_UNSUPPORTED if @flags
 * has _ENFORCE_STATS. A domain that goes away meanwhile is left out. */
GPtrArray *libxl_driver_connect_get_all_domain_stats(LibxlDriver *driver,
                                                     const guint8 *const *uuids, guint types,
                                                     guint flags, GError **error);

/* --- libxl_driver_job.c -------------------------------------------------------------------- */

bool libxl_driver_domain_get_job_info(LibxlDriver *driver, const guint8 *uuid,
                                      virDomainJobInfo *info, GError **error);
/* @flags: virDomainGetJobStatsFlags; what has ended is known of saves, restores and dumps,
 * and of a domain that does not run, too. */
GArray *libxl_driver_domain_get_job_stats(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                          int *type, GError **error);
bool libxl_driver_domain_abort_job(LibxlDriver *driver, const guint8 *uuid, GError **error);
bool libxl_driver_domain_get_control_info(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                          virDomainControlInfo *info, GError **error);
