/* Network interfaces: <interface>; see net_conf.h.
 *
 * A source is modelled for the types that Xen knows, and kept for the others;
 * so is what belongs to a type's own features (vlan, virtualport, ...).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/net_conf.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_net_type_names = {
    "user",     "ethernet", "vhostuser", "server", "client", "mcast", "network", "bridge",
    "internal", "direct",   "hostdev",   "udp",    "vdpa",   "null",  "vds",     NULL,
};

ConfNames domain_net_link_state_names = {"default", "up", "down", NULL};

/* <driver name>; Xen knows qemu and vhost, and xen for a hostdev. */
static const char *const driver_names[] = {"qemu", "vhost", "kvm", "vfio", "xen", NULL};

/* The characters of a model's name. */
#define MODEL_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

/* Xen's own range of MAC addresses. */
static const guint8 xen_mac_prefix[] = {0x00, 0x16, 0x3e};

/* Names of host interfaces that a start makes up: they are not the user's. */
static const char *const generated_prefixes[] = {"vif", "vnet", "macvtap", "macvlan", NULL};

#define INTERFACE_ORDER(...)                                                                       \
    {                                                                                              \
        {"mac"}, __VA_ARGS__, {"vlan"}, {"virtualport"}, {"bandwidth"}, {"port"}, {"ip"},          \
            {"route"}, {"script"}, {"downscript"}, {"backenddomain"}, {"target"}, {"guest"},       \
            {"model"}, {"driver"}, {"backend"}, {"filterref"}, {"tune"}, {"teaming"}, {"link"},    \
            {"mtu"}, {"coalesce"}, {"boot"}, {"alias"}, {"rom"}, {"acpi"}, {"address"}, {NULL},    \
    }

static const ConfXmlOrder source_order[] = {{"address"}, {"local"}, {"reconnect"},
                                            {"ip"},      {"route"}, {NULL}};
static const ConfXmlOrder interface_order[] = INTERFACE_ORDER({"source", source_order});
/* A device of the host has its driver before the source. */
static const ConfXmlOrder hostdev_order[] = INTERFACE_ORDER({"driver"}, {"source", source_order});

static const char *const driver_attributes[] = {
    "name", "txmode",          "ioeventfd", "event_idx", "queues", "rx_queue_size", "tx_queue_size",
    "rss",  "rss_hash_report", "iommu",     "ats",       "packed", "page_per_vq",   NULL,
};

static void
ip_free(gpointer ip)
{
    domain_net_ip_free(ip);
}

static void
route_free(gpointer route)
{
    domain_net_route_free(route);
}

DomainNetDef *
domain_net_def_new(DomainNetType type)
{
    DomainNetDef *def = g_new0(DomainNetDef, 1);

    def->type = type;
    def->ips = g_ptr_array_new_with_free_func(ip_free);
    def->routes = g_ptr_array_new_with_free_func(route_free);
    return def;
}

void
domain_net_def_free(DomainNetDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    g_free(def->bridge);
    g_free(def->network);
    g_free(def->portgroup);
    g_ptr_array_unref(def->ips);
    g_ptr_array_unref(def->routes);
    g_free(def->script);
    g_free(def->backend_domain);
    g_free(def->ifname);
    g_free(def->model);
    g_free(def->driver);
    g_free(def);
}

/* --- MAC addresses -------------------------------------------------------- */

void
domain_net_generate_mac(guint8 mac[static DOMAIN_NET_MAC_LENGTH])
{
    guint32 number = g_random_int();

    memcpy(mac, xen_mac_prefix, sizeof(xen_mac_prefix));
    /* the upper half is for vendors */
    mac[3] = (guint8)(number & 0x7f);
    mac[4] = (guint8)(number >> 8);
    mac[5] = (guint8)(number >> 16);
}

char *
domain_net_mac_string(const guint8 mac[static DOMAIN_NET_MAC_LENGTH])
{
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                           mac[5]);
}

bool
domain_net_mac_parse(const char *text, guint8 mac[static DOMAIN_NET_MAC_LENGTH])
{
    g_auto(GStrv) octets = g_strsplit(text, ":", -1);

    if (g_strv_length(octets) != DOMAIN_NET_MAC_LENGTH)
        return false;
    for (int i = 0; i < DOMAIN_NET_MAC_LENGTH; i++) {
        gsize length = strspn(octets[i], "0123456789abcdefABCDEF");

        if (length < 1 || length > 2 || octets[i][length])
            return false;
        mac[i] = (guint8)g_ascii_strtoull(octets[i], NULL, 16);
    }
    return true;
}

static bool
is_multicast(const guint8 *mac)
{
    return mac[0] & 1;
}

/* --- parsing -------------------------------------------------------------- */

static bool
parse_mac(DomainNetDef *def, xmlNode *node, GError **error)
{
    xmlNode *element = conf_xml_child(node, "mac");
    g_autofree char *text = element ? conf_xml_attr(element, "address") : NULL;

    if (!text) {
        def->mac_generated = true;
        domain_net_generate_mac(def->mac);
        return true;
    }
    if (!domain_net_mac_parse(text, def->mac))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("unable to parse mac address '%s'"),
                                text);
    if (is_multicast(def->mac))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("expected unicast mac address, found multicast '%s'"), text);
    return true;
}

static bool
parse_required(char **value, const DomainNetDef *def, xmlNode *source, const char *name,
               GError **error)
{
    if (!source)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("interface type='%s' requires a 'source' element"),
                                domain_net_type_names[def->type]);
    *value = conf_xml_attr(source, name);
    return *value || conf_xml_refuse_missing(source, name, error);
}

static bool
parse_source(DomainNetDef *def, xmlNode *node, const DomainParseContext *context, GError **error)
{
    xmlNode *source = conf_xml_child(node, "source");

    if (def->type == DOMAIN_NET_TYPE_BRIDGE)
        return parse_required(&def->bridge, def, source, "bridge", error);
    if (def->type != DOMAIN_NET_TYPE_NETWORK)
        return true;
    if (!parse_required(&def->network, def, source, "network", error))
        return false;
    def->portgroup = conf_xml_attr(source, "portgroup");
    /* live only: the network's bridge and the port's id */
    def->bridge = conf_xml_attr(source, "bridge");
    if (context->flags & DOMAIN_PARSE_INACTIVE) {
        g_clear_pointer(&def->bridge, g_free);
        g_free(conf_xml_attr(source, "portid"));
    }
    return true;
}

static bool
parse_addresses(DomainNetDef *def, xmlNode *node, GError **error)
{
    for (xmlNode *ip = NULL; (ip = conf_xml_next_child(node, ip, "ip"));) {
        if (!domain_net_ip_parse(def->ips, ip, error))
            return false;
    }
    for (xmlNode *route = NULL; (route = conf_xml_next_child(node, route, "route"));) {
        if (!domain_net_route_parse(def->routes, route, error))
            return false;
    }
    return true;
}

static bool
is_generated_name(const char *ifname)
{
    for (const char *const *prefix = generated_prefixes; *prefix; prefix++) {
        if (g_str_has_prefix(ifname, *prefix))
            return true;
    }
    return false;
}

static bool
parse_model(DomainNetDef *def, xmlNode *node, GError **error)
{
    def->model = conf_xml_child_attr(node, "model", "type");
    if (def->model && strspn(def->model, MODEL_CHARACTERS) != strlen(def->model))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("Model name contains invalid characters: '%s'"), def->model);
    return true;
}

static bool
parse_driver(DomainNetDef *def, xmlNode *node, GError **error)
{
    xmlNode *driver = conf_xml_child(node, "driver");

    def->driver = driver ? conf_xml_attr(driver, "name") : NULL;
    if (def->driver && conf_names_find(driver_names, def->driver) < 0)
        return conf_xml_refuse_attr(driver, "name", def->driver, error);
    return true;
}

static bool
parse_link(DomainNetDef *def, xmlNode *node, GError **error)
{
    g_autofree char *state = conf_xml_child_attr(node, "link", "state");
    int number;

    if (!state)
        return true;
    number = conf_names_find(domain_net_link_state_names, state);
    if (number <= DOMAIN_NET_LINK_DEFAULT)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("unknown interface link state '%s'"), state);
    def->link_state = (DomainNetLinkState)number;
    return true;
}

/* A number that we don't use, but that has to be one. */
static bool
check_mtu(xmlNode *node, GError **error)
{
    xmlNode *mtu = conf_xml_child(node, "mtu");
    g_autofree char *size = mtu ? conf_xml_attr(mtu, "size") : NULL;
    guint64 number;

    if (!mtu)
        return true;
    if (!size || !conf_parse_uint64(size, &number) || number > G_MAXUINT)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("malformed mtu size '%s'"),
                                size ? size : "");
    conf_xml_unsee(mtu);
    return true;
}

static bool
parse_interface(DomainNetDef *def, xmlNode *node, const DomainParseContext *context, GError **error)
{
    xmlNode *bandwidth = conf_xml_child(node, "bandwidth");
    int type = DOMAIN_NET_TYPE_USER;

    if (!conf_xml_attr_enum(node, "type", domain_net_type_names, &type, VIR_ERR_XML_ERROR, error))
        return false;
    def->type = (DomainNetType)type;
    def->script = conf_xml_child_attr(node, "script", "path");
    def->backend_domain = conf_xml_child_attr(node, "backenddomain", "name");
    def->ifname = conf_xml_child_attr(node, "target", "dev");
    if (def->ifname && (context->flags & DOMAIN_PARSE_INACTIVE) && is_generated_name(def->ifname))
        g_clear_pointer(&def->ifname, g_free);
    return parse_mac(def, node, error) && parse_source(def, node, context, error) &&
           parse_addresses(def, node, error) && parse_model(def, node, error) &&
           parse_driver(def, node, error) && parse_link(def, node, error) &&
           check_mtu(node, error) &&
           (!bandwidth || domain_net_bandwidth_parse(def, bandwidth, error));
}

DomainNetDef *
domain_net_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    g_autoptr(DomainNetDef) def = domain_net_def_new(DOMAIN_NET_TYPE_USER);

    if (!parse_interface(def, node, context, error) ||
        !domain_device_info_parse(&def->info, node, context, error))
        return NULL;
    return g_steal_pointer(&def);
}

/* --- formatting ----------------------------------------------------------- */

static void
format_source(const DomainNetDef *def, xmlNode *interface, bool inactive)
{
    xmlNode *source = conf_xml_add(interface, "source");

    conf_xml_set(source, "network", def->network);
    conf_xml_set(source, "portgroup", def->portgroup);
    if (def->type == DOMAIN_NET_TYPE_BRIDGE || !inactive)
        conf_xml_set(source, "bridge", def->bridge);
}

static void
format_addresses(const DomainNetDef *def, xmlNode *interface)
{
    for (guint i = 0; i < def->ips->len; i++)
        domain_net_ip_format(g_ptr_array_index(def->ips, i), interface);
    for (guint i = 0; i < def->routes->len; i++)
        domain_net_route_format(g_ptr_array_index(def->routes, i), interface);
}

static void
format_target(const DomainNetDef *def, xmlNode *interface, bool inactive)
{
    if (def->ifname && !(inactive && is_generated_name(def->ifname)))
        conf_xml_add_with_attr(interface, "target", "dev", def->ifname);
}

static void
format_driver(const DomainNetDef *def, xmlNode *interface)
{
    conf_xml_set(conf_xml_add(interface, "driver"), "name", def->driver);
}

/* What was kept is in by now. */
static void
tidy(xmlNode *interface)
{
    xmlNode *driver = conf_xml_written_child(interface, "driver");

    conf_xml_order_attributes(driver, driver_attributes);
    conf_xml_drop_if_empty(driver);
    conf_xml_drop_if_empty(conf_xml_written_child(interface, "source"));
}

void
domain_net_def_format(const DomainNetDef *def, xmlNode *devices, unsigned flags)
{
    bool inactive = flags & VIR_DOMAIN_XML_INACTIVE;
    bool is_hostdev = def->type == DOMAIN_NET_TYPE_HOSTDEV;
    g_autofree char *mac = domain_net_mac_string(def->mac);
    xmlNode *interface = conf_xml_add(devices, "interface");

    conf_xml_set(interface, "type", domain_net_type_names[def->type]);
    conf_xml_add_with_attr(interface, "mac", "address", mac);
    if (is_hostdev)
        format_driver(def, interface);
    format_source(def, interface, inactive);
    domain_net_bandwidth_format(def, interface);
    format_addresses(def, interface);
    conf_xml_add_with_attr(interface, "script", "path", def->script);
    conf_xml_add_with_attr(interface, "backenddomain", "name", def->backend_domain);
    format_target(def, interface, inactive);
    conf_xml_add_with_attr(interface, "model", "type", def->model);
    if (!is_hostdev)
        format_driver(def, interface);
    if (def->link_state != DOMAIN_NET_LINK_DEFAULT)
        conf_xml_add_with_attr(interface, "link", "state",
                               domain_net_link_state_names[def->link_state]);
    domain_device_info_format_boot(&def->info, interface);
    domain_device_info_format(&def->info, interface, is_hostdev ? hostdev_order : interface_order,
                              flags);
    tidy(interface);
}

/* --- in a domain ---------------------------------------------------------- */

bool
domain_net_complete(DomainDef *def G_GNUC_UNUSED, gpointer data,
                    const DomainParseContext *context G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    DomainNetDef *net = data;

    if (net->type == DOMAIN_NET_TYPE_HOSTDEV && !net->driver)
        net->driver = g_strdup("xen");
    return true;
}

bool
domain_net_validate(const DomainDef *def G_GNUC_UNUSED, gconstpointer data, GError **error)
{
    const DomainNetDef *net = data;

    if (net->inbound.floor > 0 && net->type != DOMAIN_NET_TYPE_NETWORK)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("floor attribute is not supported for an interface of type '%s'"),
                                domain_net_type_names[net->type]);
    return true;
}
