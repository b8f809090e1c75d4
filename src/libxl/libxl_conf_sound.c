/* Sound cards as libxl's configuration.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/sound_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

/* The cards that Xen's device model has, by their names in xl.cfg(5), "soundhw". */
static const char *const cards[] = {
    [DOMAIN_SOUND_SB16] = "sb16",
    [DOMAIN_SOUND_ES1370] = "es1370",
    [DOMAIN_SOUND_AC97] = "ac97",
    [DOMAIN_SOUND_ICH6] = "hda",
};

bool
libxl_conf_map_sounds(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    const DomainSoundDef *sound;

    if (def->sounds->len == 0)
        return true;
    if (!libxl_conf_is_hvm(def))
        return libxl_conf_refuse(def, error,
                                 _("<sound> is not possible for a guest that is not "
                                   "fully virtualised"));
    if (def->sounds->len > 1)
        return libxl_conf_refuse(def, error, _("<sound>: Xen has one sound card for a guest"));
    sound = def->sounds->pdata[0];
    if (sound->model >= G_N_ELEMENTS(cards) || !cards[sound->model])
        return libxl_conf_refuse(
            def, error,
            _("<sound>: model '%s' is not possible on Xen; use 'sb16', 'es1370', 'ac97' or 'ich6'"),
            domain_sound_model_names[sound->model]);
    config->b_info.u.hvm.soundhw = g_strdup(cards[sound->model]);
    return true;
}
