/* Graphics, video cards and input devices as libxl's configuration.
 *
 * Each <graphics> is a paravirtual frame buffer with a keyboard. An HVM guest has
 * an emulated video card instead, which QEMU shows the same way: there the
 * first graphics' settings are in the build info as well. Spice is for HVM guests
 * only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/graphics_conf.h"
#include "conf/input_conf.h"
#include "conf/video_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

#define VNC_FIRST_PORT 5900

/* --- graphics ------------------------------------------------------------- */

static void
map_vnc(const DomainGraphicsDef *graphics, libxl_vnc_info *vnc)
{
    const char *address = domain_graphics_listen_address(graphics);

    libxl_defbool_set(&vnc->enable, true);
    /* Without a port the device model takes the first free one. */
    libxl_defbool_set(&vnc->findunused, graphics->port <= 0);
    if (graphics->port > 0)
        vnc->display = graphics->port - VNC_FIRST_PORT;
    vnc->listen = g_strdup(address);
    vnc->passwd = g_strdup(graphics->passwd);
}

static void
map_sdl(const DomainGraphicsDef *graphics, libxl_sdl_info *sdl)
{
    libxl_defbool_set(&sdl->enable, true);
    libxl_defbool_set(&sdl->opengl, graphics->gl == CONF_TRISTATE_YES);
    sdl->display = g_strdup(graphics->display);
    sdl->xauthority = g_strdup(graphics->xauth);
}

static void
map_spice(const DomainGraphicsDef *graphics, libxl_spice_info *spice)
{
    libxl_defbool_set(&spice->enable, true);
    spice->host = g_strdup(domain_graphics_listen_address(graphics));
    spice->port = MAX(graphics->port, 0);
    spice->tls_port = MAX(graphics->tls_port, 0);
    libxl_defbool_set(&spice->disable_ticketing, !graphics->passwd);
    spice->passwd = g_strdup(graphics->passwd);
    if (graphics->mouse_mode != DOMAIN_GRAPHICS_MOUSE_DEFAULT)
        libxl_defbool_set(&spice->agent_mouse,
                          graphics->mouse_mode == DOMAIN_GRAPHICS_MOUSE_CLIENT);
    if (graphics->clipboard == CONF_TRISTATE_YES) {
        libxl_defbool_set(&spice->vdagent, true);
        libxl_defbool_set(&spice->clipboard_sharing, true);
    }
}

/* The first place to listen is a socket, which libxl has no word for: it would
 * open a port instead. */
static bool
is_on_socket(const DomainGraphicsDef *graphics)
{
    const DomainGraphicsListen *listen =
        graphics->listens->len > 0 ? graphics->listens->pdata[0] : NULL;

    return listen && listen->type == DOMAIN_GRAPHICS_LISTEN_SOCKET;
}

/* The frame buffer and the keyboard of one graphics. */
static bool
map_frame_buffer(const DomainDef *def, const DomainGraphicsDef *graphics,
                 libxl_domain_config *config, GError **error)
{
    libxl_device_vfb *vfb = &config->vfbs[config->num_vfbs++];
    libxl_device_vkb *vkb = &config->vkbs[config->num_vkbs++];

    libxl_device_vfb_init(vfb);
    libxl_device_vkb_init(vkb);
    libxl_defbool_set(&vfb->vnc.enable, false);
    libxl_defbool_set(&vfb->sdl.enable, false);
    vfb->keymap = g_strdup(graphics->keymap);

    switch (graphics->type) {
    case DOMAIN_GRAPHICS_VNC:
        map_vnc(graphics, &vfb->vnc);
        return true;
    case DOMAIN_GRAPHICS_SDL:
        map_sdl(graphics, &vfb->sdl);
        return true;
    case DOMAIN_GRAPHICS_SPICE:
        if (libxl_conf_is_hvm(def))
            return true;
        return libxl_conf_refuse(def, error,
                                 _("<graphics type='spice'> is possible for an HVM guest only"));
    default:
        return libxl_conf_refuse(def, error, _("<graphics type='%s'> is not possible on Xen"),
                                 domain_graphics_type_names[graphics->type]);
    }
}

/* QEMU shows an HVM guest's emulated video card by the settings in the build
 * info; it has room for one graphics of each type. */
static void
map_emulated_graphics(const DomainGraphicsDef *graphics, libxl_domain_build_info *info)
{
    if (!info->u.hvm.keymap)
        info->u.hvm.keymap = g_strdup(graphics->keymap);
    if (graphics->type == DOMAIN_GRAPHICS_VNC)
        map_vnc(graphics, &info->u.hvm.vnc);
    else if (graphics->type == DOMAIN_GRAPHICS_SDL)
        map_sdl(graphics, &info->u.hvm.sdl);
    else if (graphics->type == DOMAIN_GRAPHICS_SPICE)
        map_spice(graphics, &info->u.hvm.spice);
}

bool
libxl_conf_map_graphics(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    config->vfbs = g_new0(libxl_device_vfb, def->graphics->len);
    config->vkbs = g_new0(libxl_device_vkb, def->graphics->len);
    if (libxl_conf_is_hvm(def)) {
        /* libxl would open a VNC server that nobody asked for. */
        libxl_defbool_set(&config->b_info.u.hvm.vnc.enable, false);
        libxl_defbool_set(&config->b_info.u.hvm.sdl.enable, false);
    }
    for (guint i = 0; i < def->graphics->len; i++) {
        const DomainGraphicsDef *graphics = def->graphics->pdata[i];

        if (is_on_socket(graphics))
            return libxl_conf_refuse(def, error,
                                     _("<graphics type='%s'>: a socket is not possible on Xen"),
                                     domain_graphics_type_names[graphics->type]);
        if (!map_frame_buffer(def, graphics, config, error))
            return false;
        if (libxl_conf_is_hvm(def))
            map_emulated_graphics(graphics, &config->b_info);
    }
    return true;
}

/* --- video ---------------------------------------------------------------- */

/* The cards that QEMU emulates for Xen, and the memory in KiB below which libxl
 * refuses to start them (Xen's xl.cfg(5), "videoram"). */
static const struct {
    DomainVideoType type;
    libxl_vga_interface_type kind;
    unsigned least_kib;
} cards[] = {
    {DOMAIN_VIDEO_VGA, LIBXL_VGA_INTERFACE_TYPE_STD, 16 * 1024},
    {DOMAIN_VIDEO_XEN, LIBXL_VGA_INTERFACE_TYPE_STD, 16 * 1024},
    {DOMAIN_VIDEO_CIRRUS, LIBXL_VGA_INTERFACE_TYPE_CIRRUS, 8 * 1024},
    {DOMAIN_VIDEO_QXL, LIBXL_VGA_INTERFACE_TYPE_QXL, 128 * 1024},
    {DOMAIN_VIDEO_NONE, LIBXL_VGA_INTERFACE_TYPE_NONE, 0},
};

static bool
map_video(const DomainDef *def, const DomainVideoDef *video, libxl_domain_build_info *info,
          GError **error)
{
    const char *type = domain_video_type_names[video->type];

    for (gsize i = 0; i < G_N_ELEMENTS(cards); i++) {
        if (cards[i].type != video->type)
            continue;
        if (video->vram && video->vram < cards[i].least_kib)
            return libxl_conf_refuse(
                def, error, _("<video>: model '%s' needs at least vram='%u' on Xen, not '%u'"),
                type, cards[i].least_kib, video->vram);
        info->u.hvm.vga.kind = cards[i].kind;
        info->video_memkb = video->vram ? video->vram : LIBXL_MEMKB_DEFAULT;
        return true;
    }
    return libxl_conf_refuse(def, error,
                             _("<video>: model '%s' is not possible on Xen; use 'vga', 'cirrus' "
                               "or 'qxl'"),
                             type);
}

/* Only an HVM guest has an emulated card, and only one. */
bool
libxl_conf_map_videos(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    if (!libxl_conf_is_hvm(def))
        return true;
    if (def->videos->len == 0) {
        libxl_defbool_set(&config->b_info.u.hvm.nographic, true);
        config->b_info.u.hvm.vga.kind = LIBXL_VGA_INTERFACE_TYPE_NONE;
        return true;
    }
    return map_video(def, def->videos->pdata[0], &config->b_info, error);
}

/* --- input ---------------------------------------------------------------- */

/* A PS/2 mouse and keyboard, or Xen's, are there anyway; what QEMU can be told to
 * add is on a USB bus. */
static bool
add_input(const DomainDef *def, const DomainInputDef *input, GPtrArray *names, GError **error)
{
    if (input->bus != DOMAIN_INPUT_BUS_USB)
        return true;
    switch (input->type) {
    case DOMAIN_INPUT_MOUSE:
    case DOMAIN_INPUT_TABLET:
        g_ptr_array_add(names, g_strdup(domain_input_type_names[input->type]));
        return true;
    default:
        return libxl_conf_refuse(
            def, error,
            _("<input type='%s' bus='usb'> is not possible on Xen; use 'mouse' or 'tablet'"),
            domain_input_type_names[input->type]);
    }
}

bool
libxl_conf_map_inputs(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    if (!libxl_conf_is_hvm(def))
        return true;
    for (guint i = 0; i < def->inputs->len; i++) {
        if (!add_input(def, def->inputs->pdata[i], names, error))
            return false;
    }
    if (names->len > 0)
        config->b_info.u.hvm.usbdevice_list = libxl_conf_string_list(names);
    return true;
}
