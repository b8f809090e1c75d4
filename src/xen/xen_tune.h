/* What a host tells of a domain's resources, and lets change: virtual CPUs, the
 * scheduler, memory of NUMA nodes, counters of devices. For xen_host.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A virtual CPU. */
typedef struct {
    bool is_online;
    bool is_running; /* on the physical CPU @cpu */
    bool is_blocked;
    guint cpu;
    guint64 time_ns;
    GByteArray *affinity; /* may run on these physical CPUs: bit 0 of byte 0 is the first */
} XenVcpuInfo;

XenVcpuInfo *xen_vcpu_info_new(void);
void xen_vcpu_info_free(XenVcpuInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XenVcpuInfo, xen_vcpu_info_free)

/* The scheduler of a domain. */
typedef struct {
    char name[16];   /* "credit", "credit2", "rtds", ... */
    bool has_weight; /* it has weight and cap (credit, credit2) */
    guint weight;    /* its share, beside those of others */
    guint cap;       /* percent of one physical CPU; 0: none */
} XenScheduler;

#define XEN_SCHEDULER_WEIGHT_MAX 65535
#define XEN_SCHEDULER_CAP_MAX    65535

/* Memory of a NUMA node. */
typedef struct {
    guint64 size_kib;
    guint64 free_kib;
} XenNodeMemory;

/* Counters of a disk, since it was attached. */
typedef struct {
    char *target; /* "xvda" */
    guint64 read_requests;
    guint64 read_bytes;
    guint64 write_requests;
    guint64 write_bytes;
    guint64 flush_requests;
} XenBlockStats;

void xen_block_stats_free(XenBlockStats *stats);

/* Counters of a network interface, as the guest sees them. */
typedef struct {
    char *name; /* of the host's end: "vif3.0" */
    char *mac;  /* "00:16:3e:..." */
    guint64 rx_bytes;
    guint64 rx_packets;
    guint64 rx_errors;
    guint64 rx_dropped;
    guint64 tx_bytes;
    guint64 tx_packets;
    guint64 tx_errors;
    guint64 tx_dropped;
} XenInterfaceStats;

void xen_interface_stats_free(XenInterfaceStats *stats);
