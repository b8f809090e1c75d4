/* Graphical consoles of a definition: <graphics>.
 *
 * VNC, SDL and SPICE are modelled, the other types are kept as they came.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

typedef struct DomainDef DomainDef;

typedef enum {
    DOMAIN_GRAPHICS_SDL = 0,
    DOMAIN_GRAPHICS_VNC,
    DOMAIN_GRAPHICS_RDP,
    DOMAIN_GRAPHICS_DESKTOP,
    DOMAIN_GRAPHICS_SPICE,
    DOMAIN_GRAPHICS_EGL_HEADLESS,
    DOMAIN_GRAPHICS_DBUS,
} DomainGraphicsType;

typedef enum {
    DOMAIN_GRAPHICS_LISTEN_NONE = 0,
    DOMAIN_GRAPHICS_LISTEN_ADDRESS,
    DOMAIN_GRAPHICS_LISTEN_NETWORK,
    DOMAIN_GRAPHICS_LISTEN_SOCKET,
} DomainGraphicsListenType;

/* <listen> */
typedef struct {
    DomainGraphicsListenType type;
    char *address; /* of type address, may be NULL; of type network while running */
    char *network; /* of type network */
    char *socket;  /* of type socket; NULL: chosen at start */
} DomainGraphicsListen;

typedef enum {
    DOMAIN_GRAPHICS_SHARE_DEFAULT = 0,
    DOMAIN_GRAPHICS_SHARE_ALLOW_EXCLUSIVE,
    DOMAIN_GRAPHICS_SHARE_FORCE_SHARED,
    DOMAIN_GRAPHICS_SHARE_IGNORE,
} DomainGraphicsSharePolicy;

typedef enum {
    DOMAIN_GRAPHICS_MOUSE_DEFAULT = 0,
    DOMAIN_GRAPHICS_MOUSE_SERVER,
    DOMAIN_GRAPHICS_MOUSE_CLIENT,
} DomainGraphicsMouseMode;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainGraphicsType type;
    GPtrArray *listens; /* of DomainGraphicsListen; never NULL */

    /* vnc, spice, rdp */
    int port; /* 0: none, or chosen at start if autoport; live: the one in use */
    bool autoport;
    char *passwd;           /* NULL: none; "": no login */
    char *passwd_valid_to;  /* as written, "2020-01-01T00:00:00"; or NULL */
    char *passwd_connected; /* "keep", "fail", "disconnect"; or NULL */
    char *keymap;

    /* vnc */
    int websocket; /* 0: none; -1: chosen at start */
    DomainGraphicsSharePolicy share_policy;
    ConfTristate power_control;

    /* sdl, desktop */
    char *display;
    char *xauth;
    bool fullscreen;
    ConfTristate gl; /* spice too */

    /* spice */
    int tls_port;       /* like port */
    char *default_mode; /* "any", "secure", "insecure"; or NULL */
    DomainGraphicsMouseMode mouse_mode;
    ConfTristate clipboard;
    ConfTristate file_transfer;
} DomainGraphicsDef;

extern ConfNames domain_graphics_type_names;
extern ConfNames domain_graphics_listen_type_names;
extern ConfNames domain_graphics_share_policy_names;
extern ConfNames domain_graphics_mouse_mode_names;

DomainGraphicsDef *domain_graphics_def_new(DomainGraphicsType type);
void domain_graphics_def_free(DomainGraphicsDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainGraphicsDef, domain_graphics_def_free)

/* Parses the <graphics> element @node. Errors: VIR_ERR_XML_ERROR,
 * VIR_ERR_INTERNAL_ERROR, VIR_ERR_CONFIG_UNSUPPORTED, as libvirt's. */
DomainGraphicsDef *domain_graphics_def_parse(xmlNode *node, const DomainParseContext *context,
                                             GError **error);

/* Appends the device's element to @devices. Passwords only with
 * VIR_DOMAIN_XML_SECURE or DOMAIN_FORMAT_STATUS. */
void domain_graphics_def_format(const DomainGraphicsDef *def, xmlNode *devices, unsigned flags);

/* The first <listen>'s address, or NULL if it has none. */
const char *domain_graphics_listen_address(const DomainGraphicsDef *def);

/* --- rows of the table of families, see domain_devices.h ------------------- */

bool domain_graphics_complete(DomainDef *def, gpointer graphics, const DomainParseContext *context,
                              GError **error);

/* --- graphics_listen_conf.c, for graphics_conf.c ----------------------------- */

GPtrArray *domain_graphics_listens_new(void);
/* Reads `socket`, `listen` and <listen> of @node. Errors: VIR_ERR_XML_ERROR,
 * VIR_ERR_CONFIG_UNSUPPORTED. */
bool domain_graphics_listens_parse(DomainGraphicsDef *def, xmlNode *node,
                                   const DomainParseContext *context, GError **error);
/* The attribute of <graphics> for clients that don't know <listen>. */
void domain_graphics_listen_format_attr(const DomainGraphicsDef *def, xmlNode *graphics,
                                        unsigned flags);
void domain_graphics_listens_format(const DomainGraphicsDef *def, xmlNode *graphics,
                                    unsigned flags);
