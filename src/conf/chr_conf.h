/* Character devices of a definition: <serial>, <parallel>, <console>,
 * <channel>.
 *
 * All four have one structure: what the device is in the guest (its target),
 * and where its bytes go on the host (its source).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

typedef enum {
    DOMAIN_CHR_DEVICE_SERIAL = 0,
    DOMAIN_CHR_DEVICE_PARALLEL,
    DOMAIN_CHR_DEVICE_CONSOLE,
    DOMAIN_CHR_DEVICE_CHANNEL,
} DomainChrDevice;

typedef enum {
    DOMAIN_CHR_SOURCE_NULL = 0,
    DOMAIN_CHR_SOURCE_VC,
    DOMAIN_CHR_SOURCE_PTY,
    DOMAIN_CHR_SOURCE_DEV,
    DOMAIN_CHR_SOURCE_FILE,
    DOMAIN_CHR_SOURCE_PIPE,
    DOMAIN_CHR_SOURCE_STDIO,
    DOMAIN_CHR_SOURCE_UDP,
    DOMAIN_CHR_SOURCE_TCP,
    DOMAIN_CHR_SOURCE_UNIX,
    DOMAIN_CHR_SOURCE_SPICEVMC,
    DOMAIN_CHR_SOURCE_SPICEPORT,
    DOMAIN_CHR_SOURCE_NMDM,
    DOMAIN_CHR_SOURCE_QEMU_VDAGENT,
    DOMAIN_CHR_SOURCE_DBUS,
} DomainChrSourceType;

/* The `protocol` of a tcp source. */
typedef enum {
    DOMAIN_CHR_PROTOCOL_RAW = 0,
    DOMAIN_CHR_PROTOCOL_TELNET,
    DOMAIN_CHR_PROTOCOL_TELNETS,
    DOMAIN_CHR_PROTOCOL_TLS,
} DomainChrProtocol;

/* The target type of a channel. */
typedef enum {
    DOMAIN_CHR_CHANNEL_NONE = 0,
    DOMAIN_CHR_CHANNEL_GUESTFWD,
    DOMAIN_CHR_CHANNEL_VIRTIO,
    DOMAIN_CHR_CHANNEL_XEN,
} DomainChrChannelTarget;

/* The target type of a console; SERIAL (an alias of the first serial port) is
 * what an HVM guest's console is, XEN the paravirtual one. */
typedef enum {
    DOMAIN_CHR_CONSOLE_NONE = 0,
    DOMAIN_CHR_CONSOLE_SERIAL,
    DOMAIN_CHR_CONSOLE_XEN,
    DOMAIN_CHR_CONSOLE_UML,
    DOMAIN_CHR_CONSOLE_VIRTIO,
    DOMAIN_CHR_CONSOLE_LXC,
    DOMAIN_CHR_CONSOLE_OPENVZ,
    DOMAIN_CHR_CONSOLE_SCLP,
    DOMAIN_CHR_CONSOLE_SCLPLM,
} DomainChrConsoleTarget;

/* Bytes of a channel's name. */
#define DOMAIN_CHANNEL_NAME_MAX 255

/* Live state of a channel, as seen from the host. */
typedef enum {
    DOMAIN_CHR_STATE_UNKNOWN = 0,
    DOMAIN_CHR_STATE_CONNECTED,
    DOMAIN_CHR_STATE_DISCONNECTED,
} DomainChrState;

typedef struct {
    DomainChrSourceType type;

    /* pty, dev, file, pipe, unix. A pty's is live only. */
    char *path;
    /* The driver chose the path (a unix source that came without one): it is
     * not part of the inactive definition. Never read from XML. */
    bool path_generated;
    /* file; tcp and unix have none */
    ConfTristate append;

    /* unix, tcp: true for mode='bind' */
    bool listen;
    /* tcp, and udp's mode='connect' */
    char *host;
    char *service;
    /* udp's mode='bind'; either may be NULL */
    char *bind_host;
    char *bind_service;
    /* tcp */
    DomainChrProtocol protocol;
    ConfTristate tls;
    /* unix and tcp that connect */
    ConfTristate reconnect;
    unsigned reconnect_timeout; /* seconds; with reconnect yes */

    /* spiceport, dbus: name of the channel */
    char *channel;

    /* nmdm: paths of both ends */
    char *master;
    char *slave;

    /* qemu-vdagent */
    ConfTristate clipboard_copypaste;
    int mouse_mode; /* 0: not set; else 1 server, 2 client */

    /* <log>: a copy of all that comes from the guest; NULL file: none */
    char *log_file;
    ConfTristate log_append;

    /* of <source> */
    ConfXmlKept *kept;
} DomainChrSourceDef;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainChrDevice device;

    /* channel */
    DomainChrChannelTarget channel_target;
    char *target_name;    /* may be NULL */
    DomainChrState state; /* live only */
    unsigned devid;       /* channel: the driver's device id while it runs; 0: none */
    bool ours;            /* channel: virtxl-channeld serves it, not libxl; live only */
    /* channel of target guestfwd: IPv4 address and port */
    char *target_address;
    unsigned target_service;

    /* console */
    DomainChrConsoleTarget console_target;

    /* serial: target type ("isa-serial", ...) and model, as written; or NULL */
    char *target_type;
    char *target_model;

    /* serial, parallel, console: -1 while not given a number */
    int target_port;

    DomainChrSourceDef *source;
} DomainChrDef;

extern ConfNames domain_chr_device_names;
extern ConfNames domain_chr_source_type_names;
extern ConfNames domain_chr_protocol_names;
extern ConfNames domain_chr_channel_target_names;
extern ConfNames domain_chr_console_target_names;
extern ConfNames domain_chr_state_names;

/* An empty device of kind @device with a pty source. */
DomainChrDef *domain_chr_def_new(DomainChrDevice device);
void domain_chr_def_free(DomainChrDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainChrDef, domain_chr_def_free)

/* --- sources (chr_source_conf.c) ----------------------------------------- */

DomainChrSourceDef *domain_chr_source_new(DomainChrSourceType type);
void domain_chr_source_free(DomainChrSourceDef *source);
DomainChrSourceDef *domain_chr_source_copy(const DomainChrSourceDef *source);

/* Reads `type`, <source>, <protocol> and <log> of the device element @node. */
bool domain_chr_source_parse(DomainChrSourceDef *source, xmlNode *node,
                             const DomainParseContext *context, GError **error);

/* Rules that need the whole device: @def's source is complete. */
bool domain_chr_source_check(const DomainChrDef *def, GError **error);

/* Writes `type`, <source>, <protocol> and <log>. */
void domain_chr_source_format(const DomainChrSourceDef *source, xmlNode *device, unsigned flags);

/* Two sources are the same if they use the same thing on the host. */
bool domain_chr_source_equal(const DomainChrSourceDef *a, const DomainChrSourceDef *b);

/* --- devices (chr_conf.c) ------------------------------------------------- */

/* Parses the element @node, whose name tells the kind of device. Errors: as
 * libvirt's, VIR_ERR_XML_ERROR, VIR_ERR_CONFIG_UNSUPPORTED,
 * VIR_ERR_INTERNAL_ERROR, VIR_ERR_INVALID_ARG. */
DomainChrDef *domain_chr_def_parse(xmlNode *node, const DomainParseContext *context,
                                   GError **error);

/* Appends the device's element to @devices. */
void domain_chr_def_format(const DomainChrDef *def, xmlNode *devices, unsigned flags);
