/* <features><xen>, <features><hyperv> and the timers of <clock> as libxl's
 * configuration.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <libxl_utils.h>

#include "conf/features_conf.h"
#include "conf/timer_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

/* --- <xen> ----------------------------------------------------------------- */

static libxl_passthrough
map_passthrough(const DomainFeaturesDef *features)
{
    static const libxl_passthrough modes[] = {
        [DOMAIN_PASSTHROUGH_DEFAULT] = LIBXL_PASSTHROUGH_ENABLED,
        [DOMAIN_PASSTHROUGH_SYNC_PT] = LIBXL_PASSTHROUGH_SYNC_PT,
        [DOMAIN_PASSTHROUGH_SHARE_PT] = LIBXL_PASSTHROUGH_SHARE_PT,
    };

    switch (features->passthrough) {
    case CONF_TRISTATE_YES:
        return modes[features->passthrough_mode];
    case CONF_TRISTATE_NO:
        return LIBXL_PASSTHROUGH_DISABLED;
    case CONF_TRISTATE_ABSENT:
        break;
    }
    return LIBXL_PASSTHROUGH_DEFAULT;
}

/* The memory map of the host, for a paravirtual guest that drives its devices. */
static bool
map_e820_host(const DomainDef *def, libxl_domain_build_info *info, GError **error)
{
    ConfTristate e820_host = def->nested_features.e820_host;

    if (e820_host == CONF_TRISTATE_ABSENT)
        return true;
    if (info->type == LIBXL_DOMAIN_TYPE_PV)
        libxl_defbool_set(&info->u.pv.e820_host, e820_host == CONF_TRISTATE_YES);
    else if (e820_host == CONF_TRISTATE_YES)
        return libxl_conf_refuse(
            def, error, _("<e820_host state='on'> is possible for a paravirtual guest only"));
    return true;
}

/* --- <hyperv> -------------------------------------------------------------- */

/* What Xen has under these names (xl.cfg(5), "viridian"). What is not here, Xen does not
 * have, and a guest that asks is told so. */
static const struct {
    DomainHypervFeature feature;
    libxl_viridian_enlightenment enlightenment;
} enlightenments[] = {
    {DOMAIN_HYPERV_RELAXED, LIBXL_VIRIDIAN_ENLIGHTENMENT_BASE},
    {DOMAIN_HYPERV_VAPIC, LIBXL_VIRIDIAN_ENLIGHTENMENT_APIC_ASSIST},
    {DOMAIN_HYPERV_SPINLOCKS, LIBXL_VIRIDIAN_ENLIGHTENMENT_BASE},
    {DOMAIN_HYPERV_VPINDEX, LIBXL_VIRIDIAN_ENLIGHTENMENT_BASE},
    {DOMAIN_HYPERV_SYNIC, LIBXL_VIRIDIAN_ENLIGHTENMENT_SYNIC},
    {DOMAIN_HYPERV_STIMER, LIBXL_VIRIDIAN_ENLIGHTENMENT_STIMER},
    {DOMAIN_HYPERV_FREQUENCIES, LIBXL_VIRIDIAN_ENLIGHTENMENT_FREQ},
    {DOMAIN_HYPERV_TLBFLUSH, LIBXL_VIRIDIAN_ENLIGHTENMENT_HCALL_REMOTE_TLB_FLUSH},
    {DOMAIN_HYPERV_IPI, LIBXL_VIRIDIAN_ENLIGHTENMENT_HCALL_IPI},
};

static void
enable(libxl_domain_build_info *info, libxl_viridian_enlightenment enlightenment)
{
    libxl_bitmap *enabled = &info->u.hvm.viridian_enable;

    if (enabled->size == 0)
        libxl_conf_bitmap_init(enabled, LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH);
    libxl_bitmap_set(enabled, (int)enlightenment);
}

/* All of them need the base, and the synthetic timers count by the reference counter. */
static void
map_hyperv(const DomainFeaturesDef *features, libxl_domain_build_info *info)
{
    if (features->hyperv_passthrough)
        libxl_defbool_set(&info->u.hvm.viridian, true);
    for (gsize i = 0; i < G_N_ELEMENTS(enlightenments); i++) {
        if (features->hyperv[enlightenments[i].feature] != CONF_TRISTATE_YES)
            continue;
        enable(info, LIBXL_VIRIDIAN_ENLIGHTENMENT_BASE);
        enable(info, enlightenments[i].enlightenment);
        if (enlightenments[i].feature == DOMAIN_HYPERV_STIMER)
            enable(info, LIBXL_VIRIDIAN_ENLIGHTENMENT_TIME_REF_COUNT);
    }
}

bool
libxl_conf_map_nested_features(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    config->c_info.passthrough = map_passthrough(&def->nested_features);
    if (libxl_conf_is_hvm(def))
        map_hyperv(&def->nested_features, &config->b_info);
    return map_e820_host(def, &config->b_info, error);
}

/* --- timers ---------------------------------------------------------------- */

static libxl_tsc_mode
map_tsc_mode(DomainTimerMode mode)
{
    switch (mode) {
    case DOMAIN_TIMER_MODE_NATIVE:
        return LIBXL_TSC_MODE_NATIVE;
    case DOMAIN_TIMER_MODE_EMULATE:
        return LIBXL_TSC_MODE_ALWAYS_EMULATE;
    case DOMAIN_TIMER_MODE_PARAVIRT:
        return LIBXL_TSC_MODE_NATIVE_PARAVIRT;
    default:
        return LIBXL_TSC_MODE_DEFAULT;
    }
}

/* The reference counter and its page are what Hyper-V's clock is made of. */
static void
map_hypervclock(libxl_domain_build_info *info)
{
    enable(info, LIBXL_VIRIDIAN_ENLIGHTENMENT_BASE);
    enable(info, LIBXL_VIRIDIAN_ENLIGHTENMENT_TIME_REF_COUNT);
    enable(info, LIBXL_VIRIDIAN_ENLIGHTENMENT_REFERENCE_TSC);
}

/* An HVM guest's machine always has a PIT and an RTC; the others of a definition that
 * are said not to be there are not. */
static bool
map_timer(const DomainDef *def, DomainTimerName name, libxl_domain_build_info *info, GError **error)
{
    const DomainTimerDef *timer = &def->timers[name];
    bool is_hvm = libxl_conf_is_hvm(def);

    if (name == DOMAIN_TIMER_TSC)
        info->tsc_mode = map_tsc_mode(timer->mode);
    else if (name == DOMAIN_TIMER_HPET && is_hvm)
        libxl_defbool_set(&info->u.hvm.hpet, timer->present != CONF_TRISTATE_NO);
    else if (timer->present == CONF_TRISTATE_NO)
        return true;
    else if (name == DOMAIN_TIMER_HYPERVCLOCK && is_hvm)
        map_hypervclock(info);
    else if (!is_hvm || (name != DOMAIN_TIMER_PIT && name != DOMAIN_TIMER_RTC))
        return libxl_conf_refuse(def, error, _("<timer name='%s'> is not possible for this guest"),
                                 domain_timer_names[name]);
    return true;
}

bool
libxl_conf_map_timers(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    for (int name = 0; name < DOMAIN_TIMER_LAST; name++) {
        if (def->timers[name].given &&
            !map_timer(def, (DomainTimerName)name, &config->b_info, error))
            return false;
    }
    return true;
}
