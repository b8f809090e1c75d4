/* What a domain definition says of the guest as a whole: <features>, <clock>, <pm>, and
 * what happens when it ends (<on_...>). How it boots is in os_conf.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/domain_conf_private.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_feature_names = {"acpi", "apic", "pae", "hap", "viridian", NULL};
ConfNames domain_lifecycle_action_names = {
    "destroy",          "restart", "rename-restart", "preserve", "coredump-destroy",
    "coredump-restart", NULL,
};

static ConfNames clock_offset_names = {
    "utc", "localtime", "variable", "timezone", "absolute", NULL,
};

/* All that libvirt knows: another one is refused. */
const ConfXmlOrder domain_features_order[] = {
    {"acpi"},         {"apic"},
    {"pae"},          {"hap"},
    {"viridian"},     {"privnet"},
    {"hyperv"},       {"kvm"},
    {"pvspinlock"},   {"pmu"},
    {"vmport"},       {"gic"},
    {"smm"},          {"ioapic"},
    {"hpt"},          {"vmcoreinfo"},
    {"htm"},          {"nested-hv"},
    {"msrs"},         {"ccf-assist"},
    {"xen"},          {"cfpc"},
    {"sbbc"},         {"ibs"},
    {"tcg"},          {"async-teardown"},
    {"capabilities"}, {NULL},
};

/* --- <features> ----------------------------------------------------------- */

static bool
is_known_feature(const char *name)
{
    for (const ConfXmlOrder *entry = domain_features_order; entry->name; entry++) {
        if (strcmp(entry->name, name) == 0)
            return true;
    }
    return false;
}

static bool
parse_feature(DomainDef *def, xmlNode *node, GError **error)
{
    const char *name = (const char *)node->name;
    int feature = conf_names_find(domain_feature_names, name);

    if (!node->ns && !is_known_feature(name))
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED, _("unexpected feature '%s'"),
                                name);
    if (feature < 0 || node->ns)
        return true;
    conf_xml_see(node);
    def->features[feature] = CONF_TRISTATE_YES;
    if (feature == DOMAIN_FEATURE_HAP)
        return conf_xml_attr_on_off(node, "state", &def->features[feature], error);
    conf_xml_drop_attr(node, "state");
    return true;
}

static bool
parse_features(DomainDef *def, xmlNode *domain, GError **error)
{
    xmlNode *features = conf_xml_child(domain, "features");

    if (!features)
        return true;
    for (xmlNode *node = NULL; (node = conf_xml_next_child(features, node, NULL));) {
        if (!parse_feature(def, node, error))
            return false;
    }
    return domain_features_parse_nested(&def->nested_features, features, error);
}

void
domain_features_format(const DomainDef *def, xmlNode *domain)
{
    xmlNode *features = conf_xml_add(domain, "features");

    for (int i = 0; i < DOMAIN_FEATURE_LAST; i++) {
        if (i == DOMAIN_FEATURE_HAP && def->features[i] != CONF_TRISTATE_ABSENT)
            conf_xml_set_on_off(conf_xml_add(features, "hap"), "state", def->features[i]);
        else if (def->features[i] == CONF_TRISTATE_YES)
            conf_xml_add(features, domain_feature_names[i]);
    }
}

/* --- <clock> -------------------------------------------------------------- */

/* utc and localtime: with a number it is a variable offset from either. */
static bool
parse_fixed_clock(DomainClockDef *clock, const char *adjustment, GError **error)
{
    if (!adjustment)
        return true;
    if (strcmp(adjustment, "reset") == 0) {
        clock->reset = true;
        return true;
    }
    if (!conf_parse_int64(adjustment, &clock->adjustment))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("unknown clock adjustment '%s'"),
                                adjustment);
    clock->variable_basis_localtime = clock->offset == DOMAIN_CLOCK_LOCALTIME;
    clock->offset = DOMAIN_CLOCK_VARIABLE;
    return true;
}

static bool
parse_variable_clock(DomainClockDef *clock, xmlNode *node, const char *adjustment, GError **error)
{
    static ConfNames names = {"utc", "localtime", NULL};
    int basis = 0;

    if (!adjustment || !conf_parse_int64(adjustment, &clock->adjustment))
        clock->adjustment = 0;
    if (!conf_xml_attr_enum(node, "basis", names, &basis, VIR_ERR_CONFIG_UNSUPPORTED, error))
        return false;
    clock->variable_basis_localtime = basis == 1;
    return conf_xml_attr_int64(node, "adjustment0", &clock->adjustment0, VIR_ERR_XML_ERROR, error);
}

static bool
parse_clock(DomainDef *def, xmlNode *domain, GError **error)
{
    DomainClockDef *clock = &def->clock;
    xmlNode *node = conf_xml_child(domain, "clock");
    g_autofree char *adjustment = NULL;
    int offset = DOMAIN_CLOCK_UTC;
    bool has_start;

    if (!node)
        return true;
    if (!domain_timers_parse(def->timers, node, error) ||
        !conf_xml_attr_enum(node, "offset", clock_offset_names, &offset, VIR_ERR_CONFIG_UNSUPPORTED,
                            error))
        return false;
    clock->offset = (DomainClockOffset)offset;
    adjustment = conf_xml_attr(node, "adjustment");
    switch (clock->offset) {
    case DOMAIN_CLOCK_UTC:
    case DOMAIN_CLOCK_LOCALTIME:
        return parse_fixed_clock(clock, adjustment, error);
    case DOMAIN_CLOCK_VARIABLE:
        return parse_variable_clock(clock, node, adjustment, error);
    case DOMAIN_CLOCK_TIMEZONE:
        clock->timezone = conf_xml_attr(node, "timezone");
        if (!clock->timezone)
            return virtxl_error_set(
                error, VIR_ERR_INTERNAL_ERROR,
                _("missing 'timezone' attribute for clock with offset='timezone'"));
        return true;
    case DOMAIN_CLOCK_ABSOLUTE:
        if (!conf_xml_attr_uint64(node, "start", &clock->start, &has_start, VIR_ERR_INTERNAL_ERROR,
                                  error))
            return false;
        if (!has_start)
            return virtxl_error_set(
                error, VIR_ERR_INTERNAL_ERROR,
                _("missing 'start' attribute for clock with offset='absolute'"));
        return true;
    }
    return true;
}

void
domain_clock_format(const DomainDef *def, xmlNode *domain, unsigned flags)
{
    const DomainClockDef *clock = &def->clock;
    xmlNode *node = conf_xml_add(domain, "clock");

    conf_xml_set(node, "offset", clock_offset_names[clock->offset]);
    if (clock->reset)
        conf_xml_set(node, "adjustment", "reset");
    if (clock->offset == DOMAIN_CLOCK_VARIABLE) {
        conf_xml_setf(node, "adjustment", "%" G_GINT64_FORMAT, clock->adjustment);
        conf_xml_set(node, "basis", clock->variable_basis_localtime ? "localtime" : "utc");
        if ((flags & DOMAIN_FORMAT_STATUS) && clock->adjustment0)
            conf_xml_setf(node, "adjustment0", "%" G_GINT64_FORMAT, clock->adjustment0);
    }
    conf_xml_set(node, "timezone", clock->timezone);
    if (clock->offset == DOMAIN_CLOCK_ABSOLUTE)
        conf_xml_setf(node, "start", "%" G_GUINT64_FORMAT, clock->start);
}

/* --- <pm> ------------------------------------------------------------------ */

static bool
parse_pm_state(xmlNode *pm, const char *name, ConfTristate *enabled, GError **error)
{
    xmlNode *node = conf_xml_child(pm, name);

    return !node || conf_xml_attr_yes_no(node, "enabled", enabled, error);
}

static bool
parse_pm(DomainDef *def, xmlNode *domain, GError **error)
{
    xmlNode *pm = conf_xml_child(domain, "pm");

    if (!pm)
        return true;
    if (!parse_pm_state(pm, "suspend-to-mem", &def->pm_suspend_to_mem, error) ||
        !parse_pm_state(pm, "suspend-to-disk", &def->pm_suspend_to_disk, error))
        return false;
    conf_xml_unsee(pm);
    return true;
}

/* --- <on_...> ------------------------------------------------------------- */

static const struct {
    const char *element;
    gsize offset;
    int last;                     /* action that it knows */
    DomainLifecycleAction absent; /* what it means when it isn't there */
} lifecycle_events[] = {
    {"on_poweroff", offsetof(DomainDef, on_poweroff), DOMAIN_LIFECYCLE_PRESERVE,
     DOMAIN_LIFECYCLE_DESTROY},
    {"on_reboot", offsetof(DomainDef, on_reboot), DOMAIN_LIFECYCLE_PRESERVE,
     DOMAIN_LIFECYCLE_RESTART},
    {"on_crash", offsetof(DomainDef, on_crash), DOMAIN_LIFECYCLE_COREDUMP_RESTART,
     DOMAIN_LIFECYCLE_DESTROY},
};

static bool
parse_lifecycle(DomainDef *def, xmlNode *domain, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(lifecycle_events); i++) {
        const char *element = lifecycle_events[i].element;
        DomainLifecycleAction *action = G_STRUCT_MEMBER_P(def, lifecycle_events[i].offset);
        g_autofree char *text = conf_xml_child_text(domain, element);
        int found = (int)lifecycle_events[i].absent;

        if (text)
            found = conf_names_find(domain_lifecycle_action_names, text);
        if (found < 0)
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown %s action: %s"),
                                    element, text);
        if (found > lifecycle_events[i].last)
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("%s doesn't support action '%s'"), element, text);
        *action = (DomainLifecycleAction)found;
    }
    return true;
}

void
domain_lifecycle_format(const DomainDef *def, xmlNode *domain)
{
    for (gsize i = 0; i < G_N_ELEMENTS(lifecycle_events); i++) {
        const DomainLifecycleAction *action = G_STRUCT_MEMBER_P(def, lifecycle_events[i].offset);

        conf_xml_add_text(domain, lifecycle_events[i].element,
                          domain_lifecycle_action_names[*action]);
    }
}

/* --- all of it ------------------------------------------------------------ */

void
domain_guest_clear(DomainDef *def)
{
    domain_os_clear(&def->os);
    g_free(def->clock.timezone);
    domain_cpu_clear(&def->cpu);
}

bool
domain_guest_parse(DomainDef *def, xmlNode *domain, GError **error)
{
    return domain_os_parse(def, domain, error) && parse_features(def, domain, error) &&
           domain_cpu_parse(&def->cpu, domain, def->vcpus_max, error) &&
           parse_clock(def, domain, error) && parse_pm(def, domain, error) &&
           parse_lifecycle(def, domain, error);
}
