/* Sound cards: <sound>; see sound_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/sound_conf.h"

#include "conf/conf_xml_tools.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_sound_model_names = {
    "sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "ich7", NULL,
};

static const ConfXmlOrder sound_order[] = {{"codec"}, {"audio"}, {"driver"},  {"alias"},
                                           {"rom"},   {"acpi"},  {"address"}, {NULL}};

void
domain_sound_def_free(DomainSoundDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    g_free(def);
}

DomainSoundDef *
domain_sound_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    g_autoptr(DomainSoundDef) def = g_new0(DomainSoundDef, 1);
    int model = -1;

    if (!conf_xml_attr_enum(node, "model", domain_sound_model_names, &model, VIR_ERR_XML_ERROR,
                            error))
        return NULL;
    if (model < 0) {
        conf_xml_refuse_missing(node, "model", error);
        return NULL;
    }
    def->model = (DomainSoundModel)model;
    return domain_device_info_parse(&def->info, node, context, error) ? g_steal_pointer(&def)
                                                                      : NULL;
}

void
domain_sound_def_format(const DomainSoundDef *def, xmlNode *devices, unsigned flags)
{
    xmlNode *sound = conf_xml_add(devices, "sound");

    conf_xml_set(sound, "model", domain_sound_model_names[def->model]);
    domain_device_info_format(&def->info, sound, sound_order, flags);
}

/* --- in a domain ---------------------------------------------------------- */

bool
domain_sound_validate(const DomainDef *def, gconstpointer sound, GError **error)
{
    static const DomainSoundModel possible[] = {DOMAIN_SOUND_SB16, DOMAIN_SOUND_ES1370,
                                                DOMAIN_SOUND_AC97, DOMAIN_SOUND_ICH6};
    DomainSoundModel model = ((const DomainSoundDef *)sound)->model;

    for (gsize i = 0; i < G_N_ELEMENTS(possible); i++) {
        if (possible[i] == model)
            return true;
    }
    return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("domain '%s': <sound model='%s'> is not possible on Xen"), def->name,
                            domain_sound_model_names[model]);
}
