/* Network interfaces of a definition: <interface>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libvirt/libvirt.h>

#include "conf/device_conf.h"

typedef struct DomainDef DomainDef;

typedef enum {
    DOMAIN_NET_TYPE_USER = 0,
    DOMAIN_NET_TYPE_ETHERNET,
    DOMAIN_NET_TYPE_VHOSTUSER,
    DOMAIN_NET_TYPE_SERVER,
    DOMAIN_NET_TYPE_CLIENT,
    DOMAIN_NET_TYPE_MCAST,
    DOMAIN_NET_TYPE_NETWORK,
    DOMAIN_NET_TYPE_BRIDGE,
    DOMAIN_NET_TYPE_INTERNAL,
    DOMAIN_NET_TYPE_DIRECT,
    DOMAIN_NET_TYPE_HOSTDEV,
    DOMAIN_NET_TYPE_UDP,
    DOMAIN_NET_TYPE_VDPA,
    DOMAIN_NET_TYPE_NULL,
    DOMAIN_NET_TYPE_VDS,
} DomainNetType;

typedef enum {
    DOMAIN_NET_LINK_DEFAULT = 0,
    DOMAIN_NET_LINK_UP,
    DOMAIN_NET_LINK_DOWN,
} DomainNetLinkState;

#define DOMAIN_NET_MAC_LENGTH 6

/* <ip>: an address, numeric, as libvirt prints it. */
typedef struct {
    char *address;
    char *family;    /* "ipv4" or "ipv6" */
    char *peer;      /* or NULL */
    unsigned prefix; /* 0: none */
} DomainNetIp;

/* <route> */
typedef struct {
    char *family; /* as written, or NULL (then it is IPv4) */
    char *address;
    char *netmask; /* or NULL */
    bool has_prefix;
    unsigned prefix;
    char *gateway;
    bool has_metric;
    unsigned metric;
} DomainNetRoute;

/* One direction of <bandwidth>: kilobytes a second, and kilobytes for burst;
 * 0: no limit. */
typedef struct {
    guint64 average;
    guint64 peak;
    guint64 burst;
    guint64 floor; /* inbound only */
} DomainNetRate;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainNetType type;
    guint8 mac[DOMAIN_NET_MAC_LENGTH];
    bool mac_generated; /* there was none in the XML */

    /* <source>. What else a type's source has is kept. */
    char *bridge;    /* bridge; network while running */
    char *network;   /* network */
    char *portgroup; /* network; or NULL */

    GPtrArray *ips;    /* of DomainNetIp; in the guest; never NULL */
    GPtrArray *routes; /* of DomainNetRoute; in the guest; never NULL */

    char *script;
    char *backend_domain; /* the domain that serves the interface; NULL: domain 0 */
    char *ifname;         /* <target dev>: the interface's name on the host */
    char *model;          /* "netfront", "e1000", "rtl8139", ...: as written; or NULL */
    char *driver;         /* <driver name>: "qemu", "vhost", ...; or NULL */
    DomainNetLinkState link_state;

    bool has_inbound;
    DomainNetRate inbound; /* to the guest */
    bool has_outbound;
    DomainNetRate outbound; /* from the guest */
} DomainNetDef;

extern ConfNames domain_net_type_names;
extern ConfNames domain_net_link_state_names;

/* An empty interface of type @type with a zero MAC address. */
DomainNetDef *domain_net_def_new(DomainNetType type);
void domain_net_def_free(DomainNetDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainNetDef, domain_net_def_free)

/* Parses the <interface> element @node. A missing MAC address is generated.
 * Errors: VIR_ERR_XML_ERROR, VIR_ERR_INTERNAL_ERROR,
 * VIR_ERR_CONFIG_UNSUPPORTED, as libvirt's. */
DomainNetDef *domain_net_def_parse(xmlNode *node, const DomainParseContext *context,
                                   GError **error);

/* Appends the device's element to @devices. */
void domain_net_def_format(const DomainNetDef *def, xmlNode *devices, unsigned flags);

/* A MAC address out of Xen's range, 00:16:3e:xx:xx:xx, at random. */
void domain_net_generate_mac(guint8 mac[static DOMAIN_NET_MAC_LENGTH]);

/* "00:16:3e:..." of @mac (new string). */
char *domain_net_mac_string(const guint8 mac[static DOMAIN_NET_MAC_LENGTH]);

/* Reads one; each octet has one or two hexadecimal digits. False if @text isn't
 * an address. */
bool domain_net_mac_parse(const char *text, guint8 mac[static DOMAIN_NET_MAC_LENGTH]);

/* --- rows of the table of families, see domain_devices.h ------------------- */

bool domain_net_complete(DomainDef *def, gpointer net, const DomainParseContext *context,
                         GError **error);
bool domain_net_validate(const DomainDef *def, gconstpointer net, GError **error);

/* --- net_ip_conf.c, for net_conf.c ------------------------------------------ */

/* <ip> and <route>. Errors: VIR_ERR_XML_ERROR, VIR_ERR_INVALID_ARG. */
bool domain_net_ip_parse(GPtrArray *ips, xmlNode *node, GError **error);
void domain_net_ip_format(const DomainNetIp *ip, xmlNode *parent);
void domain_net_ip_free(DomainNetIp *ip);
bool domain_net_route_parse(GPtrArray *routes, xmlNode *node, GError **error);
void domain_net_route_format(const DomainNetRoute *route, xmlNode *parent);
void domain_net_route_free(DomainNetRoute *route);

/* --- net_bandwidth_conf.c, for net_conf.c ----------------------------------- */

/* Reads <bandwidth>. Errors: VIR_ERR_XML_DETAIL, VIR_ERR_CONFIG_UNSUPPORTED. */
bool domain_net_bandwidth_parse(DomainNetDef *def, xmlNode *node, GError **error);
void domain_net_bandwidth_format(const DomainNetDef *def, xmlNode *interface);
