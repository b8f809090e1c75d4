/* Graphical consoles: <graphics>; see graphics_conf.h.
 *
 * Where a console listens is in graphics_listen_conf.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/graphics_conf.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_graphics_type_names = {"sdl",   "vnc",          "rdp",  "desktop",
                                        "spice", "egl-headless", "dbus", NULL};

ConfNames domain_graphics_share_policy_names = {"", "allow-exclusive", "force-shared", "ignore",
                                                NULL};

ConfNames domain_graphics_mouse_mode_names = {"", "server", "client", NULL};

static const char *const connected_names[] = {"keep", "fail", "disconnect", NULL};
static const char *const channel_mode_names[] = {"any", "secure", "insecure", NULL};

static const ConfXmlOrder graphics_order[] = {
    {"listen"}, {"channel"},   {"image"},        {"jpeg"}, {"zlib"},  {"playback"}, {"streaming"},
    {"mouse"},  {"clipboard"}, {"filetransfer"}, {"gl"},   {"audio"}, {"alias"},    {NULL},
};

DomainGraphicsDef *
domain_graphics_def_new(DomainGraphicsType type)
{
    DomainGraphicsDef *def = g_new0(DomainGraphicsDef, 1);

    def->type = type;
    def->listens = domain_graphics_listens_new();
    return def;
}

void
domain_graphics_def_free(DomainGraphicsDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    g_ptr_array_unref(def->listens);
    g_free(def->passwd);
    g_free(def->passwd_valid_to);
    g_free(def->passwd_connected);
    g_free(def->keymap);
    g_free(def->display);
    g_free(def->xauth);
    g_free(def->default_mode);
    g_free(def);
}

/* --- parsing: what several types have --------------------------------------- */

/* The form YYYY-MM-DDTHH:MM:SS, and a time that exists. */
static bool
is_time(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    g_autoptr(GDateTime) time = NULL;
    g_autoptr(GTimeZone) utc = NULL;

    if (strlen(text) != strlen(form))
        return false;
    for (gsize i = 0; form[i]; i++) {
        if (form[i] == 'd' ? !g_ascii_isdigit(text[i]) : text[i] != form[i])
            return false;
    }
    utc = g_time_zone_new_utc();
    time = g_date_time_new_from_iso8601(text, utc);
    return time != NULL;
}

static bool
check_connected(const DomainGraphicsDef *def, GError **error)
{
    const char *connected = def->passwd_connected;

    if (!connected)
        return true;
    if (conf_names_find(connected_names, connected) < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown connected value %s"),
                                connected);
    if (def->type == DOMAIN_GRAPHICS_VNC && strcmp(connected, "keep") != 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("VNC supports connected='keep' only, not '%s'"), connected);
    return true;
}

/* Without a password, what is said about it means nothing. */
static bool
parse_password(DomainGraphicsDef *def, xmlNode *node, GError **error)
{
    g_autofree char *valid_to = conf_xml_attr(node, "passwdValidTo");
    g_autofree char *connected = conf_xml_attr(node, "connected");

    def->passwd = conf_xml_attr(node, "passwd");
    if (!def->passwd)
        return true;
    if (valid_to && !is_time(valid_to))
        return virtxl_error_set(
            error, VIR_ERR_INTERNAL_ERROR,
            _("cannot parse password validity time '%s', expect YYYY-MM-DDTHH:MM:SS"), valid_to);
    def->passwd_valid_to = g_steal_pointer(&valid_to);
    def->passwd_connected = g_steal_pointer(&connected);
    return check_connected(def, error);
}

/* <gl enable=...> */
static bool
parse_gl(DomainGraphicsDef *def, xmlNode *node, GError **error)
{
    xmlNode *gl = conf_xml_child(node, "gl");

    if (!gl)
        return true;
    if (!conf_xml_attr_yes_no(gl, "enable", &def->gl, error))
        return false;
    return def->gl != CONF_TRISTATE_ABSENT || conf_xml_refuse_missing(gl, "enable", error);
}

/* --- parsing: each type ----------------------------------------------------- */

/* A port of -1 and none at all both ask for one that is free. */
static bool
parse_vnc_port(DomainGraphicsDef *def, xmlNode *node, const DomainParseContext *context,
               GError **error)
{
    g_autofree char *port = conf_xml_attr(node, "port");
    g_autofree char *autoport = conf_xml_attr(node, "autoport");
    gint64 number = 0;

    if (port && (!conf_parse_int64(port, &number) || number < G_MININT || number > G_MAXINT))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot parse vnc port %s"), port);
    def->port = (int)number;
    def->autoport = !port || number == -1 || g_strcmp0(autoport, "yes") == 0;
    if (def->autoport && (context->flags & DOMAIN_PARSE_INACTIVE))
        def->port = 0;
    return true;
}

static bool
parse_vnc(DomainGraphicsDef *def, xmlNode *node, const DomainParseContext *context, GError **error)
{
    int policy = DOMAIN_GRAPHICS_SHARE_DEFAULT;

    def->keymap = conf_xml_attr(node, "keymap");
    if (!domain_graphics_listens_parse(def, node, context, error) ||
        !parse_vnc_port(def, node, context, error) ||
        !conf_xml_attr_int(node, "websocket", &def->websocket, NULL, VIR_ERR_XML_ERROR, error) ||
        !conf_xml_attr_enum(node, "sharePolicy", domain_graphics_share_policy_names, &policy,
                            VIR_ERR_XML_ERROR, error) ||
        !conf_xml_attr_yes_no(node, "powerControl", &def->power_control, error))
        return false;
    def->share_policy = (DomainGraphicsSharePolicy)policy;
    return parse_password(def, node, error);
}

static bool
parse_sdl(DomainGraphicsDef *def, xmlNode *node, const DomainParseContext *context G_GNUC_UNUSED,
          GError **error)
{
    ConfTristate fullscreen = CONF_TRISTATE_ABSENT;

    def->display = conf_xml_attr(node, "display");
    def->xauth = conf_xml_attr(node, "xauth");
    if (!conf_xml_attr_yes_no(node, "fullscreen", &fullscreen, error))
        return false;
    def->fullscreen = fullscreen == CONF_TRISTATE_YES;
    return parse_gl(def, node, error);
}

static bool
parse_spice_ports(DomainGraphicsDef *def, xmlNode *node, const DomainParseContext *context,
                  GError **error)
{
    ConfTristate autoport = CONF_TRISTATE_ABSENT;

    if (!conf_xml_attr_int(node, "port", &def->port, NULL, VIR_ERR_XML_ERROR, error) ||
        !conf_xml_attr_int(node, "tlsPort", &def->tls_port, NULL, VIR_ERR_XML_ERROR, error) ||
        !conf_xml_attr_yes_no(node, "autoport", &autoport, error))
        return false;
    def->autoport = autoport == CONF_TRISTATE_YES || (def->port == -1 && def->tls_port == -1);
    if (def->autoport && (context->flags & DOMAIN_PARSE_INACTIVE))
        def->port = def->tls_port = 0;
    return true;
}

static bool
parse_spice_children(DomainGraphicsDef *def, xmlNode *node, GError **error)
{
    xmlNode *mouse = conf_xml_child(node, "mouse");
    xmlNode *clipboard = conf_xml_child(node, "clipboard");
    xmlNode *transfer = conf_xml_child(node, "filetransfer");
    int mode = DOMAIN_GRAPHICS_MOUSE_DEFAULT;

    if (mouse && !conf_xml_attr_enum(mouse, "mode", domain_graphics_mouse_mode_names, &mode,
                                     VIR_ERR_XML_ERROR, error))
        return false;
    def->mouse_mode = (DomainGraphicsMouseMode)mode;
    if (clipboard && !conf_xml_attr_yes_no(clipboard, "copypaste", &def->clipboard, error))
        return false;
    if (transfer && !conf_xml_attr_yes_no(transfer, "enable", &def->file_transfer, error))
        return false;
    return parse_gl(def, node, error);
}

static bool
parse_spice(DomainGraphicsDef *def, xmlNode *node, const DomainParseContext *context,
            GError **error)
{
    int mode = 0;

    def->keymap = conf_xml_attr(node, "keymap");
    if (!domain_graphics_listens_parse(def, node, context, error) ||
        !parse_spice_ports(def, node, context, error) ||
        !conf_xml_attr_enum(node, "defaultMode", channel_mode_names, &mode, VIR_ERR_XML_ERROR,
                            error))
        return false;
    if (mode > 0)
        def->default_mode = g_strdup(channel_mode_names[mode]);
    return parse_spice_children(def, node, error) && parse_password(def, node, error);
}

/* --- formatting: what several types have ------------------------------------ */

static void
format_password(const DomainGraphicsDef *def, xmlNode *node, unsigned flags)
{
    if (!def->passwd)
        return;
    if (flags & (VIR_DOMAIN_XML_SECURE | DOMAIN_FORMAT_STATUS))
        conf_xml_set(node, "passwd", def->passwd);
    conf_xml_set(node, "passwdValidTo", def->passwd_valid_to);
    conf_xml_set(node, "connected", def->passwd_connected);
}

static void
format_gl(const DomainGraphicsDef *def, xmlNode *node)
{
    if (def->gl != CONF_TRISTATE_ABSENT)
        conf_xml_set_yes_no(conf_xml_add(node, "gl"), "enable", def->gl);
}

/* Ports mean something where the first place to listen is on a network. */
static bool
has_ports(const DomainGraphicsDef *def)
{
    const DomainGraphicsListen *listen =
        def->listens->len > 0 ? g_ptr_array_index(def->listens, 0) : NULL;

    return !listen || (listen->type != DOMAIN_GRAPHICS_LISTEN_NONE &&
                       listen->type != DOMAIN_GRAPHICS_LISTEN_SOCKET);
}

/* --- formatting: each type --------------------------------------------------- */

static void
format_vnc_ports(const DomainGraphicsDef *def, xmlNode *node, unsigned flags)
{
    bool inactive = flags & VIR_DOMAIN_XML_INACTIVE;

    if (!has_ports(def))
        return;
    if (def->autoport && (def->port == 0 || inactive))
        conf_xml_set(node, "port", "-1");
    else /* 0 as well, which libvirt omits: read again, that would mean -1 */
        conf_xml_setf(node, "port", "%d", def->port);
    conf_xml_set(node, "autoport", def->autoport ? "yes" : "no");
    if (def->websocket != 0)
        conf_xml_setf(node, "websocket", "%d", def->websocket);
}

static void
format_vnc(const DomainGraphicsDef *def, xmlNode *node, unsigned flags)
{
    format_vnc_ports(def, node, flags);
    domain_graphics_listen_format_attr(def, node, flags);
    conf_xml_set(node, "keymap", def->keymap);
    if (def->share_policy != DOMAIN_GRAPHICS_SHARE_DEFAULT)
        conf_xml_set(node, "sharePolicy", domain_graphics_share_policy_names[def->share_policy]);
    conf_xml_set_yes_no(node, "powerControl", def->power_control);
    format_password(def, node, flags);
    domain_graphics_listens_format(def, node, flags);
}

static void
format_sdl(const DomainGraphicsDef *def, xmlNode *node, unsigned flags G_GNUC_UNUSED)
{
    conf_xml_set(node, "display", def->display);
    conf_xml_set(node, "xauth", def->xauth);
    if (def->fullscreen)
        conf_xml_set(node, "fullscreen", "yes");
    format_gl(def, node);
}

static void
format_spice_ports(const DomainGraphicsDef *def, xmlNode *node, unsigned flags)
{
    bool hidden = def->autoport && (flags & VIR_DOMAIN_XML_INACTIVE);

    if (!has_ports(def))
        return;
    if (def->port != 0 && !hidden)
        conf_xml_setf(node, "port", "%d", def->port);
    if (def->tls_port != 0 && !hidden)
        conf_xml_setf(node, "tlsPort", "%d", def->tls_port);
    conf_xml_set(node, "autoport", def->autoport ? "yes" : "no");
}

static void
format_spice(const DomainGraphicsDef *def, xmlNode *node, unsigned flags)
{
    format_spice_ports(def, node, flags);
    domain_graphics_listen_format_attr(def, node, flags);
    conf_xml_set(node, "keymap", def->keymap);
    conf_xml_set(node, "defaultMode", def->default_mode);
    format_password(def, node, flags);
    domain_graphics_listens_format(def, node, flags);
    if (def->mouse_mode != DOMAIN_GRAPHICS_MOUSE_DEFAULT)
        conf_xml_add_with_attr(node, "mouse", "mode",
                               domain_graphics_mouse_mode_names[def->mouse_mode]);
    if (def->clipboard != CONF_TRISTATE_ABSENT)
        conf_xml_set_yes_no(conf_xml_add(node, "clipboard"), "copypaste", def->clipboard);
    if (def->file_transfer != CONF_TRISTATE_ABSENT)
        conf_xml_set_yes_no(conf_xml_add(node, "filetransfer"), "enable", def->file_transfer);
    format_gl(def, node);
}

/* --- all types ---------------------------------------------------------------- */

/* The types that are modelled; the others are kept as they came. */
static const struct {
    bool (*parse)(DomainGraphicsDef *def, xmlNode *node, const DomainParseContext *context,
                  GError **error);
    void (*format)(const DomainGraphicsDef *def, xmlNode *node, unsigned flags);
} types[] = {
    [DOMAIN_GRAPHICS_SDL] = {parse_sdl, format_sdl},
    [DOMAIN_GRAPHICS_VNC] = {parse_vnc, format_vnc},
    [DOMAIN_GRAPHICS_SPICE] = {parse_spice, format_spice},
    [DOMAIN_GRAPHICS_DBUS] = {NULL, NULL},
};

DomainGraphicsDef *
domain_graphics_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    g_autoptr(DomainGraphicsDef) def = domain_graphics_def_new(DOMAIN_GRAPHICS_SDL);
    int type = -1;

    if (!conf_xml_attr_enum(node, "type", domain_graphics_type_names, &type, VIR_ERR_XML_ERROR,
                            error))
        return NULL;
    if (type < 0) {
        conf_xml_refuse_missing(node, "type", error);
        return NULL;
    }
    def->type = (DomainGraphicsType)type;
    if ((types[type].parse && !types[type].parse(def, node, context, error)) ||
        !domain_device_info_parse(&def->info, node, context, error))
        return NULL;
    return g_steal_pointer(&def);
}

void
domain_graphics_def_format(const DomainGraphicsDef *def, xmlNode *devices, unsigned flags)
{
    xmlNode *graphics = conf_xml_add(devices, "graphics");

    conf_xml_set(graphics, "type", domain_graphics_type_names[def->type]);
    if (types[def->type].format)
        types[def->type].format(def, graphics, flags);
    domain_device_info_format(&def->info, graphics, graphics_order, flags);
}

/* --- in a domain ---------------------------------------------------------- */

bool
domain_graphics_complete(DomainDef *def G_GNUC_UNUSED, gpointer data,
                         const DomainParseContext *context G_GNUC_UNUSED,
                         GError **error G_GNUC_UNUSED)
{
    DomainGraphicsDef *graphics = data;
    DomainGraphicsListen *listen;

    if (graphics->type != DOMAIN_GRAPHICS_SPICE || graphics->port != 0 || graphics->tls_port != 0 ||
        graphics->autoport)
        return true;
    /* no port, no place to listen */
    listen = g_ptr_array_index(graphics->listens, 0);
    if (listen->type == DOMAIN_GRAPHICS_LISTEN_ADDRESS) {
        listen->type = DOMAIN_GRAPHICS_LISTEN_NONE;
        g_clear_pointer(&listen->address, g_free);
    }
    return true;
}
