/* <cputune>, of which Xen does two things: a domain's share of the physical CPUs beside
 * others (its weight), and on which of them each of its vCPUs may run. The rest is kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"

typedef struct DomainDef DomainDef;

typedef struct {
    bool has_shares;
    guint shares;
    GPtrArray *pins; /* of char *, by number of the vCPU: as cpuset_format() prints it, or
                      * NULL for one that is not pinned; never NULL itself */
} DomainCputuneDef;

extern const ConfXmlOrder domain_cputune_order[];

void domain_cputune_init(DomainCputuneDef *cputune);
void domain_cputune_clear(DomainCputuneDef *cputune);

/* Of the element <cputune> of @domain, once <vcpu> was read. Errors: VIR_ERR_XML_ERROR,
 * VIR_ERR_INVALID_ARG. */
bool domain_cputune_parse(DomainDef *def, xmlNode *domain, GError **error);
void domain_cputune_format(const DomainDef *def, xmlNode *domain);

/* Takes @cpuset over (NULL: the vCPU is not pinned). */
void domain_cputune_pin(DomainDef *def, guint vcpu, char *cpuset);
/* Where the vCPU may run: where it is pinned to, or all of the domain's (<vcpu cpuset=>);
 * NULL: everywhere. */
const char *domain_cputune_get_cpuset(const DomainDef *def, guint vcpu);
