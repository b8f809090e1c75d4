/* What libvirt's Xen driver adds to a definition that a client wrote, apart
 * from what the device families add themselves.
 *
 * Found out from what stock libvirt 9.0 prints on a Xen host: the fixtures
 * in tests/conf hold it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/domain_conf_private.h"
#include "conf/domain_devices.h"
#include "util/error.h"
#include "util/i18n.h"

static bool
host_runs(const DomainParseDefaults *defaults, const char *os_type, const char *arch)
{
    const DomainGuestKind *guests = defaults->guests;

    if (!guests)
        return true;
    for (; guests->os_type; guests++) {
        if (strcmp(guests->os_type, os_type) == 0 && strcmp(guests->arch, arch) == 0)
            return true;
    }
    return false;
}

static bool
complete_arch(DomainDef *def, const DomainParseContext *context, GError **error)
{
    const DomainParseDefaults *defaults = context->defaults;
    DomainOSType type = domain_def_is_pv(def) ? DOMAIN_OS_TYPE_XEN : def->os.type;

    if (!def->os.arch)
        def->os.arch = g_strdup(defaults->arch);
    if (def->os.arch && !host_runs(defaults, domain_os_type_names[type], def->os.arch))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("domain '%s': this host runs no '%s' guest of architecture '%s'"),
                                def->name, domain_os_type_names[type], def->os.arch);
    return true;
}

static void
find_boot_order(const DomainDeviceFamily *family, gpointer device, gpointer data)
{
    const DomainDeviceInfo *info = device;
    bool *found = data;

    *found = *found || info->boot_order > 0;
}

/* A fully virtualised guest boots from its disk, and has PAE; a 32-bit one may
 * do without. It learns of its NUMA cells through ACPI. */
static void
complete_hvm(DomainDef *def)
{
    bool has_order = false;

    domain_def_foreach_device(def, find_boot_order, &has_order);
    if (def->os.n_boot == 0 && !has_order)
        def->os.boot[def->os.n_boot++] = DOMAIN_BOOT_DISK;
    if (g_strcmp0(def->os.arch, "x86_64") == 0 &&
        def->features[DOMAIN_FEATURE_PAE] == CONF_TRISTATE_ABSENT)
        def->features[DOMAIN_FEATURE_PAE] = CONF_TRISTATE_YES;
    if (def->cpu.cells->len > 0)
        def->features[DOMAIN_FEATURE_ACPI] = CONF_TRISTATE_YES;
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
