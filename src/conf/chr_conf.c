/* Character devices; see chr_conf.h. Their host side is in chr_source_conf.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/chr_conf.h"

#include <arpa/inet.h>
#include <libvirt/libvirt.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_chr_device_names = {"serial", "parallel", "console", "channel", NULL};

ConfNames domain_chr_channel_target_names = {"", "guestfwd", "virtio", "xen", NULL};

ConfNames domain_chr_console_target_names = {
    "", "serial", "xen", "uml", "virtio", "lxc", "openvz", "sclp", "sclplm", NULL,
};

ConfNames domain_chr_state_names = {"", "connected", "disconnected", NULL};

static ConfNames serial_target_names = {
    "isa-serial",    "usb-serial",  "pci-serial", "spapr-vio-serial",
    "system-serial", "sclp-serial", "isa-debug",  NULL,
};

static ConfNames serial_model_names = {
    "isa-serial",  "usb-serial",    "pci-serial", "spapr-vty",    "pl011",
    "sclpconsole", "sclplmconsole", "16550a",     "isa-debugcon", NULL,
};

DomainChrDef *
domain_chr_def_new(DomainChrDevice device)
{
    DomainChrDef *def = g_new0(DomainChrDef, 1);

    def->device = device;
    def->target_port = -1;
    def->source = domain_chr_source_new(DOMAIN_CHR_SOURCE_PTY);
    return def;
}

void
domain_chr_def_free(DomainChrDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    domain_chr_source_free(def->source);
    g_free(def->target_name);
    g_free(def->target_address);
    g_free(def->target_type);
    g_free(def->target_model);
    g_free(def);
}

/* --- parsing -------------------------------------------------------------- */

static bool
refuse_target(const char *what, const char *value, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("unknown target %s '%s' specified for character device"), what,
                            value ? value : "(null)");
}

static bool
parse_guestfwd(DomainChrDef *def, xmlNode *target, GError **error)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;
    bool has_port;

    def->target_address = conf_xml_attr(target, "address");
    if (!def->target_address)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("guestfwd channel does not define a target address"));
    if (inet_pton(AF_INET6, def->target_address, &ipv6) == 1)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("guestfwd channel only supports IPv4 addresses, not '%s'"),
                                def->target_address);
    if (inet_pton(AF_INET, def->target_address, &ipv4) != 1)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("Cannot parse socket address '%s'"),
                                def->target_address);
    if (!conf_xml_attr_uint(target, "port", &def->target_service, &has_port, VIR_ERR_XML_ERROR,
                            error))
        return false;
    if (!has_port)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Missing required attribute 'port' in element 'target'"));
    if (def->target_service > G_MAXUINT16)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Invalid value for attribute 'port' in element 'target': '%u'"),
                                def->target_service);
    return true;
}

static bool
parse_channel_target(DomainChrDef *def, xmlNode *target, const DomainParseContext *context,
                     GError **error)
{
    g_autofree char *type = NULL;
    int found, state = DOMAIN_CHR_STATE_UNKNOWN;

    if (!target)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("target type must be specified for channel device"));
    type = conf_xml_attr(target, "type");
    found = type ? conf_names_find(domain_chr_channel_target_names, type) : -1;
    if (found < 0)
        return refuse_target("type", type, error);
    def->channel_target = (DomainChrChannelTarget)found;
    if (def->channel_target == DOMAIN_CHR_CHANNEL_GUESTFWD)
        return parse_guestfwd(def, target, error);

    def->target_name = conf_xml_attr(target, "name");
    if (context->flags & DOMAIN_PARSE_INACTIVE)
        conf_xml_drop_attr(target, "state");
    else if (!conf_xml_attr_enum(target, "state", domain_chr_state_names, &state,
                                 VIR_ERR_INTERNAL_ERROR, error))
        return false;
    def->state = (DomainChrState)state;
    return true;
}

static bool
parse_port(DomainChrDef *def, xmlNode *target, GError **error)
{
    g_autofree char *port = conf_xml_attr(target, "port");
    gint64 number;

    if (!port)
        return true;
    if (!conf_parse_int64(port, &number) || number < -1 || number > G_MAXINT)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("Invalid port number: %s"), port);
    def->target_port = (int)number;
    return true;
}

static bool
parse_serial_target(DomainChrDef *def, xmlNode *target, GError **error)
{
    xmlNode *model = conf_xml_child(target, "model");

    def->target_type = conf_xml_attr(target, "type");
    if (def->target_type && conf_names_find(serial_target_names, def->target_type) < 0)
        return refuse_target("type", def->target_type, error);
    if (model)
        def->target_model = conf_xml_attr(model, "name");
    if (def->target_model && conf_names_find(serial_model_names, def->target_model) < 0)
        return refuse_target("model", def->target_model, error);
    return parse_port(def, target, error);
}

static bool
parse_console_target(DomainChrDef *def, xmlNode *target, GError **error)
{
    g_autofree char *type = conf_xml_attr(target, "type");
    int found = DOMAIN_CHR_CONSOLE_NONE;

    if (type)
        found = conf_names_find(domain_chr_console_target_names, type);
    if (found < 0)
        return refuse_target("type", type, error);
    def->console_target = (DomainChrConsoleTarget)found;
    return parse_port(def, target, error);
}

static bool
parse_target(DomainChrDef *def, xmlNode *node, const DomainParseContext *context, GError **error)
{
    xmlNode *target = conf_xml_child(node, "target");

    if (def->device == DOMAIN_CHR_DEVICE_CHANNEL)
        return parse_channel_target(def, target, context, error);
    if (!target)
        return true;
    if (def->device == DOMAIN_CHR_DEVICE_SERIAL)
        return parse_serial_target(def, target, error);
    if (def->device == DOMAIN_CHR_DEVICE_CONSOLE)
        return parse_console_target(def, target, error);
    return parse_port(def, target, error);
}

DomainChrDef *
domain_chr_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    int device = conf_names_find(domain_chr_device_names, (const char *)node->name);
    g_autoptr(DomainChrDef) def = domain_chr_def_new((DomainChrDevice)device);

    /* the old way to tell a console's pty, in live XML only */
    if (def->device == DOMAIN_CHR_DEVICE_CONSOLE)
        conf_xml_drop_attr(node, "tty");
    if (!domain_chr_source_parse(def->source, node, context, error) ||
        !parse_target(def, node, context, error))
        return NULL;
    if (def->source->type == DOMAIN_CHR_SOURCE_SPICEVMC &&
        def->channel_target != DOMAIN_CHR_CHANNEL_VIRTIO) {
        virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                         _("spicevmc device type only supports virtio"));
        return NULL;
    }
    if (!domain_device_info_parse(&def->info, node, context, error))
        return NULL;
    return g_steal_pointer(&def);
}

/* --- formatting ----------------------------------------------------------- */

static void
format_channel_target(const DomainChrDef *def, xmlNode *target, unsigned flags)
{
    conf_xml_set(target, "type", domain_chr_channel_target_names[def->channel_target]);
    if (def->channel_target == DOMAIN_CHR_CHANNEL_GUESTFWD) {
        conf_xml_set(target, "address", def->target_address);
        conf_xml_setf(target, "port", "%u", def->target_service);
        return;
    }
    conf_xml_set(target, "name", def->target_name);
    if (def->state != DOMAIN_CHR_STATE_UNKNOWN && !(flags & VIR_DOMAIN_XML_INACTIVE))
        conf_xml_set(target, "state", domain_chr_state_names[def->state]);
}

static void
format_target(const DomainChrDef *def, xmlNode *device, unsigned flags)
{
    xmlNode *target = conf_xml_add(device, "target");

    if (def->device == DOMAIN_CHR_DEVICE_CHANNEL) {
        format_channel_target(def, target, flags);
        return;
    }
    if (def->device == DOMAIN_CHR_DEVICE_CONSOLE && def->console_target != DOMAIN_CHR_CONSOLE_NONE)
        conf_xml_set(target, "type", domain_chr_console_target_names[def->console_target]);
    conf_xml_set(target, "type", def->target_type);
    if (def->target_port >= 0)
        conf_xml_setf(target, "port", "%d", def->target_port);
    if (def->target_model)
        conf_xml_set(conf_xml_add(target, "model"), "name", def->target_model);
    conf_xml_drop_if_empty(target);
}

void
domain_chr_def_format(const DomainChrDef *def, xmlNode *devices, unsigned flags)
{
    static const ConfXmlOrder order[] = {
        {"source"}, {"protocol"}, {"log"}, {"target"}, {"alias"}, {"address"}, {NULL},
    };
    xmlNode *device = conf_xml_add(devices, domain_chr_device_names[def->device]);

    conf_xml_set(device, "type", domain_chr_source_type_names[def->source->type]);
    if (def->device == DOMAIN_CHR_DEVICE_CONSOLE && def->source->type == DOMAIN_CHR_SOURCE_PTY &&
        !(flags & VIR_DOMAIN_XML_INACTIVE))
        conf_xml_set(device, "tty", def->source->path);
    domain_chr_source_format(def->source, device, flags);
    format_target(def, device, flags);
    domain_device_info_format(&def->info, device, order, flags);
}
