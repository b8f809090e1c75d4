/* xl.cfg's clock and timers, and its words for a CPU model.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- clock ------------------------------------------------------------------------ */

/* Of tsc_mode=, in either language; xl takes numbers, too. */
static ConfNames tsc_settings = {"default", "always_emulate", "native", "native_paravirt", NULL};
static ConfNames tsc_modes = {"auto", "emulate", "native", "paravirt", NULL};

static xmlNode *
add_timer(xmlNode *domain, const char *name, bool present)
{
    xmlNode *timer = conf_xml_add(xen_xl_make(domain, "clock"), "timer");

    conf_xml_set(timer, "name", name);
    conf_xml_set(timer, "present", present ? "yes" : "no");
    return timer;
}

static bool
parse_timers(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *mode = NULL;
    bool hpet = false;
    int i;

    if (!xen_xl_config_text(config, "tsc_mode", &mode, error))
        return false;
    i = mode ? conf_names_find(tsc_settings, mode) : -1;
    if (i >= 0)
        conf_xml_set(add_timer(domain, "tsc", true), "mode", tsc_modes[i]);
    else if (mode)
        xen_xl_config_ignore(config, "tsc_mode", mode);
    if (!xen_xl_is_hvm(domain) || !xen_xl_config_has(config, "hpet"))
        return true;
    if (!xen_xl_config_bool(config, "hpet", &hpet, error))
        return false;
    add_timer(domain, "hpet", hpet);
    return true;
}

static void
format_timer(xmlNode *timer, bool is_hvm, GString *out)
{
    g_autofree char *name = conf_xml_attr(timer, "name");
    g_autofree char *mode = NULL;
    g_autofree char *present = NULL;
    int i;

    if (g_strcmp0(name, "tsc") == 0) {
        conf_xml_drop_attr(timer, "present");
        mode = conf_xml_attr(timer, "mode");
        i = mode ? conf_names_find(tsc_modes, mode) : -1;
        if (i >= 0)
            xen_xl_put_text(out, "tsc_mode", tsc_settings[i]);
    } else if (g_strcmp0(name, "hpet") == 0 && is_hvm) {
        present = conf_xml_attr(timer, "present");
        xen_xl_put_number(out, "hpet", g_strcmp0(present, "no") != 0);
    } else {
        conf_xml_unsee(timer);
    }
}

bool
xen_xl_clock_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    xmlNode *clock = xen_xl_make(domain, "clock");
    bool localtime = false;
    gint64 seconds = 0;

    if (!xen_xl_config_bool(config, "localtime", &localtime, error) ||
        !xen_xl_config_number(config, "rtc_timeoffset", &seconds, error))
        return false;
    conf_xml_set(clock, "offset", localtime ? "localtime" : "utc");
    if (xen_xl_is_hvm(domain) || xen_xl_config_has(config, "rtc_timeoffset"))
        conf_xml_setf(clock, "adjustment", "%" G_GINT64_FORMAT, seconds);
    else
        conf_xml_set(clock, "adjustment", "reset");
    return parse_timers(config, domain, error);
}

void
xen_xl_clock_format(xmlNode *domain, GString *out)
{
    xmlNode *clock = xen_xl_find(domain, "clock");
    g_autofree char *offset = xen_xl_get(domain, "clock", "offset");
    g_autofree char *basis = xen_xl_get(domain, "clock", "basis");
    g_autofree char *adjustment = xen_xl_get(domain, "clock", "adjustment");

    for (xmlNode *timer = NULL; clock && (timer = conf_xml_next_child(clock, timer, "timer"));)
        format_timer(timer, xen_xl_is_hvm(domain), out);
    xen_xl_put_number(out, "localtime",
                      g_strcmp0(offset, "localtime") == 0 || g_strcmp0(basis, "localtime") == 0);
    if (g_strcmp0(offset, "variable") == 0) {
        xen_xl_put_number(out, "rtc_timeoffset",
                          adjustment ? g_ascii_strtoll(adjustment, NULL, 10) : 0);
    }
}

/* --- CPU model ----------------------------------------------------------------------- */

/* What a flag of cpuid= may be, and a policy in a definition. */
static const char flag_letters[] = "10xks";
static ConfNames flag_policies = {"force", "disable", "optional", "require", "require", NULL};

/* Flags that have other names in a definition; the first is xl's. */
static const char *const flag_names[][2] = {
    {"cmpxchg16", "cx16"},
    {"cmpxchg8", "cx8"},
    {"sse3", "pni"},
    {"sse4_1", "sse4.1"},
    {"sse4_2", "sse4.2"},
    {"clfsh", "clflush"},
    {"dscpl", "ds_cpl"},
    {"cntxid", "cid"},
    {"pclmulqdq", "pclmuldq"},
    {"sysenter", "sep"},
    {"htt", "ht"},
    {"ffxsr", "fxsr_opt"},
    {"page1gb", "pdpe1gb"},
    {"lahfsahf", "lahf_lm"},
    {"cmplegacy", "cmp_legacy"},
    {"nodeid", "nodeid_msr"},
    {"altmovcr8", "cr8legacy"},
};

static const char *
translate_flag(const char *name, int from)
{
    for (gsize i = 0; i < G_N_ELEMENTS(flag_names); i++) {
        if (strcmp(flag_names[i][from], name) == 0)
            return flag_names[i][!from];
    }
    return name;
}

/* The host's own CPU: what any word about it asks for. */
static xmlNode *
make_cpu(xmlNode *domain)
{
    xmlNode *cpu = xen_xl_make(domain, "cpu");

    if (!conf_xml_has_attr(cpu, "mode"))
        conf_xml_set(cpu, "mode", "host-passthrough");
    return cpu;
}

static void
add_cpu_feature(xmlNode *domain, const char *policy, const char *name)
{
    xmlNode *feature = conf_xml_add(make_cpu(domain), "feature");

    conf_xml_set(feature, "policy", policy);
    conf_xml_set(feature, "name", name);
}

/* "host,FLAG=LETTER,...". Registers in digits have no words in a definition. */
static bool
parse_cpuid(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) items = xen_xl_config_list(config, "cpuid", error);
    g_auto(GStrv) flags = NULL;

    if (!items)
        return false;
    for (guint i = 0; i < items->len; i++) {
        if (items->len > 1 || !g_str_has_prefix(items->pdata[i], "host"))
            xen_xl_config_ignore(config, "cpuid", items->pdata[i]);
    }
    if (items->len != 1 || !g_str_has_prefix(items->pdata[0], "host"))
        return true;
    flags = g_strsplit(items->pdata[0], ",", -1);
    for (char **flag = flags + 1; *flag; flag++) {
        g_auto(GStrv) pair = g_strsplit(*flag, "=", 2);
        const char *letter =
            pair[0] && pair[1] && strlen(pair[1]) == 1 ? strchr(flag_letters, pair[1][0]) : NULL;

        if (letter)
            add_cpu_feature(domain, flag_policies[letter - flag_letters],
                            translate_flag(g_strstrip(pair[0]), 0));
        else
            xen_xl_config_ignore(config, "cpuid", *flag);
    }
    return true;
}

/* Whether @name lets a guest have guests. */
static bool
is_nested(const char *name)
{
    return strcmp(name, "vmx") == 0 || strcmp(name, "svm") == 0;
}

static bool
parse_nested(XenXlConfig *config, xmlNode *domain, GError **error)
{
    bool nested = false;

    if (!xen_xl_config_has(config, "nestedhvm"))
        return true;
    if (!xen_xl_config_bool(config, "nestedhvm", &nested, error))
        return false;
    make_cpu(domain);
    if (!nested) {
        add_cpu_feature(domain, "disable", "vmx");
        add_cpu_feature(domain, "disable", "svm");
    }
    return true;
}

bool
xen_xl_cpu_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    return (!xen_xl_is_hvm(domain) || parse_nested(config, domain, error)) &&
           parse_cpuid(config, domain, error);
}

/* Adds the flag that @feature is to @flags, unless it says what nestedhvm= says. */
static void
format_cpu_feature(xmlNode *feature, bool is_hvm, bool *nested, GString *flags)
{
    g_autofree char *policy = conf_xml_attr(feature, "policy");
    g_autofree char *name = conf_xml_attr(feature, "name");
    int i = policy ? conf_names_find(flag_policies, policy) : -1;

    if (!name || i < 0) {
        conf_xml_unsee(feature);
    } else if (is_hvm && is_nested(name)) {
        *nested = *nested && strcmp(policy, "disable") != 0;
    } else {
        g_string_append_printf(flags, ",%s=%c", translate_flag(name, 1), flag_letters[i]);
    }
}

void
xen_xl_cpu_format(xmlNode *domain, GString *out)
{
    xmlNode *cpu = xen_xl_find(domain, "cpu");
    g_autofree char *mode = xen_xl_get(domain, "cpu", "mode");
    g_autoptr(GString) flags = g_string_new("host");
    bool is_hvm = xen_xl_is_hvm(domain), nested = true;

    if (g_strcmp0(mode, "host-passthrough") != 0)
        return;
    for (xmlNode *feature = NULL; (feature = conf_xml_next_child(cpu, feature, "feature"));)
        format_cpu_feature(feature, is_hvm, &nested, flags);
    /* the defaults of the mode */
    conf_xml_drop_attr(cpu, "check");
    conf_xml_drop_attr(cpu, "migratable");
    if (is_hvm)
        xen_xl_put_number(out, "nestedhvm", nested);
    if (strchr(flags->str, ','))
        xen_xl_put_text(out, "cpuid", flags->str);
}
