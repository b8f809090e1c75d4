/* The timers of a definition's <clock>: <timer>.
 *
 * They are read for those who start the guest, and given back as they were written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/conf_xml.h"

typedef enum {
    DOMAIN_TIMER_PLATFORM = 0,
    DOMAIN_TIMER_PIT,
    DOMAIN_TIMER_RTC,
    DOMAIN_TIMER_HPET,
    DOMAIN_TIMER_TSC,
    DOMAIN_TIMER_KVMCLOCK,
    DOMAIN_TIMER_HYPERVCLOCK,
    DOMAIN_TIMER_ARMVTIMER,
    DOMAIN_TIMER_LAST,
} DomainTimerName;

typedef enum {
    DOMAIN_TIMER_MODE_DEFAULT = 0,
    DOMAIN_TIMER_MODE_AUTO,
    DOMAIN_TIMER_MODE_NATIVE,
    DOMAIN_TIMER_MODE_EMULATE,
    DOMAIN_TIMER_MODE_PARAVIRT,
    DOMAIN_TIMER_MODE_SMPSAFE,
} DomainTimerMode;

typedef struct {
    bool given;
    ConfTristate present;
    DomainTimerMode mode; /* of the TSC */
} DomainTimerDef;

extern ConfNames domain_timer_names;

/* Reads the timers in @clock into @timers, by DomainTimerName; of two with one name
 * the last counts. Errors: VIR_ERR_XML_ERROR, as libvirt's. */
bool domain_timers_parse(DomainTimerDef timers[DOMAIN_TIMER_LAST], xmlNode *clock, GError **error);
