/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cputune_conf.h"

#include "conf/conf_xml_tools.h"
#include "conf/cpuset_conf.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

const ConfXmlOrder domain_cputune_order[] = {
    {"shares"},         {"period"},          {"quota"},
    {"global_period"},  {"global_quota"},    {"emulator_period"},
    {"emulator_quota"}, {"iothread_period"}, {"iothread_quota"},
    {"vcpupin"},        {"emulatorpin"},     {"iothreadpin"},
    {"vcpusched"},      {"iothreadsched"},   {"emulatorsched"},
    {"cachetune"},      {"memorytune"},      {NULL},
};

void
domain_cputune_init(DomainCputuneDef *cputune)
{
    cputune->pins = g_ptr_array_new_with_free_func(g_free);
}

void
domain_cputune_clear(DomainCputuneDef *cputune)
{
    g_clear_pointer(&cputune->pins, g_ptr_array_unref);
}

void
domain_cputune_pin(DomainDef *def, guint vcpu, char *cpuset)
{
    GPtrArray *pins = def->cputune.pins;

    while (pins->len <= vcpu)
        g_ptr_array_add(pins, NULL);
    g_free(pins->pdata[vcpu]);
    pins->pdata[vcpu] = cpuset;
}

const char *
domain_cputune_get_cpuset(const DomainDef *def, guint vcpu)
{
    const GPtrArray *pins = def->cputune.pins;

    return vcpu < pins->len && pins->pdata[vcpu] ? pins->pdata[vcpu] : def->vcpu_cpuset;
}

static bool
parse_shares(DomainCputuneDef *cputune, xmlNode *node, GError **error)
{
    g_autofree char *text = conf_xml_child_text(node, "shares");
    guint64 shares;

    if (!text)
        return true;
    if (!conf_parse_uint64(text, &shares) || shares > G_MAXUINT)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("can't parse cputune shares value '%s'"), text);
    cputune->has_shares = true;
    cputune->shares = (guint)shares;
    return true;
}

/* One for a vCPU that the domain can't have means nothing, and is dropped. */
static bool
parse_pin(DomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, "cpuset");
    g_autofree char *cpuset = NULL;
    bool has_vcpu = false;
    unsigned vcpu = 0;

    if (!conf_xml_attr_uint(node, "vcpu", &vcpu, &has_vcpu, VIR_ERR_XML_ERROR, error))
        return false;
    if (!has_vcpu || !text)
        return conf_xml_refuse_missing(node, has_vcpu ? "cpuset" : "vcpu", error);
    cpuset = cpuset_tidy(text, error);
    if (!cpuset || vcpu >= def->vcpus_max)
        return cpuset != NULL;
    if (vcpu < def->cputune.pins->len && def->cputune.pins->pdata[vcpu])
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s': duplicate vcpupin for vcpu '%u'"), def->name, vcpu);
    domain_cputune_pin(def, vcpu, g_steal_pointer(&cpuset));
    return true;
}

bool
domain_cputune_parse(DomainDef *def, xmlNode *domain, GError **error)
{
    xmlNode *node = conf_xml_child(domain, "cputune");

    if (!node)
        return true;
    if (!parse_shares(&def->cputune, node, error))
        return false;
    for (xmlNode *pin = NULL; (pin = conf_xml_next_child(node, pin, "vcpupin"));) {
        if (!parse_pin(def, pin, error))
            return false;
    }
    return true;
}

void
domain_cputune_format(const DomainDef *def, xmlNode *domain)
{
    const DomainCputuneDef *cputune = &def->cputune;
    xmlNode *node = conf_xml_add(domain, "cputune");

    if (cputune->has_shares) {
        g_autofree char *shares = g_strdup_printf("%u", cputune->shares);

        conf_xml_add_text(node, "shares", shares);
    }
    for (guint i = 0; i < cputune->pins->len && i < def->vcpus_max; i++) {
        xmlNode *pin;

        if (!cputune->pins->pdata[i])
            continue;
        pin = conf_xml_add(node, "vcpupin");
        conf_xml_setf(pin, "vcpu", "%u", i);
        conf_xml_set(pin, "cpuset", cputune->pins->pdata[i]);
    }
}
