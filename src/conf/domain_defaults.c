/* What libvirt's Xen driver adds to a definition that a client wrote, apart
 * from what the device families add themselves.
 *
 * Found out from what stock libvirt 9.0 prints on a Xen host: the fixtures
 * in tests/conf hold it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_conf_private.h"
#include "conf/domain_devices.h"
#include "util/error.h"
#include "util/i18n.h"

static bool
complete_arch(DomainDef *def, const DomainParseContext *context, GError **error)
{
    const char *const *archs = context->defaults->archs;

    if (!def->os.arch)
        def->os.arch = g_strdup(context->defaults->arch);
    if (def->os.arch && archs && conf_names_find(archs, def->os.arch) < 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("domain '%s': this host can't run a guest of architecture '%s'"),
                                def->name, def->os.arch);
    return true;
}

static void
find_boot_order(const DomainDeviceFamily *family, gpointer device, gpointer data)
{
    const DomainDeviceInfo *info = device;
    bool *found = data;

    *found = *found || info->boot_order > 0;
}

/* A fully virtualised guest boots from its disk, and has PAE. */
static void
complete_hvm(DomainDef *def)
{
    bool has_order = false;

    domain_def_foreach_device(def, find_boot_order, &has_order);
    if (def->os.n_boot == 0 && !has_order)
        def->os.boot[def->os.n_boot++] = DOMAIN_BOOT_DISK;
    if (def->features[DOMAIN_FEATURE_PAE] == CONF_TRISTATE_ABSENT)
        def->features[DOMAIN_FEATURE_PAE] = CONF_TRISTATE_YES;
}

bool
domain_def_complete(DomainDef *def, const DomainParseContext *context, GError **error)
{
    if (!complete_arch(def, context, error))
        return false;
    if (def->os.type == DOMAIN_OS_TYPE_HVM)
        complete_hvm(def);
    if (def->os.loader && !def->os.loader_type)
        def->os.loader_type = g_strdup("rom");
    return domain_devices_complete(def, context, error);
}
