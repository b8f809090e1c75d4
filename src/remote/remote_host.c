/* Calls about what the host is and what guests on it can have.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_host.h"
#include "remote/remote_handlers.h"
#include "remote_protocol.h"

static const char *
get_optional(const remote_string string)
{
    return string ? *string : NULL;
}

bool
remote_connect_get_domain_capabilities(RemoteCall *call, gconstpointer data, gpointer result,
                                       GError **error)
{
    const remote_connect_get_domain_capabilities_args *args = data;
    remote_connect_get_domain_capabilities_ret *ret = result;

    ret->capabilities = libxl_driver_connect_get_domain_capabilities(
        call->driver, get_optional(args->emulatorbin), get_optional(args->arch),
        get_optional(args->machine), get_optional(args->virttype), args->flags, error);
    return ret->capabilities != NULL;
}

bool
remote_connect_get_sysinfo(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_get_sysinfo_args *args = data;
    remote_connect_get_sysinfo_ret *ret = result;

    ret->sysinfo = libxl_driver_connect_get_sysinfo(call->driver, args->flags, error);
    return ret->sysinfo != NULL;
}

bool
remote_connect_compare_cpu(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_compare_cpu_args *args = data;
    remote_connect_compare_cpu_ret *ret = result;

    ret->result = libxl_driver_connect_compare_cpu(call->driver, args->xml, args->flags, error);
    return ret->result != VIR_CPU_COMPARE_ERROR;
}

bool
remote_connect_baseline_cpu(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_baseline_cpu_args *args = data;
    remote_connect_baseline_cpu_ret *ret = result;

    ret->cpu = libxl_driver_connect_baseline_cpu(call->driver,
                                                 (const char *const *)args->xmlCPUs.xmlCPUs_val,
                                                 args->xmlCPUs.xmlCPUs_len, args->flags, error);
    return ret->cpu != NULL;
}
