/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/error.h"

#include "util/i18n.h"

#undef virtxl_error_set

G_DEFINE_QUARK(virtxl - error, virtxl_error)

bool
virtxl_error_set(GError **error, virErrorNumber code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (error && !*error)
        *error = g_error_new_valist(VIRTXL_ERROR, code, format, args);
    va_end(args);
    return false;
}

/* The short texts that clients show and match on, by code. A code without a
 * row shows its detail alone. */
static const struct {
    virErrorNumber code;
    const char *text;
} error_texts[] = {
    {VIR_ERR_INTERNAL_ERROR, N_("internal error")},
    {VIR_ERR_NO_MEMORY, N_("out of memory")},
    {VIR_ERR_NO_SUPPORT, N_("this function is not supported by the connection driver")},
    {VIR_ERR_INVALID_ARG, N_("invalid argument")},
    {VIR_ERR_OPERATION_FAILED, N_("operation failed")},
    {VIR_ERR_XML_ERROR, N_("XML error")},
    {VIR_ERR_OS_TYPE, N_("unknown OS type")},
    {VIR_ERR_RPC, N_("RPC error")},
    {VIR_ERR_AUTH_FAILED, N_("authentication failed")},
    {VIR_ERR_AUTH_CANCELLED, N_("authentication cancelled")},
    {VIR_ERR_AUTH_UNAVAILABLE, N_("authentication unavailable")},
    {VIR_ERR_NO_DOMAIN, N_("Domain not found")},
    {VIR_ERR_DOM_EXIST, N_("this domain exists already")},
    {VIR_ERR_OPERATION_DENIED, N_("operation forbidden")},
    {VIR_ERR_OPERATION_INVALID, N_("Requested operation is not valid")},
    {VIR_ERR_OPERATION_TIMEOUT, N_("Timed out during operation")},
    {VIR_ERR_OPERATION_UNSUPPORTED, N_("Operation not supported")},
    {VIR_ERR_ARGUMENT_UNSUPPORTED, N_("argument unsupported")},
    {VIR_ERR_AGENT_UNRESPONSIVE, N_("Guest agent is not responding")},
    {VIR_ERR_CONFIG_UNSUPPORTED, N_("unsupported configuration")},
    {VIR_ERR_ACCESS_DENIED, N_("access denied")},
    {VIR_ERR_XML_INVALID_SCHEMA, N_("XML document failed to validate against schema")},
    {VIR_ERR_RESOURCE_BUSY, N_("resource busy")},
    {VIR_ERR_HOOK_SCRIPT_FAILED, N_("Hook script execution failed")},
    {VIR_ERR_NO_CONNECT, N_("no connection driver available")},
    {VIR_ERR_NO_DOMAIN_METADATA, N_("metadata not found")},
    {VIR_ERR_NO_NODE_DEVICE, N_("Node device not found")},
    {VIR_ERR_NO_STORAGE_VOL, N_("Storage volume not found")},
    {VIR_ERR_DEVICE_MISSING, N_("device not found")},
    {VIR_ERR_OVERFLOW, N_("numerical overflow")},
    {VIR_ERR_OPERATION_ABORTED, N_("operation aborted")},
    {VIR_ERR_CPU_INCOMPATIBLE, N_("the CPU is incompatible with host CPU")},
    {VIR_ERR_CONF_SYNTAX, N_("configuration file syntax error")},
};

char *
virtxl_error_format_message(virErrorNumber code, const char *detail)
{
    for (gsize i = 0; i < G_N_ELEMENTS(error_texts); i++) {
        if (error_texts[i].code == code)
            return g_strdup_printf("%s: %s", _(error_texts[i].text), detail);
    }
    return g_strdup(detail);
}
