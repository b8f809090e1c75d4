/* Where a graphical console listens: <listen>; see graphics_conf.h.
 *
 * The first one is written a second time as an attribute of <graphics>, which
 * is older than the element; both ways are read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/domain_conf.h"
#include "conf/graphics_conf.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_graphics_listen_type_names = {"none", "address", "network", "socket", NULL};

static void
listen_free(gpointer data)
{
    DomainGraphicsListen *listen = data;

    g_free(listen->address);
    g_free(listen->network);
    g_free(listen->socket);
    g_free(listen);
}

GPtrArray *
domain_graphics_listens_new(void)
{
    return g_ptr_array_new_with_free_func(listen_free);
}

static DomainGraphicsListen *
add_listen(DomainGraphicsDef *def, DomainGraphicsListenType type)
{
    DomainGraphicsListen *listen = g_new0(DomainGraphicsListen, 1);

    listen->type = type;
    g_ptr_array_add(def->listens, listen);
    return listen;
}

static const DomainGraphicsListen *
first_listen(const DomainGraphicsDef *def)
{
    return def->listens->len > 0 ? g_ptr_array_index(def->listens, 0) : NULL;
}

const char *
domain_graphics_listen_address(const DomainGraphicsDef *def)
{
    const DomainGraphicsListen *listen = first_listen(def);

    return listen ? listen->address : NULL;
}

/* --- parsing -------------------------------------------------------------- */

/* NULL for what isn't there or empty. */
static char *
nonempty_attr(xmlNode *node, const char *name)
{
    g_autofree char *value = conf_xml_attr(node, name);

    return value && *value ? g_steal_pointer(&value) : NULL;
}

static bool
parse_listen(DomainGraphicsDef *def, xmlNode *node, const DomainParseContext *context,
             GError **error)
{
    g_autofree char *address = nonempty_attr(node, "address");
    g_autofree char *network = nonempty_attr(node, "network");
    g_autofree char *path = nonempty_attr(node, "socket");
    bool inactive = context->flags & DOMAIN_PARSE_INACTIVE;
    DomainGraphicsListen *listen;
    int type = -1;

    if (!conf_xml_attr_enum(node, "type", domain_graphics_listen_type_names, &type,
                            VIR_ERR_XML_ERROR, error))
        return false;
    if (type < 0)
        return conf_xml_refuse_missing(node, "type", error);
    if (type == DOMAIN_GRAPHICS_LISTEN_NETWORK && !network)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("'network' attribute is required for listen type 'network'"));
    listen = add_listen(def, (DomainGraphicsListenType)type);
    if (type == DOMAIN_GRAPHICS_LISTEN_ADDRESS ||
        (type == DOMAIN_GRAPHICS_LISTEN_NETWORK && !inactive))
        listen->address = g_steal_pointer(&address);
    if (type == DOMAIN_GRAPHICS_LISTEN_NETWORK)
        listen->network = g_steal_pointer(&network);
    if (type == DOMAIN_GRAPHICS_LISTEN_SOCKET)
        listen->socket = g_steal_pointer(&path);
    return true;
}

/* @address: of the attribute, or NULL */
static bool
merge_address(DomainGraphicsDef *def, const char *address, GError **error)
{
    DomainGraphicsListen *listen = g_ptr_array_index(def->listens, 0);

    if (!address || listen->type != DOMAIN_GRAPHICS_LISTEN_ADDRESS)
        return true;
    if (!listen->address)
        listen->address = g_strdup(address);
    if (strcmp(listen->address, address) != 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("graphics 'listen' attribute '%s' must match 'address' "
                                  "attribute of first listen element (found '%s')"),
                                address, listen->address);
    return true;
}

bool
domain_graphics_listens_parse(DomainGraphicsDef *def, xmlNode *node,
                              const DomainParseContext *context, GError **error)
{
    g_autofree char *address = nonempty_attr(node, "listen");
    g_autofree char *path = def->type == DOMAIN_GRAPHICS_VNC ? nonempty_attr(node, "socket") : NULL;

    for (xmlNode *child = NULL; (child = conf_xml_next_child(node, child, "listen"));) {
        if (!parse_listen(def, child, context, error))
            return false;
    }
    /* a socket is where it listens, whatever else was said */
    if (path) {
        g_ptr_array_set_size(def->listens, 0);
        add_listen(def, DOMAIN_GRAPHICS_LISTEN_SOCKET)->socket = g_steal_pointer(&path);
        return true;
    }
    if (def->listens->len == 0)
        add_listen(def, DOMAIN_GRAPHICS_LISTEN_ADDRESS);
    return merge_address(def, address, error);
}

/* --- formatting ----------------------------------------------------------- */

/* The address that was found for a network is of the live domain only. */
static const char *
written_address(const DomainGraphicsListen *listen, unsigned flags)
{
    bool inactive = flags & VIR_DOMAIN_XML_INACTIVE;

    return listen->type == DOMAIN_GRAPHICS_LISTEN_NETWORK && inactive ? NULL : listen->address;
}

void
domain_graphics_listen_format_attr(const DomainGraphicsDef *def, xmlNode *graphics, unsigned flags)
{
    const DomainGraphicsListen *listen = first_listen(def);

    if (!listen)
        return;
    conf_xml_set(graphics, "listen", written_address(listen, flags));
    if (def->type == DOMAIN_GRAPHICS_VNC)
        conf_xml_set(graphics, "socket", listen->socket);
}

void
domain_graphics_listens_format(const DomainGraphicsDef *def, xmlNode *graphics, unsigned flags)
{
    for (guint i = 0; i < def->listens->len; i++) {
        const DomainGraphicsListen *listen = g_ptr_array_index(def->listens, i);
        xmlNode *node = conf_xml_add(graphics, "listen");

        conf_xml_set(node, "type", domain_graphics_listen_type_names[listen->type]);
        conf_xml_set(node, "address", written_address(listen, flags));
        conf_xml_set(node, "network", listen->network);
        conf_xml_set(node, "socket", listen->socket);
    }
}
