/* Limits of an interface: <bandwidth>; see net_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/net_conf.h"
#include "util/error.h"
#include "util/i18n.h"

static const struct {
    const char *name;
    gsize offset; /* of its number in DomainNetRate */
} rate_attributes[] = {
    {"average", offsetof(DomainNetRate, average)},
    {"peak", offsetof(DomainNetRate, peak)},
    {"floor", offsetof(DomainNetRate, floor)},
    {"burst", offsetof(DomainNetRate, burst)},
};

static bool
parse_rate(DomainNetRate *rate, xmlNode *node, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rate_attributes); i++) {
        g_autofree char *text = conf_xml_attr(node, rate_attributes[i].name);

        if (text && !conf_parse_uint64(text, G_STRUCT_MEMBER_P(rate, rate_attributes[i].offset)))
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("could not convert bandwidth %s value '%s'"),
                                    rate_attributes[i].name, text);
    }
    if (rate->average == 0 && rate->floor == 0)
        return virtxl_error_set(error, VIR_ERR_XML_DETAIL,
                                _("Missing mandatory average or floor attributes"));
    return true;
}

static bool
parse_direction(xmlNode *bandwidth, const char *name, bool *has, DomainNetRate *rate,
                GError **error)
{
    xmlNode *node = conf_xml_next_child(bandwidth, NULL, name);

    if (!node)
        return true;
    *has = true;
    if (conf_xml_next_child(bandwidth, node, name))
        return virtxl_error_set(error, VIR_ERR_XML_DETAIL, _("Only one child <%s> element allowed"),
                                name);
    return parse_rate(rate, node, error);
}

bool
domain_net_bandwidth_parse(DomainNetDef *def, xmlNode *node, GError **error)
{
    if (!parse_direction(node, "inbound", &def->has_inbound, &def->inbound, error) ||
        !parse_direction(node, "outbound", &def->has_outbound, &def->outbound, error))
        return false;
    if (def->outbound.floor > 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("'floor' attribute allowed only in <inbound> element"));
    return true;
}

static void
format_direction(const char *name, bool has, const DomainNetRate *rate, xmlNode *bandwidth)
{
    xmlNode *node;

    if (!has)
        return;
    node = conf_xml_add(bandwidth, name);
    for (gsize i = 0; i < G_N_ELEMENTS(rate_attributes); i++) {
        guint64 number = G_STRUCT_MEMBER(guint64, rate, rate_attributes[i].offset);

        if (number > 0)
            conf_xml_setf(node, rate_attributes[i].name, "%" G_GUINT64_FORMAT, number);
    }
}

void
domain_net_bandwidth_format(const DomainNetDef *def, xmlNode *interface)
{
    xmlNode *bandwidth;

    if (!def->has_inbound && !def->has_outbound)
        return;
    bandwidth = conf_xml_add(interface, "bandwidth");
    format_direction("inbound", def->has_inbound, &def->inbound, bandwidth);
    format_direction("outbound", def->has_outbound, &def->outbound, bandwidth);
}
