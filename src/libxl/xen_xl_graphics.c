/* Graphics, video, sound and input devices.
 *
 * A paravirtual guest's graphics are vfb=, a list of parts. An HVM guest's are settings of
 * their own with the same names: so both are read into a table of parts. Spice is an HVM
 * guest's only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

#define VNC_FIRST_PORT 5900

/* What there is. */
enum {
    SDL,
    VNC,
    SPICE,
    N_KINDS
};
static ConfNames kinds = {"sdl", "vnc", "spice", NULL};

static ConfNames vfb_parts = {
    "type",      "vnc",     "sdl",        "vnclisten", "vncunused", "vncdisplay",
    "vncpasswd", "display", "xauthority", "keymap",    NULL,
};

/* --- reading ---------------------------------------------------------------------- */

static bool
is_on(GHashTable *parts, const char *name)
{
    const char *value = g_hash_table_lookup(parts, name);

    return value && *value && strcmp(value, "0") != 0;
}

static bool
set_vnc_port(GHashTable *parts, xmlNode *graphics, GError **error)
{
    const char *display = g_hash_table_lookup(parts, "vncdisplay");
    bool is_free = !g_hash_table_contains(parts, "vncunused") || is_on(parts, "vncunused");
    guint64 number = 0;

    if (is_free || !display) {
        conf_xml_set(graphics, "autoport", "yes");
        return true;
    }
    if (!conf_parse_uint64(display, &number) || number > G_MAXINT - VNC_FIRST_PORT)
        return virtxl_error_set(error, VIR_ERR_CONF_SYNTAX,
                                _("vncdisplay: '%s' is no number of a display"), display);
    conf_xml_setf(graphics, "port", "%u", (unsigned)number + VNC_FIRST_PORT);
    return true;
}

static bool
add_vnc(GHashTable *parts, xmlNode *domain, GError **error)
{
    xmlNode *graphics = xen_xl_add_device(domain, "graphics");

    conf_xml_set(graphics, "type", "vnc");
    conf_xml_set(graphics, "listen", g_hash_table_lookup(parts, "vnclisten"));
    conf_xml_set(graphics, "passwd", g_hash_table_lookup(parts, "vncpasswd"));
    conf_xml_set(graphics, "keymap", g_hash_table_lookup(parts, "keymap"));
    return set_vnc_port(parts, graphics, error);
}

static void
add_sdl(GHashTable *parts, xmlNode *domain)
{
    xmlNode *graphics = xen_xl_add_device(domain, "graphics");

    conf_xml_set(graphics, "type", "sdl");
    conf_xml_set(graphics, "display", g_hash_table_lookup(parts, "display"));
    conf_xml_set(graphics, "xauth", g_hash_table_lookup(parts, "xauthority"));
}

static bool
add_graphics(GHashTable *parts, xmlNode *domain, GError **error)
{
    const char *type = g_hash_table_lookup(parts, "type");

    if (g_strcmp0(type, "sdl") == 0 || is_on(parts, "sdl"))
        add_sdl(parts, domain);
    if (g_strcmp0(type, "vnc") == 0 || is_on(parts, "vnc"))
        return add_vnc(parts, domain, error);
    return true;
}

static bool
parse_vfb(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) items = xen_xl_config_list(config, "vfb", error);

    for (guint i = 0; items && i < items->len; i++) {
        g_autoptr(GHashTable) parts = xen_xl_parts_parse(config, "vfb", items->pdata[i], vfb_parts);

        if (!add_graphics(parts, domain, error))
            return false;
    }
    return items != NULL;
}

/* The settings called @names as parts. */
static GHashTable *
collect_parts(XenXlConfig *config, const char *const *names, GError **error)
{
    g_autoptr(GHashTable) parts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

    for (; *names; names++) {
        const char *value = NULL;

        if (!xen_xl_config_text(config, *names, &value, error))
            return NULL;
        if (value)
            g_hash_table_insert(parts, (gpointer)*names, g_strdup(value));
    }
    return g_steal_pointer(&parts);
}

static bool
parse_settings(XenXlConfig *config, xmlNode *domain, GError **error)
{
    /* all but "type", which is the guest's */
    g_autoptr(GHashTable) parts = collect_parts(config, vfb_parts + 1, error);

    return parts && add_graphics(parts, domain, error);
}

static bool
parse_spice(XenXlConfig *config, xmlNode *domain, GError **error)
{
    static ConfNames names = {
        "spice",
        "spicehost",
        "spiceport",
        "spicetls_port",
        "spicedisable_ticketing",
        "spicepasswd",
        "spiceagent_mouse",
        "spicevdagent",
        "spice_clipboard_sharing",
        NULL,
    };
    g_autoptr(GHashTable) parts = collect_parts(config, names, error);
    xmlNode *spice;

    if (!parts || !is_on(parts, "spice"))
        return parts != NULL;
    spice = xen_xl_add_device(domain, "graphics");
    conf_xml_set(spice, "type", "spice");
    conf_xml_set(spice, "autoport", "no");
    conf_xml_set(spice, "port", g_hash_table_lookup(parts, "spiceport"));
    conf_xml_set(spice, "tlsPort", g_hash_table_lookup(parts, "spicetls_port"));
    conf_xml_set(spice, "listen", g_hash_table_lookup(parts, "spicehost"));
    if (!is_on(parts, "spicedisable_ticketing"))
        conf_xml_set(spice, "passwd", g_hash_table_lookup(parts, "spicepasswd"));
    conf_xml_add_with_attr(spice, "mouse", "mode",
                           is_on(parts, "spiceagent_mouse") ? "client" : "server");
    conf_xml_add_with_attr(
        spice, "clipboard", "copypaste",
        is_on(parts, "spicevdagent") && is_on(parts, "spice_clipboard_sharing") ? "yes" : "no");
    return true;
}

bool
xen_xl_graphics_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    if (!parse_vfb(config, domain, error))
        return false;
    return !xen_xl_is_hvm(domain) ||
           (parse_settings(config, domain, error) && parse_spice(config, domain, error));
}

/* --- writing ---------------------------------------------------------------------- */

/* Parts in the order in which they were put: names and values in turn. */
static void
put_part(GPtrArray *parts, const char *name, const char *value)
{
    if (!value)
        return;
    g_ptr_array_add(parts, g_strdup(name));
    g_ptr_array_add(parts, g_strdup(value));
}

static char *
listen_address(xmlNode *graphics)
{
    char *address = conf_xml_attr(graphics, "listen");
    g_autofree char *type = xen_xl_get(graphics, "listen", "type");

    if (address && g_strcmp0(type, "address") == 0)
        g_free(xen_xl_get(graphics, "listen", "address"));
    return address;
}

static void
put_vnc(xmlNode *graphics, GPtrArray *parts)
{
    g_autofree char *port = conf_xml_attr(graphics, "port");
    g_autofree char *autoport = conf_xml_attr(graphics, "autoport");
    g_autofree char *listen = listen_address(graphics);
    g_autofree char *passwd = conf_xml_attr(graphics, "passwd");
    g_autofree char *keymap = conf_xml_attr(graphics, "keymap");
    gint64 number = port ? g_ascii_strtoll(port, NULL, 10) : 0;

    if (g_strcmp0(autoport, "yes") == 0 || number < VNC_FIRST_PORT) {
        put_part(parts, "vncunused", "1");
    } else {
        g_autofree char *display = g_strdup_printf("%" G_GINT64_FORMAT, number - VNC_FIRST_PORT);

        put_part(parts, "vncunused", "0");
        put_part(parts, "vncdisplay", display);
    }
    put_part(parts, "vnclisten", listen);
    put_part(parts, "vncpasswd", passwd);
    put_part(parts, "keymap", keymap);
}

static void
put_sdl(xmlNode *graphics, GPtrArray *parts)
{
    g_autofree char *display = conf_xml_attr(graphics, "display");
    g_autofree char *xauth = conf_xml_attr(graphics, "xauth");

    put_part(parts, "display", display);
    put_part(parts, "xauthority", xauth);
}

/* NULL for a type that libxl has not got. */
static GPtrArray *
collect_graphics(xmlNode *graphics, const char *type)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);

    if (g_strcmp0(type, "vnc") == 0)
        put_vnc(graphics, parts);
    else if (g_strcmp0(type, "sdl") == 0)
        put_sdl(graphics, parts);
    else
        g_clear_pointer(&parts, g_ptr_array_unref);
    return parts;
}

static void
put_setting(GString *out, const char *name, const char *value)
{
    guint64 number;

    if (conf_parse_uint64(value, &number) && number <= G_MAXINT)
        xen_xl_put_number(out, name, (gint64)number);
    else
        xen_xl_put_text(out, name, value);
}

static void
format_spice(xmlNode *spice, GString *out)
{
    g_autofree char *port = conf_xml_attr(spice, "port");
    g_autofree char *tls = conf_xml_attr(spice, "tlsPort");
    g_autofree char *listen = listen_address(spice);
    g_autofree char *passwd = conf_xml_attr(spice, "passwd");
    g_autofree char *mouse = conf_xml_child_attr(spice, "mouse", "mode");
    g_autofree char *clipboard = conf_xml_child_attr(spice, "clipboard", "copypaste");

    conf_xml_drop_attr(spice, "autoport");
    xen_xl_put_number(out, "spice", 1);
    xen_xl_put_text(out, "spicehost", listen);
    if (port && *port != '-')
        put_setting(out, "spiceport", port);
    put_setting(out, "spicetls_port", tls && *tls != '-' ? tls : "0");
    xen_xl_put_number(out, "spicedisable_ticketing", !passwd);
    xen_xl_put_text(out, "spicepasswd", passwd);
    if (mouse)
        xen_xl_put_number(out, "spiceagent_mouse", strcmp(mouse, "client") == 0);
    if (g_strcmp0(clipboard, "yes") == 0) {
        xen_xl_put_number(out, "spicevdagent", 1);
        xen_xl_put_number(out, "spice_clipboard_sharing", 1);
    }
}

/* The first of each kind; xl.cfg has no more. Others stay unseen. */
static void
find_graphics(xmlNode *domain, xmlNode **found)
{
    for (xmlNode *graphics = NULL; (graphics = xen_xl_next_device(domain, graphics, "graphics"));) {
        g_autofree char *type = conf_xml_attr(graphics, "type");
        int kind = conf_names_find(kinds, type);

        if (kind >= 0 && !found[kind])
            found[kind] = graphics;
        else
            conf_xml_unsee(graphics);
    }
}

static void
format_hvm_graphics(xmlNode *domain, GString *out)
{
    xmlNode *found[N_KINDS] = {NULL};

    find_graphics(domain, found);
    if (!found[SDL] && !found[VNC] && !found[SPICE])
        return;
    xen_xl_put_number(out, kinds[SDL], found[SDL] != NULL);
    xen_xl_put_number(out, kinds[VNC], found[VNC] != NULL);
    for (int kind = SDL; kind <= VNC; kind++) {
        g_autoptr(GPtrArray) parts =
            found[kind] ? collect_graphics(found[kind], kinds[kind]) : NULL;

        for (guint i = 0; parts && i < parts->len; i += 2)
            put_setting(out, parts->pdata[i], parts->pdata[i + 1]);
    }
    if (found[SPICE])
        format_spice(found[SPICE], out);
}

static char *
format_vfb(xmlNode *graphics, const char *type)
{
    g_autoptr(GPtrArray) parts = collect_graphics(graphics, type);
    GString *item;

    if (!parts)
        return NULL;
    item = g_string_new(NULL);
    xen_xl_add_part(item, "type", type);
    for (guint i = 0; i < parts->len; i += 2)
        xen_xl_add_part(item, parts->pdata[i], parts->pdata[i + 1]);
    return g_string_free(item, FALSE);
}

static void
format_vfbs(xmlNode *domain, GString *out)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);

    for (xmlNode *graphics = NULL; (graphics = xen_xl_next_device(domain, graphics, "graphics"));) {
        g_autofree char *type = conf_xml_attr(graphics, "type");
        char *item = format_vfb(graphics, type);

        if (item)
            g_ptr_array_add(items, item);
        else
            conf_xml_unsee(graphics);
    }
    xen_xl_put_list(out, "vfb", items);
}

void
xen_xl_graphics_format(xmlNode *domain, GString *out)
{
    if (xen_xl_is_hvm(domain))
        format_hvm_graphics(domain, out);
    else
        format_vfbs(domain, out);
}
