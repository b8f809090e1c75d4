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
    ConfTristate blob;
    bool acceleration; /* there is an <acceleration> */
    ConfTristate accel3d;
    ConfTristate accel2d;
    char *rendernode;
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
