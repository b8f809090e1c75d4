/* What an HVM guest's machine emulates besides: video, sound and input devices.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/xen_xl_private.h"
#include "util/error.h"
#include "util/i18n.h"

#define KIB_PER_MIB 1024

/* --- video ------------------------------------------------------------------------ */

/* vga=, and the model that it is. */
static const char *const cards[][2] = {
    {"stdvga", "vga"},
    {"cirrus", "cirrus"},
    {"qxl", "qxl"},
    {"none", "none"},
};

#define DEFAULT_CARD "cirrus"
#define DEFAULT_VRAM "8192" /* KiB */

static bool
parse_video(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *vga = NULL, *type = NULL;
    bool stdvga = false;
    gint64 mib = 0;
    xmlNode *model;

    if (!xen_xl_config_text(config, "vga", &vga, error) ||
        !xen_xl_config_bool(config, "stdvga", &stdvga, error) ||
        !xen_xl_config_number(config, "videoram", &mib, error))
        return false;
    if (!vga && stdvga)
        vga = "stdvga";
    for (gsize i = 0; vga && i < G_N_ELEMENTS(cards); i++)
        type = strcmp(cards[i][0], vga) == 0 ? cards[i][1] : type;
    if (vga && !type)
        xen_xl_config_ignore(config, "vga", vga);
    if (!type && !conf_xml_written_child(xen_xl_make(domain, "devices"), "graphics"))
        return true;
    model = conf_xml_add(xen_xl_add_device(domain, "video"), "model");
    conf_xml_set(model, "type", type ? type : DEFAULT_CARD);
    if (mib > 0 && mib <= G_MAXUINT16)
        conf_xml_setf(model, "vram", "%" G_GINT64_FORMAT, mib * KIB_PER_MIB);
    return true;
}

/* What QXL's other memories are if nobody says. */
static const char *const qxl_defaults[][2] = {{"ram", "65536"}, {"vgamem", "16384"}};

/* What every card has. */
static void
drop_video_defaults(xmlNode *model)
{
    for (gsize i = 0; i < G_N_ELEMENTS(qxl_defaults); i++) {
        const xmlAttr *attr = xmlHasProp(model, (const xmlChar *)qxl_defaults[i][0]);

        if (attr && attr->children &&
            g_strcmp0((const char *)attr->children->content, qxl_defaults[i][1]) == 0)
            conf_xml_drop_attr(model, qxl_defaults[i][0]);
    }
    conf_xml_drop_attr(model, "vram");
    conf_xml_drop_attr(model, "heads");
    conf_xml_drop_attr(model, "primary");
}

static void
format_video(xmlNode *domain, GString *out)
{
    xmlNode *video = xen_xl_next_device(domain, NULL, "video");
    xmlNode *model = video ? conf_xml_child(video, "model") : NULL;
    g_autofree char *type = model ? conf_xml_attr(model, "type") : NULL;
    g_autofree char *vram = model ? conf_xml_attr(model, "vram") : NULL;

    if (!model)
        return;
    drop_video_defaults(model);
    /* what it is if nothing is said */
    if (g_strcmp0(type, DEFAULT_CARD) == 0 && g_strcmp0(vram, DEFAULT_VRAM) == 0)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(cards); i++) {
        if (g_strcmp0(cards[i][1], type) == 0)
            xen_xl_put_text(out, "vga", cards[i][0]);
    }
    if (vram)
        xen_xl_put_number(out, "videoram",
                          (gint64)(g_ascii_strtoull(vram, NULL, 10) / KIB_PER_MIB));
}

/* --- sound ------------------------------------------------------------------------- */

/* soundhw=, and the model that it is; of several, the first is written. libvirt's own driver
 * writes "ich6". */
static const char *const sounds[][2] = {
    {"sb16", "sb16"}, {"es1370", "es1370"}, {"ac97", "ac97"}, {"hda", "ich6"}, {"ich6", "ich6"},
};

static bool
parse_sound(XenXlConfig *config, xmlNode *domain, GError **error)
{
    const char *text = NULL;
    g_auto(GStrv) names = NULL;

    if (!xen_xl_config_text(config, "soundhw", &text, error))
        return false;
    names = g_strsplit(text ? text : "", ",", -1);
    for (char **name = names; *name; name++) {
        const char *model = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(sounds); i++)
            model = strcmp(sounds[i][0], *name) == 0 ? sounds[i][1] : model;
        if (model)
            conf_xml_set(xen_xl_add_device(domain, "sound"), "model", model);
        else
            xen_xl_config_ignore(config, "soundhw", *name);
    }
    return true;
}

static void
format_sound(xmlNode *domain, GString *out)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (xmlNode *sound = NULL; (sound = xen_xl_next_device(domain, sound, "sound"));) {
        g_autofree char *model = conf_xml_attr(sound, "model");
        gsize i = 0;

        while (i < G_N_ELEMENTS(sounds) && g_strcmp0(sounds[i][1], model) != 0)
            i++;
        if (i < G_N_ELEMENTS(sounds))
            g_string_append_printf(names, "%s%s", names->len ? "," : "", sounds[i][0]);
        else
            conf_xml_unsee(sound);
    }
    if (names->len)
        xen_xl_put_text(out, "soundhw", names->str);
}

/* --- input -------------------------------------------------------------------------- */

static ConfNames input_types = {"tablet", "mouse", "keyboard", NULL};

static bool
parse_inputs(XenXlConfig *config, xmlNode *domain, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    bool usb = true;

    if (!xen_xl_config_bool(config, "usb", &usb, error) ||
        !(names = xen_xl_config_list(config, "usbdevice", error)))
        return false;
    for (guint i = 0; i < names->len; i++) {
        if (usb && conf_names_find(input_types, names->pdata[i]) >= 0) {
            xmlNode *input = xen_xl_add_device(domain, "input");

            conf_xml_set(input, "type", names->pdata[i]);
            conf_xml_set(input, "bus", "usb");
        } else {
            xen_xl_config_ignore(config, "usbdevice", names->pdata[i]);
        }
    }
    return true;
}

/* A mouse and a keyboard that are PS/2's are part of the machine. */
static void
format_inputs(xmlNode *domain, GString *out)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (xmlNode *input = NULL; (input = xen_xl_next_device(domain, input, "input"));) {
        g_autofree char *bus = conf_xml_attr(input, "bus");
        g_autofree char *type = conf_xml_attr(input, "type");

        if (g_strcmp0(bus, "usb") == 0 && type && conf_names_find(input_types, type) >= 0)
            g_ptr_array_add(names, g_steal_pointer(&type));
        else if (g_strcmp0(bus, "ps2") != 0)
            conf_xml_unsee(input);
    }
    if (names->len)
        xen_xl_put_number(out, "usb", 1);
    if (names->len == 1)
        xen_xl_put_text(out, "usbdevice", names->pdata[0]);
    else
        xen_xl_put_list(out, "usbdevice", names);
}

/* --- all ------------------------------------------------------------------------------ */

/* What another kind of guest has by itself when it has graphics: a screen, a mouse and a
 * keyboard on the Xen bus. */
static void
see_implied(xmlNode *domain)
{
    for (xmlNode *input = NULL; (input = xen_xl_next_device(domain, input, "input"));) {
        g_autofree char *bus = conf_xml_attr(input, "bus");

        conf_xml_drop_attr(input, "type");
        if (g_strcmp0(bus, "xen") != 0)
            conf_xml_unsee(input);
    }
    for (xmlNode *video = NULL; (video = xen_xl_next_device(domain, video, "video"));) {
        g_autofree char *type = conf_xml_child_attr(video, "model", "type");

        if (g_strcmp0(type, "xen") != 0)
            conf_xml_unsee(video);
        else
            drop_video_defaults(conf_xml_child(video, "model"));
    }
}

bool
xen_xl_emulated_parse(XenXlConfig *config, xmlNode *domain, GError **error)
{
    return !xen_xl_is_hvm(domain) ||
           (parse_video(config, domain, error) && parse_sound(config, domain, error) &&
            parse_inputs(config, domain, error));
}

void
xen_xl_emulated_format(xmlNode *domain, GString *out)
{
    if (!xen_xl_is_hvm(domain)) {
        see_implied(domain);
        return;
    }
    format_video(domain, out);
    format_sound(domain, out);
    format_inputs(domain, out);
}
