/* Processors: the host's beside others. See libxl_driver_host.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_host.h"

#include "libxl/libxl_driver_state.h"
#include "util/error.h"
#include "util/i18n.h"

int
libxl_driver_connect_compare_cpu(LibxlDriver *driver, const char *xml, guint flags, GError **error)
{
    g_autofree char *lack = NULL;
    virCPUCompareResult result = VIR_CPU_COMPARE_INCOMPATIBLE;

    if (!libxl_driver_check_flags(
            flags, VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE | VIR_CONNECT_COMPARE_CPU_VALIDATE_XML,
            "virConnectCompareCPU", error))
        return VIR_CPU_COMPARE_ERROR;
    if ((flags & VIR_CONNECT_COMPARE_CPU_VALIDATE_XML) &&
        !domain_schema_validate_cpu(driver->cpu_schema, xml, error))
        return VIR_CPU_COMPARE_ERROR;
    if (driver->cpu && driver->cpu->model)
        result = cpu_host_compare(driver->cpu, xml, &lack, error);
    else
        lack = g_strdup(_("unknown host CPU"));
    if (result == VIR_CPU_COMPARE_INCOMPATIBLE &&
        (flags & VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE)) {
        virtxl_error_set(error, VIR_ERR_CPU_INCOMPATIBLE, "%s", lack);
        return VIR_CPU_COMPARE_ERROR;
    }
    return result;
}

char *
libxl_driver_connect_baseline_cpu(LibxlDriver *driver, const char *const *xmls, guint n,
                                  guint flags, GError **error)
{
    const guint known =
        VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES | VIR_CONNECT_BASELINE_CPU_MIGRATABLE;

    if (!libxl_driver_check_flags(flags, known, "virConnectBaselineCPU", error))
        return NULL;
    if (!driver->cpu) {
        virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                         _("there is no database of CPU models in '%s'"), CPU_MAP_DIR);
        return NULL;
    }
    return cpu_baseline(driver->cpu->map, xmls, n, flags & VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES,
                        flags & VIR_CONNECT_BASELINE_CPU_MIGRATABLE, error);
}

GPtrArray *
libxl_driver_connect_get_cpu_model_names(LibxlDriver *driver, const char *arch, guint flags,
                                         GError **error)
{
    GPtrArray *names;

    if (!libxl_driver_check_flags(flags, 0, "virConnectGetCPUModelNames", error))
        return NULL;
    if (!*arch) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("no architecture is given"));
        return NULL;
    }
    names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; driver->cpu && cpu_is_x86(arch) && i < driver->cpu->map->models->len; i++) {
        const CpuModel *model = driver->cpu->map->models->pdata[i];

        g_ptr_array_add(names, g_strdup(model->name));
    }
    return names;
}
