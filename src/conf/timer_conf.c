/* The timers of <clock>; see timer_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/timer_conf.h"

#include "conf/conf_xml_tools.h"

ConfNames domain_timer_names = {
    "platform", "pit", "rtc", "hpet", "tsc", "kvmclock", "hypervclock", "armvtimer", NULL,
};

static ConfNames mode_names = {"", "auto", "native", "emulate", "paravirt", "smpsafe", NULL};

static bool
parse_timer(DomainTimerDef timers[DOMAIN_TIMER_LAST], xmlNode *node, GError **error)
{
    DomainTimerDef timer = {.given = true};
    int name = -1, mode = DOMAIN_TIMER_MODE_DEFAULT;

    if (!conf_xml_attr_enum(node, "name", domain_timer_names, &name, VIR_ERR_XML_ERROR, error))
        return false;
    if (name < 0)
        return conf_xml_refuse_missing(node, "name", error);
    if (!conf_xml_attr_yes_no(node, "present", &timer.present, error) ||
        !conf_xml_attr_enum(node, "mode", mode_names, &mode, VIR_ERR_XML_ERROR, error))
        return false;
    timer.mode = (DomainTimerMode)mode;
    timers[name] = timer;
    return true;
}

bool
domain_timers_parse(DomainTimerDef timers[DOMAIN_TIMER_LAST], xmlNode *clock, GError **error)
{
    for (xmlNode *node = NULL; (node = conf_xml_next_child(clock, node, "timer"));) {
        if (!parse_timer(timers, node, error))
            return false;
        conf_xml_unsee(node);
    }
    return true;
}
