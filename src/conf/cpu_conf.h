/* The processor of a definition: <cpu>, and so far as a start needs it, <numatune>.
 *
 * Of <cpu>, what a hypervisor can be told without a database of models: features that
 * are wanted or not, and the guest's NUMA cells. Both elements are read for those who
 * start the guest, and given back as they were written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"

typedef enum {
    DOMAIN_CPU_FORCE = 0,
    DOMAIN_CPU_REQUIRE,
    DOMAIN_CPU_OPTIONAL,
    DOMAIN_CPU_DISABLE,
    DOMAIN_CPU_FORBID,
    DOMAIN_CPU_POLICIES,
} DomainCpuPolicy;

typedef struct {
    char *name; /* libvirt's */
    DomainCpuPolicy policy;
} DomainCpuFeature;

typedef struct {
    unsigned id;
    char *cpus; /* vCPUs, as written; NULL: none */
    guint64 memory_kib;
    GArray *distances; /* of unsigned, by cell; 0: not given */
} DomainCpuCell;

typedef struct {
    bool is_host;        /* the guest sees the host's processor as it is */
    GPtrArray *features; /* of DomainCpuFeature */
    GPtrArray *cells;    /* of DomainCpuCell, by id from 0 */
    char *nodeset;       /* of <numatune>: the host's nodes that memory comes from; or NULL */
} DomainCpuDef;

void domain_cpu_init(DomainCpuDef *cpu);
void domain_cpu_clear(DomainCpuDef *cpu);

/* The features of @cpu, a <cpu>: a new array of DomainCpuFeature. Errors:
 * VIR_ERR_XML_ERROR, VIR_ERR_CONFIG_UNSUPPORTED. */
GPtrArray *domain_cpu_parse_features(xmlNode *cpu, GError **error);

/* Reads <cpu> and <numatune> out of @domain, which has at most @vcpus. Errors:
 * VIR_ERR_XML_ERROR, VIR_ERR_CONFIG_UNSUPPORTED, VIR_ERR_INVALID_ARG,
 * VIR_ERR_INTERNAL_ERROR (a NUMA cell has vCPUs that the guest has not), as libvirt's. */
bool domain_cpu_parse(DomainCpuDef *cpu, xmlNode *domain, guint vcpus, GError **error);
