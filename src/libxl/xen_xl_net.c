/* Network interfaces: vif=, whose syntax is xl-network-configuration(5).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <libxl.h>
#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

#define BYTES_PER_KB  1000 /* as libxlutil has it */
#define US_PER_SECOND 1000000

/* The model of a card that is paravirtual only. */
#define PARAVIRTUAL "netfront"

/* What connects to a bridge if nothing is said. */
#define BRIDGE_SCRIPT "vif-bridge"

static ConfNames parts = {
    "mac",     "bridge", "script",  "ip",  "model",   "type",
    "vifname", "rate",   "backend", "mtu", "trusted", NULL,
};

/* --- reading ---------------------------------------------------------------------- */

/* KB a second, rounded as an interval holds whole bytes; a rate that isn't one is 0. */
static guint64
read_rate(const libxl_device_nic *nic)
{
    guint64 product;

    if (nic->rate_interval_usecs == 0 ||
        !g_uint64_checked_mul(&product, nic->rate_bytes_per_interval, US_PER_SECOND))
        return 0;
    return (product / nic->rate_interval_usecs + BYTES_PER_KB / 2) / BYTES_PER_KB;
}

static bool
set_rate(XenXlConfig *config, const char *rate, xmlNode *interface, GError **error)
{
    libxl_device_nic nic;
    guint64 kb = 0;
    bool done;

    libxl_device_nic_init(&nic);
    done = xlu_vif_parse_rate(xen_xl_config_parser(config), rate, &nic) == 0;
    if (done)
        kb = read_rate(&nic);
    libxl_device_nic_dispose(&nic);
    if (!done)
        return xen_xl_config_refuse_item(config, "vif", rate, error);
    if (kb == 0)
        xen_xl_config_ignore(config, "vif", rate);
    else
        conf_xml_setf(xen_xl_make(interface, "bandwidth/outbound"), "average", "%" G_GUINT64_FORMAT,
                      kb);
    return true;
}

static void
add_addresses(xmlNode *interface, const char *text)
{
    g_auto(GStrv) addresses = g_strsplit_set(text, " ", -1);

    for (char **address = addresses; *address; address++) {
        if (**address)
            conf_xml_add_with_attr(interface, "ip", "address", *address);
    }
}

static bool
add_interface(XenXlConfig *config, GHashTable *vif, xmlNode *domain, GError **error)
{
    xmlNode *interface = xen_xl_add_device(domain, "interface");
    const char *bridge = g_hash_table_lookup(vif, "bridge");
    const char *script = g_hash_table_lookup(vif, "script");
    const char *type = g_hash_table_lookup(vif, "type");
    const char *ip = g_hash_table_lookup(vif, "ip");
    const char *rate = g_hash_table_lookup(vif, "rate");
    bool is_bridge = bridge || g_strcmp0(script, BRIDGE_SCRIPT) == 0;

    conf_xml_set(interface, "type", is_bridge ? "bridge" : "ethernet");
    conf_xml_add_with_attr(interface, "mac", "address", g_hash_table_lookup(vif, "mac"));
    if (is_bridge)
        conf_xml_add_with_attr(interface, "source", "bridge", bridge ? bridge : "");
    conf_xml_add_with_attr(interface, "script", "path", script);
    conf_xml_add_with_attr(interface, "model", "type",
                           g_strcmp0(type, "vif") == 0 ? PARAVIRTUAL
                                                       : g_hash_table_lookup(vif, "model"));
    conf_xml_add_with_attr(interface, "target", "dev", g_hash_table_lookup(vif, "vifname"));
    conf_xml_add_with_attr(interface, "backenddomain", "name", g_hash_table_lookup(vif, "backend"));
    conf_xml_add_with_attr(interface, "mtu", "size", g_hash_table_lookup(vif, "mtu"));
    if (ip)
        add_addresses(interface, ip);
    return !rate || set_rate(config, rate, interface, error);
}

bool
xen_xl_nets_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) items = xen_xl_config_list(config, "vif", error);

    for (guint i = 0; items && i < items->len; i++) {
        g_autoptr(GHashTable) vif = xen_xl_parts_parse(config, "vif", items->pdata[i], parts);

        if (!add_interface(config, vif, domain, error))
            return false;
    }
    return items != NULL;
}

/* --- writing ---------------------------------------------------------------------- */

static void
add_ip_part(xmlNode *interface, GString *item)
{
    g_autoptr(GString) addresses = g_string_new(NULL);

    for (xmlNode *ip = NULL; (ip = conf_xml_next_child(interface, ip, "ip"));) {
        g_autofree char *address = conf_xml_attr(ip, "address");

        g_free(conf_xml_attr(ip, "family"));
        g_string_append_printf(addresses, "%s%s", addresses->len ? " " : "",
                               address ? address : "");
    }
    if (addresses->len)
        xen_xl_add_part(item, "ip", addresses->str);
}

/* An HVM guest's interface has an emulated card, too, unless its model says no. */
static void
add_model_part(xmlNode *interface, GString *item)
{
    g_autofree char *model = conf_xml_child_attr(interface, "model", "type");

    if (g_strcmp0(model, PARAVIRTUAL) == 0)
        xen_xl_add_part(item, "type", "vif");
    else
        xen_xl_add_part(item, "model", model);
}

static char *
format_interface(xmlNode *interface)
{
    GString *item = g_string_new(NULL);
    xmlNode *outbound = xen_xl_find(interface, "bandwidth/outbound");
    g_autofree char *mac = conf_xml_child_attr(interface, "mac", "address");
    g_autofree char *bridge = conf_xml_child_attr(interface, "source", "bridge");
    g_autofree char *script = conf_xml_child_attr(interface, "script", "path");
    g_autofree char *target = conf_xml_child_attr(interface, "target", "dev");
    g_autofree char *backend = conf_xml_child_attr(interface, "backenddomain", "name");
    g_autofree char *mtu = conf_xml_child_attr(interface, "mtu", "size");
    g_autofree char *average = outbound ? conf_xml_attr(outbound, "average") : NULL;

    xen_xl_add_part(item, "mac", mac);
    xen_xl_add_part(item, "bridge", bridge);
    xen_xl_add_part(item, "script", script ? script : bridge ? BRIDGE_SCRIPT : NULL);
    add_ip_part(interface, item);
    add_model_part(interface, item);
    xen_xl_add_part(item, "vifname", target);
    xen_xl_add_part(item, "backend", backend);
    xen_xl_add_part(item, "mtu", mtu);
    if (average)
        g_string_append_printf(item, ",rate=%sKB/s", average);
    return g_string_free(item, FALSE);
}

void
xen_xl_nets_format(xmlNode *domain, GString *out)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);

    for (xmlNode *interface = NULL;
         (interface = xen_xl_next_device(domain, interface, "interface"));) {
        g_autofree char *type = conf_xml_attr(interface, "type");

        if (g_strcmp0(type, "bridge") == 0 || g_strcmp0(type, "ethernet") == 0)
            g_ptr_array_add(items, format_interface(interface));
        else
            conf_xml_unsee(interface);
    }
    xen_xl_put_list(out, "vif", items);
}
