/* Network interfaces as libxl's configuration.
 *
 * libxl connects an interface by a script, to a bridge or in another way. An HVM
 * guest's interface is an emulated card beside the paravirtual one, unless the
 * model says that the latter is enough.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/net_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

#define MODEL_PARAVIRTUAL   "netfront"
#define SCRIPT_OPEN_VSWITCH "vif-openvswitch"

/* A limit is so many bytes in each interval of this length. */
#define RATE_INTERVAL_US   50000
#define BYTES_PER_KILOBYTE 1024
#define US_PER_SECOND      1000000

static char *
describe(const DomainNetDef *net)
{
    return domain_net_mac_string(net->mac);
}

static bool
map_model(const DomainDef *def, const DomainNetDef *net, libxl_device_nic *device, GError **error)
{
    g_autofree char *mac = describe(net);
    bool is_paravirtual = g_strcmp0(net->model, MODEL_PARAVIRTUAL) == 0;

    device->model = g_strdup(net->model);
    if (libxl_conf_is_hvm(def) && !is_paravirtual) {
        device->nictype = LIBXL_NIC_TYPE_VIF_IOEMU;
        return true;
    }
    if (net->model && !is_paravirtual)
        return libxl_conf_refuse(
            def, error, _("interface %s: model '%s' is possible for an HVM guest only; use '%s'"),
            mac, net->model, MODEL_PARAVIRTUAL);
    device->nictype = LIBXL_NIC_TYPE_VIF;
    return true;
}

/* A bridge of Open vSwitch has a script of its own. */
static bool
is_open_vswitch(const DomainNetDef *net)
{
    const xmlNode *node = conf_xml_kept_child(net->info.kept, NULL);
    xmlChar *type;
    bool found;

    while (node && !conf_xml_is(node, "virtualport"))
        node = node->next;
    type = node ? xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)"type") : NULL;
    found = g_strcmp0((const char *)type, "openvswitch") == 0;
    xmlFree(type);
    return found;
}

static bool
map_connection(const DomainDef *def, const DomainNetDef *net, libxl_device_nic *device,
               GError **error)
{
    g_autofree char *mac = describe(net);

    switch (net->type) {
    case DOMAIN_NET_TYPE_BRIDGE:
        device->bridge = g_strdup(net->bridge);
        break;
    case DOMAIN_NET_TYPE_ETHERNET:
        break;
    case DOMAIN_NET_TYPE_NETWORK:
        if (!net->bridge)
            return libxl_conf_refuse(def, error, _("interface %s: network '%s' has no bridge"), mac,
                                     net->network);
        device->bridge = g_strdup(net->bridge);
        break;
    default:
        return libxl_conf_refuse(def, error,
                                 _("interface %s: type='%s' is not possible on Xen; use 'bridge' "
                                   "or 'ethernet'"),
                                 mac, domain_net_type_names[net->type]);
    }
    device->script =
        g_strdup(!net->script && is_open_vswitch(net) ? SCRIPT_OPEN_VSWITCH : net->script);
    return true;
}

/* The addresses that the script lets through, one after the other. */
static char *
join_addresses(const DomainNetDef *net)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < net->ips->len; i++) {
        const DomainNetIp *ip = net->ips->pdata[i];

        g_string_append_printf(text, "%s%s", i ? " " : "", ip->address);
    }
    return g_string_free(text, text->len == 0);
}

static void
map_rate(const DomainNetDef *net, libxl_device_nic *device)
{
    if (!net->has_outbound || !net->outbound.average)
        return;
    device->rate_interval_usecs = RATE_INTERVAL_US;
    device->rate_bytes_per_interval =
        net->outbound.average * BYTES_PER_KILOBYTE * RATE_INTERVAL_US / US_PER_SECOND;
}

bool
libxl_conf_map_net(const DomainDef *def, const DomainNetDef *net, libxl_device_nic *device,
                   GError **error)
{
    if (!map_model(def, net, device, error) || !map_connection(def, net, device, error))
        return false;
    memcpy(device->mac, net->mac, sizeof(device->mac));
    device->ip = join_addresses(net);
    device->ifname = g_strdup(net->ifname);
    device->backend_domname = g_strdup(net->backend_domain);
    map_rate(net, device);
    return true;
}

bool
libxl_conf_map_nets(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    config->nics = g_new0(libxl_device_nic, def->nets->len);
    for (guint i = 0; i < def->nets->len; i++) {
        libxl_device_nic *device = &config->nics[config->num_nics++];

        libxl_device_nic_init(device);
        device->devid = (libxl_devid)i;
        if (!libxl_conf_map_net(def, def->nets->pdata[i], device, error))
            return false;
    }
    return true;
}
