/* Addresses and routes of an interface: <ip>, <route>; see net_conf.h.
 *
 * Addresses are numeric, and are written in their shortest form.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <arpa/inet.h>
#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/net_conf.h"
#include "util/error.h"
#include "util/i18n.h"

/* An address in network order. */
typedef struct {
    int family; /* AF_INET or AF_INET6 */
    guint8 bytes[sizeof(struct in6_addr)];
} NumericAddress;

/* @family: AF_UNSPEC for either */
static bool
parse_numeric(const char *text, int family, NumericAddress *address)
{
    static const int families[] = {AF_INET, AF_INET6};

    for (gsize i = 0; text && i < G_N_ELEMENTS(families); i++) {
        if (family != AF_UNSPEC && family != families[i])
            continue;
        address->family = families[i];
        if (inet_pton(families[i], text, address->bytes) == 1)
            return true;
    }
    return false;
}

static char *
print_numeric(const NumericAddress *address)
{
    char text[INET6_ADDRSTRLEN];

    return g_strdup(inet_ntop(address->family, address->bytes, text, sizeof(text)));
}

static unsigned
length_in_bits(int family)
{
    return family == AF_INET ? 32 : 128;
}

static const char *
family_name(int family)
{
    return family == AF_INET ? "ipv4" : "ipv6";
}

static int
family_number(const char *name)
{
    if (g_strcmp0(name, "ipv4") == 0)
        return AF_INET;
    return g_strcmp0(name, "ipv6") == 0 ? AF_INET6 : AF_UNSPEC;
}

/* True if all of the bits after the first @prefix are 0. */
static bool
is_network(const NumericAddress *address, unsigned prefix)
{
    for (unsigned bit = prefix; bit < length_in_bits(address->family); bit++) {
        if (address->bytes[bit / 8] & (0x80 >> bit % 8))
            return false;
    }
    return true;
}

/* --- <ip> ----------------------------------------------------------------- */

void
domain_net_ip_free(DomainNetIp *ip)
{
    g_free(ip->address);
    g_free(ip->family);
    g_free(ip->peer);
    g_free(ip);
}

static bool
parse_ip_prefix(DomainNetIp *ip, xmlNode *node, int family, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, "prefix");
    guint64 prefix = 0;

    if (text && (!conf_parse_uint64(text, &prefix) || prefix > length_in_bits(family)))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("Invalid prefix value '%s' in <ip>"),
                                text);
    ip->prefix = (unsigned)prefix;
    return true;
}

static bool
parse_peer(DomainNetIp *ip, xmlNode *node, int family, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, "peer");
    NumericAddress peer;

    if (!text)
        return true;
    if (!parse_numeric(text, family, &peer))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("Invalid peer '%s' in <ip>"), text);
    ip->peer = print_numeric(&peer);
    return true;
}

bool
domain_net_ip_parse(GPtrArray *ips, xmlNode *node, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, "address");
    g_autofree char *family = conf_xml_attr(node, "family");
    NumericAddress address;
    DomainNetIp *ip;

    if (!text)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("Missing required address in <ip>"));
    if (!parse_numeric(text, family_number(family), &address))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("Invalid address '%s' in <ip>"), text);
    ip = g_new0(DomainNetIp, 1);
    g_ptr_array_add(ips, ip);
    ip->address = print_numeric(&address);
    ip->family = g_strdup(family_name(address.family));
    return parse_ip_prefix(ip, node, address.family, error) &&
           parse_peer(ip, node, address.family, error);
}

void
domain_net_ip_format(const DomainNetIp *ip, xmlNode *parent)
{
    xmlNode *node = conf_xml_add(parent, "ip");

    conf_xml_set(node, "address", ip->address);
    conf_xml_set(node, "family", ip->family);
    if (ip->prefix > 0)
        conf_xml_setf(node, "prefix", "%u", ip->prefix);
    conf_xml_set(node, "peer", ip->peer);
}

/* --- <route> -------------------------------------------------------------- */

void
domain_net_route_free(DomainNetRoute *route)
{
    g_free(route->family);
    g_free(route->address);
    g_free(route->netmask);
    g_free(route->gateway);
    g_free(route);
}

static bool
refuse_route(GError **error, const char *problem, const char *value)
{
    return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("guest interface: %s in route definition: '%s'"), problem, value);
}

static bool
parse_route_numbers(DomainNetRoute *route, xmlNode *node, GError **error)
{
    g_autofree char *metric = conf_xml_attr(node, "metric");
    guint64 number = 0;

    if (!conf_xml_attr_uint(node, "prefix", &route->prefix, &route->has_prefix, VIR_ERR_XML_ERROR,
                            error))
        return false;
    if (metric && (!conf_parse_uint64(metric, &number) || number == 0 || number > G_MAXUINT))
        return conf_xml_refuse_attr(node, "metric", metric, error);
    route->has_metric = metric != NULL;
    route->metric = (unsigned)number;
    return true;
}

/* The route's family: what it says, or IPv4. AF_UNSPEC after an error. */
static int
route_family(const DomainNetRoute *route, GError **error)
{
    int family = route->family ? family_number(route->family) : AF_INET;

    if (family == AF_UNSPEC)
        refuse_route(error, _("Unrecognized family"), route->family);
    return family;
}

/* True if all of the bits that aren't in @netmask are 0. */
static bool
is_masked(const NumericAddress *address, const NumericAddress *netmask)
{
    for (gsize i = 0; i < sizeof(struct in_addr); i++) {
        if (address->bytes[i] & ~netmask->bytes[i])
            return false;
    }
    return true;
}

/* Checks that the route's address is the one of a network of the prefix or
 * netmask, if it has one. */
static bool
check_network(const DomainNetRoute *route, const NumericAddress *address, GError **error)
{
    NumericAddress netmask;

    if (route->has_prefix && route->netmask)
        return refuse_route(error, _("Route definition cannot have both a prefix and a netmask"),
                            route->netmask);
    if (route->has_prefix && route->prefix > length_in_bits(address->family))
        return virtxl_error_set(
            error, VIR_ERR_XML_ERROR,
            _("guest interface: Invalid prefix %u specified in route definition, must be 0 - %u"),
            route->prefix, length_in_bits(address->family));
    if (route->netmask &&
        (address->family != AF_INET || !parse_numeric(route->netmask, AF_INET, &netmask)))
        return refuse_route(error, _("Bad netmask"), route->netmask);
    if ((route->has_prefix && !is_network(address, route->prefix)) ||
        (route->netmask && !is_masked(address, &netmask)))
        return refuse_route(error, _("not a network address"), route->address);
    return true;
}

static bool
check_route(DomainNetRoute *route, GError **error)
{
    NumericAddress address, gateway;
    int family = route_family(route, error);

    if (family == AF_UNSPEC)
        return false;
    if (!parse_numeric(route->address, AF_UNSPEC, &address))
        return refuse_route(error, _("Bad network address"), route->address);
    if (!parse_numeric(route->gateway, AF_UNSPEC, &gateway))
        return refuse_route(error, _("Bad gateway address"), route->gateway);
    if (address.family != family)
        return refuse_route(error, _("address of another family"), route->address);
    if (gateway.family != family)
        return refuse_route(error, _("gateway of another family"), route->gateway);
    if (!check_network(route, &address, error))
        return false;
    g_free(route->address);
    route->address = print_numeric(&address);
    g_free(route->gateway);
    route->gateway = print_numeric(&gateway);
    return true;
}

bool
domain_net_route_parse(GPtrArray *routes, xmlNode *node, GError **error)
{
    DomainNetRoute *route = g_new0(DomainNetRoute, 1);

    g_ptr_array_add(routes, route);
    route->family = conf_xml_attr(node, "family");
    route->address = conf_xml_attr(node, "address");
    route->netmask = conf_xml_attr(node, "netmask");
    route->gateway = conf_xml_attr(node, "gateway");
    if (!parse_route_numbers(route, node, error))
        return false;
    if (!route->address)
        return refuse_route(error, _("Missing required address attribute"), "");
    if (!route->gateway)
        return refuse_route(error, _("Missing required gateway attribute"), route->address);
    return check_route(route, error);
}

void
domain_net_route_format(const DomainNetRoute *route, xmlNode *parent)
{
    xmlNode *node = conf_xml_add(parent, "route");

    conf_xml_set(node, "family", route->family);
    conf_xml_set(node, "address", route->address);
    conf_xml_set(node, "netmask", route->netmask);
    if (route->has_prefix)
        conf_xml_setf(node, "prefix", "%u", route->prefix);
    conf_xml_set(node, "gateway", route->gateway);
    if (route->has_metric)
        conf_xml_setf(node, "metric", "%u", route->metric);
}
