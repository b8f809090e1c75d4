/* What the host is and what guests on it can have. See libxl_driver_host.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_host.h"

#include <string.h>

#include "libxl/libxl_capabilities.h"
#include "libxl/libxl_domain_capabilities.h"
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_sysinfo.h"
#include "util/error.h"
#include "util/i18n.h"

char *
libxl_driver_connect_get_domain_capabilities(LibxlDriver *driver, const char *emulator,
                                             const char *arch, const char *machine,
                                             const char *type, guint flags, GError **error)
{
    const LibxlDomainCapabilities of = {
        .arch = arch ? arch : driver->info.model,
        .machine = machine ? machine : "xenpv",
        .emulator = emulator ? emulator : driver->config->emulator,
        .loader = driver->config->hvm_loader,
    };

    if (!libxl_driver_check_flags(flags, 0, "virConnectGetDomainCapabilities", error))
        return NULL;
    if (type && strcmp(type, "xen") != 0) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                         _("virtualization type '%s' is not 'xen', which is all there is here"),
                         type);
        return NULL;
    }
    if (!libxl_capabilities_has_guest(&driver->info, of.arch, of.machine)) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                         _("this host runs no guest with architecture '%s' and machine '%s'"),
                         of.arch, of.machine);
        return NULL;
    }
    return libxl_domain_capabilities_format(&of);
}

char *
libxl_driver_connect_get_sysinfo(LibxlDriver *driver, guint flags, GError **error)
{
    if (!libxl_driver_check_flags(flags, 0, "virConnectGetSysinfo", error))
        return NULL;
    return libxl_sysinfo_format(driver->config->dmi_dir, error);
}
