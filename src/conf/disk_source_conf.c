/* What is behind a disk on the host: <source>; see disk_conf.h.
 *
 * Which attributes and children count depends on the type, which is written
 * at the disk. The types that Xen can't serve are kept as they came.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/disk_conf.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_disk_source_type_names = {
    "", "file", "block", "dir", "network", "volume", "nvme", "vhostuser", NULL,
};

ConfNames domain_disk_protocol_names = {
    "",    "nbd",  "rbd",  "sheepdog", "gluster", "iscsi", "http", "https",
    "ftp", "ftps", "tftp", "ssh",      "vxhs",    "nfs",   NULL,
};

ConfNames domain_disk_transport_names = {"tcp", "unix", "rdma", NULL};

ConfNames domain_disk_startup_policy_names = {"default", "mandatory", "requisite", "optional",
                                              NULL};

/* The ports that hosts without one get, by protocol; 0: none. */
static const unsigned default_ports[] = {
    [DOMAIN_DISK_PROTOCOL_NBD] = 10809,     [DOMAIN_DISK_PROTOCOL_SHEEPDOG] = 7000,
    [DOMAIN_DISK_PROTOCOL_GLUSTER] = 24007, [DOMAIN_DISK_PROTOCOL_ISCSI] = 3260,
    [DOMAIN_DISK_PROTOCOL_HTTP] = 80,       [DOMAIN_DISK_PROTOCOL_HTTPS] = 443,
    [DOMAIN_DISK_PROTOCOL_FTP] = 21,        [DOMAIN_DISK_PROTOCOL_FTPS] = 990,
    [DOMAIN_DISK_PROTOCOL_TFTP] = 69,       [DOMAIN_DISK_PROTOCOL_SSH] = 22,
    [DOMAIN_DISK_PROTOCOL_VXHS] = 9999,     [DOMAIN_DISK_PROTOCOL_NFS] = 0,
};

/* The attribute that holds the path, by type; NULL: there is none. */
static const char *const path_attributes[] = {
    [DOMAIN_DISK_SOURCE_FILE] = "file",
    [DOMAIN_DISK_SOURCE_BLOCK] = "dev",
    [DOMAIN_DISK_SOURCE_DIR] = "dir",
    [DOMAIN_DISK_SOURCE_VHOST_USER] = NULL,
};

const ConfXmlOrder domain_disk_source_order[] = {
    {"address"},  {"host"},    {"snapshot"},  {"config"},     {"identity"},     {"initiator"},
    {"ssl"},      {"cookies"}, {"readahead"}, {"timeout"},    {"reconnect"},    {"knownHosts"},
    {"seclabel"}, {"slices"},  {"auth"},      {"encryption"}, {"reservations"}, {NULL},
};

static void
host_free(gpointer data)
{
    DomainDiskHost *host = data;

    g_free(host->name);
    g_free(host->socket);
    g_free(host);
}

GPtrArray *
domain_disk_hosts_new(void)
{
    return g_ptr_array_new_with_free_func(host_free);
}

void
domain_disk_source_clear(DomainDiskSource *source)
{
    g_free(source->path);
    g_free(source->name);
    g_free(source->query);
    if (source->hosts)
        g_ptr_array_unref(source->hosts);
    g_free(source->snapshot);
    g_free(source->config);
    g_free(source->pool);
    g_free(source->volume);
}

bool
domain_disk_source_is_empty(const DomainDiskSource *source)
{
    switch (source->type) {
    case DOMAIN_DISK_SOURCE_FILE:
    case DOMAIN_DISK_SOURCE_BLOCK:
    case DOMAIN_DISK_SOURCE_DIR:
        return !source->path;
    case DOMAIN_DISK_SOURCE_NETWORK:
        return source->protocol == DOMAIN_DISK_PROTOCOL_NONE;
    case DOMAIN_DISK_SOURCE_NONE:
        return true;
    case DOMAIN_DISK_SOURCE_VOLUME:
        return !source->pool;
    case DOMAIN_DISK_SOURCE_NVME:
    case DOMAIN_DISK_SOURCE_VHOST_USER:
        return false;
    }
    return false;
}

/* --- parsing -------------------------------------------------------------- */

static bool
parse_port(DomainDiskHost *host, xmlNode *node, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, "port");
    guint64 port = 0;

    if (!text)
        return true;
    if (!conf_parse_uint64(text, &port))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("failed to parse port number '%s'"),
                                text);
    if (port > G_MAXUINT16)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("port '%s' out of range"), text);
    host->port = (unsigned)port;
    return true;
}

static bool
check_host(const DomainDiskHost *host, GError **error)
{
    bool is_unix = host->transport == DOMAIN_DISK_TRANSPORT_UNIX;

    if (is_unix && !host->socket)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("missing socket for unix transport of a disk's host"));
    if (!is_unix && host->socket)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("transport '%s' does not support socket attribute '%s'"),
                                domain_disk_transport_names[host->transport], host->socket);
    if (!is_unix && !host->name)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("missing name for host of a network disk"));
    return true;
}

static bool
parse_host(GPtrArray *hosts, xmlNode *node, GError **error)
{
    DomainDiskHost *host = g_new0(DomainDiskHost, 1);
    g_autofree char *transport = conf_xml_attr(node, "transport");
    int number = transport ? conf_names_find(domain_disk_transport_names, transport) : 0;

    g_ptr_array_add(hosts, host);
    if (number < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("unknown protocol transport type '%s'"), transport);
    host->transport = (DomainDiskTransport)number;
    host->name = conf_xml_attr(node, "name");
    host->socket = conf_xml_attr(node, "socket");
    return parse_port(host, node, error) && check_host(host, error);
}

/* These two have images in a pool, or in a volume. */
static bool
check_name(const DomainDiskSource *source, GError **error)
{
    const char *slash = source->name ? strchr(source->name, '/') : NULL;

    if ((source->protocol != DOMAIN_DISK_PROTOCOL_RBD &&
         source->protocol != DOMAIN_DISK_PROTOCOL_GLUSTER) ||
        (slash && slash != source->name))
        return true;
    return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                            _("can't split path '%s' into pool name and image name"), source->name);
}

static bool
parse_network(DomainDiskSource *source, xmlNode *node, GError **error)
{
    int protocol = DOMAIN_DISK_PROTOCOL_NONE;

    if (!conf_xml_attr_enum(node, "protocol", domain_disk_protocol_names, &protocol,
                            VIR_ERR_XML_ERROR, error))
        return false;
    if (protocol == DOMAIN_DISK_PROTOCOL_NONE)
        return conf_xml_refuse_missing(node, "protocol", error);
    source->protocol = (DomainDiskProtocol)protocol;
    source->name = conf_xml_attr(node, "name");
    if (!source->name && protocol != DOMAIN_DISK_PROTOCOL_NBD)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("missing name for disk source of protocol '%s'"),
                                domain_disk_protocol_names[protocol]);
    if (!check_name(source, error))
        return false;
    source->query = conf_xml_attr(node, "query");
    if (!conf_xml_attr_yes_no(node, "tls", &source->tls, error))
        return false;
    for (xmlNode *host = NULL; (host = conf_xml_next_child(node, host, "host"));) {
        if (!parse_host(source->hosts, host, error))
            return false;
    }
    source->snapshot = conf_xml_child_attr(node, "snapshot", "name");
    source->config = conf_xml_child_attr(node, "config", "file");
    return true;
}

static bool
parse_volume(DomainDiskSource *source, xmlNode *node, GError **error)
{
    source->pool = conf_xml_attr(node, "pool");
    source->volume = conf_xml_attr(node, "volume");
    if (!source->pool != !source->volume)
        return virtxl_error_set(
            error, VIR_ERR_XML_ERROR,
            _("'pool' and 'volume' must be specified together for 'pool' type source"));
    return true;
}

static bool
parse_by_type(DomainDiskSource *source, xmlNode *node, GError **error)
{
    switch (source->type) {
    case DOMAIN_DISK_SOURCE_FILE:
    case DOMAIN_DISK_SOURCE_BLOCK:
    case DOMAIN_DISK_SOURCE_DIR:
        source->path = conf_xml_attr(node, path_attributes[source->type]);
        if (source->path && !*source->path)
            g_clear_pointer(&source->path, g_free);
        return true;
    case DOMAIN_DISK_SOURCE_NETWORK:
        return parse_network(source, node, error);
    case DOMAIN_DISK_SOURCE_VOLUME:
        return parse_volume(source, node, error);
    case DOMAIN_DISK_SOURCE_NONE:
    case DOMAIN_DISK_SOURCE_NVME:
    case DOMAIN_DISK_SOURCE_VHOST_USER:
        return true;
    }
    return true;
}

bool
domain_disk_source_parse(DomainDiskSource *source, xmlNode *node, GError **error)
{
    int policy = DOMAIN_DISK_STARTUP_DEFAULT;

    source->written = true;
    if (!parse_by_type(source, node, error) ||
        !conf_xml_attr_enum(node, "startupPolicy", domain_disk_startup_policy_names, &policy,
                            VIR_ERR_XML_ERROR, error))
        return false;
    source->startup_policy = (DomainDiskStartupPolicy)policy;
    return true;
}

void
domain_disk_source_complete(DomainDiskSource *source)
{
    for (guint i = 0; i < source->hosts->len; i++) {
        DomainDiskHost *host = g_ptr_array_index(source->hosts, i);

        if (host->port == 0 && host->transport == DOMAIN_DISK_TRANSPORT_TCP)
            host->port = default_ports[source->protocol];
    }
    /* the number of the unit at the target */
    if (source->protocol == DOMAIN_DISK_PROTOCOL_ISCSI && !strchr(source->name, '/')) {
        g_autofree char *target = source->name;

        source->name = g_strdup_printf("%s/0", target);
    }
}

/* --- formatting ----------------------------------------------------------- */

static void
format_host(const DomainDiskHost *host, xmlNode *source)
{
    xmlNode *node = conf_xml_add(source, "host");

    conf_xml_set(node, "name", host->name);
    if (host->port > 0)
        conf_xml_setf(node, "port", "%u", host->port);
    if (host->transport != DOMAIN_DISK_TRANSPORT_TCP)
        conf_xml_set(node, "transport", domain_disk_transport_names[host->transport]);
    conf_xml_set(node, "socket", host->socket);
}

static void
format_network(const DomainDiskSource *source, xmlNode *node)
{
    if (source->protocol == DOMAIN_DISK_PROTOCOL_NONE)
        return;
    conf_xml_set(node, "protocol", domain_disk_protocol_names[source->protocol]);
    conf_xml_set(node, "name", source->name);
    conf_xml_set(node, "query", source->query);
    conf_xml_set_yes_no(node, "tls", source->tls);
    for (guint i = 0; i < source->hosts->len; i++)
        format_host(g_ptr_array_index(source->hosts, i), node);
    conf_xml_add_with_attr(node, "snapshot", "name", source->snapshot);
    conf_xml_add_with_attr(node, "config", "file", source->config);
}

void
domain_disk_source_format(const DomainDiskSource *source, xmlNode *disk)
{
    xmlNode *node;

    if (!source->written && domain_disk_source_is_empty(source))
        return;
    node = conf_xml_add(disk, "source");
    if (source->type == DOMAIN_DISK_SOURCE_NETWORK)
        format_network(source, node);
    else if (path_attributes[source->type])
        conf_xml_set(node, path_attributes[source->type], source->path);
    conf_xml_set(node, "pool", source->pool);
    conf_xml_set(node, "volume", source->volume);
    if (source->startup_policy != DOMAIN_DISK_STARTUP_DEFAULT)
        conf_xml_set(node, "startupPolicy",
                     domain_disk_startup_policy_names[source->startup_policy]);
}
