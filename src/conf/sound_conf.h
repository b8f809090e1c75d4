/* Sound cards of a definition: <sound>.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/device_conf.h"

typedef struct DomainDef DomainDef;

typedef enum {
    DOMAIN_SOUND_SB16 = 0,
    DOMAIN_SOUND_ES1370,
    DOMAIN_SOUND_PCSPK,
    DOMAIN_SOUND_AC97,
    DOMAIN_SOUND_ICH6,
    DOMAIN_SOUND_ICH9,
    DOMAIN_SOUND_USB,
    DOMAIN_SOUND_ICH7,
} DomainSoundModel;

typedef struct {
    DomainDeviceInfo info; /* first, see device_conf.h */
    DomainSoundModel model;
} DomainSoundDef;

extern ConfNames domain_sound_model_names;

void domain_sound_def_free(DomainSoundDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainSoundDef, domain_sound_def_free)

/* Parses the <sound> element @node. Errors: VIR_ERR_XML_ERROR, as libvirt's. */
DomainSoundDef *domain_sound_def_parse(xmlNode *node, const DomainParseContext *context,
                                       GError **error);

/* Refuses the models that libvirt refuses for a domain of this type. Errors:
 * VIR_ERR_CONFIG_UNSUPPORTED. */
bool domain_sound_validate(const DomainDef *def, gconstpointer sound, GError **error);

/* Appends the device's element to @devices. */
void domain_sound_def_format(const DomainSoundDef *def, xmlNode *devices, unsigned flags);
