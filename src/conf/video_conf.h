/* Video cards of a definition: <video>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

typedef struct DomainDef DomainDef;

typedef enum {
    DOMAIN_VIDEO_DEFAULT = 0, /* "default": chosen after parsing */
    DOMAIN_VIDEO_VGA,
    DOMAIN_VIDEO_CIRRUS,
    DOMAIN_VIDEO_VMVGA,
    DOMAIN_VIDEO_XEN,
    DOMAIN_VIDEO_VBOX,
    DOMAIN_VIDEO_QXL,
    DOMAIN_VIDEO_PARALLELS,
    DOMAIN_VIDEO_VIRTIO,
    DOMAIN_VIDEO_GOP,
    DOMAIN_VIDEO_NONE,
    DOMAIN_VIDEO_BOCHS,
    DOMAIN_VIDEO_RAMFB,
} DomainVideoType;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainVideoType type;
    /* KiB; 0: not set */
    unsigned ram;
    unsigned vram;
    unsigned vram64;
    unsigned vgamem;
    unsigned heads;
    bool primary;
    ConfTristate accel3d;
    ConfTristate accel2d;
    char *rendernode;
    bool acceleration; /* there is an <acceleration> */
} DomainVideoDef;

extern ConfNames domain_video_type_names;

DomainVideoDef *domain_video_def_new(void);
void domain_video_def_free(DomainVideoDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainVideoDef, domain_video_def_free)

/* Parses the <video> element @node. Errors: VIR_ERR_XML_ERROR, as libvirt's. */
DomainVideoDef *domain_video_def_parse(xmlNode *node, const DomainParseContext *context,
                                       GError **error);

/* Appends the device's element to @devices. */
void domain_video_def_format(const DomainVideoDef *def, xmlNode *devices, unsigned flags);

/* --- rows of the table of families, see domain_devices.h ------------------- */

/* The primary one is the first. */
void domain_video_insert(GPtrArray *videos, gpointer video);
/* Type and memory, as the guest's type asks for. */
bool domain_video_complete(DomainDef *def, gpointer video, const DomainParseContext *context,
                           GError **error);
/* A guest with graphics has a video card. */
bool domain_video_imply(DomainDef *def, const DomainParseContext *context, GError **error);
bool domain_video_validate(const DomainDef *def, gconstpointer video, GError **error);
/* Errors: VIR_ERR_CONFIG_UNSUPPORTED. */
bool domain_videos_validate(const DomainDef *def, GError **error);
