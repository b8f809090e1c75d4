/* Those of a definition's <features> that have features of their own: <xen> and
 * <hyperv>.
 *
 * They are read for those who start the guest, and given back as they were written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"

typedef enum {
    DOMAIN_PASSTHROUGH_DEFAULT = 0,
    DOMAIN_PASSTHROUGH_SYNC_PT,
    DOMAIN_PASSTHROUGH_SHARE_PT,
} DomainPassthroughMode;

typedef enum {
    DOMAIN_HYPERV_RELAXED = 0,
    DOMAIN_HYPERV_VAPIC,
    DOMAIN_HYPERV_SPINLOCKS,
    DOMAIN_HYPERV_VPINDEX,
    DOMAIN_HYPERV_RUNTIME,
    DOMAIN_HYPERV_SYNIC,
    DOMAIN_HYPERV_STIMER,
    DOMAIN_HYPERV_RESET,
    DOMAIN_HYPERV_VENDOR_ID,
    DOMAIN_HYPERV_FREQUENCIES,
    DOMAIN_HYPERV_REENLIGHTENMENT,
    DOMAIN_HYPERV_TLBFLUSH,
    DOMAIN_HYPERV_IPI,
    DOMAIN_HYPERV_EVMCS,
    DOMAIN_HYPERV_AVIC,
    DOMAIN_HYPERV_LAST,
} DomainHypervFeature;

typedef struct {
    ConfTristate e820_host;
    ConfTristate passthrough;
    DomainPassthroughMode passthrough_mode; /* if passthrough is on */
    bool hyperv_passthrough;                /* all that the hypervisor has */
    ConfTristate hyperv[DOMAIN_HYPERV_LAST];
} DomainFeaturesDef;

/* Reads what is in <features>. Errors: VIR_ERR_XML_ERROR, VIR_ERR_CONFIG_UNSUPPORTED, as
 * libvirt's. */
bool domain_features_parse_nested(DomainFeaturesDef *def, xmlNode *features, GError **error);
