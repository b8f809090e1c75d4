/* Definitions in the words of Xen's own tools: see libxl_driver.h.
 *
 * What one of the two languages can't say is told in the log, setting by setting.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define G_LOG_DOMAIN "virtxl-driver"

#include <string.h>

#include "libxl/libxl_driver_state.h"
#include "libxl/xen_xl.h"
#include "util/error.h"
#include "util/i18n.h"

#define XL_FORMAT "xen-xl"

static bool
check_call(const char *format, guint flags, const char *call, GError **error)
{
    if (!libxl_driver_check_flags(flags, 0, call, error))
        return false;
    return strcmp(format, XL_FORMAT) == 0 ||
           virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unsupported config type %s"), format);
}

/* One line for all: a client decides how many there are. */
static void
warn(const DomainDef *def, const char *text, const GPtrArray *ignored)
{
    g_autoptr(GString) names = g_string_new(NULL);

    if (ignored->len == 0)
        return;
    for (guint i = 0; i < ignored->len; i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "", (const char *)ignored->pdata[i]);
    g_warning("domain '%s': %s: %s", def->name, text, names->str);
}

char *
libxl_driver_connect_domain_xml_from_native(LibxlDriver *driver, const char *format,
                                            const char *config, guint flags, GError **error)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(driver);
    g_autoptr(GPtrArray) ignored = NULL;
    g_autoptr(DomainDef) def = NULL;

    if (!check_call(format, flags, "virConnectDomainXMLFromNative", error))
        return NULL;
    def = xen_xl_parse(config, &defaults, &ignored, error);
    if (!def)
        return NULL;
    warn(def, "settings of xl.cfg that a definition has no word for", ignored);
    return domain_def_format(def, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE, error);
}

char *
libxl_driver_connect_domain_xml_to_native(LibxlDriver *driver, const char *format, const char *xml,
                                          guint flags, GError **error)
{
    DomainParseDefaults defaults = libxl_driver_parse_defaults(driver);
    g_autoptr(GPtrArray) ignored = NULL;
    g_autoptr(DomainDef) def = NULL;
    char *config;

    if (!check_call(format, flags, "virConnectDomainXMLToNative", error))
        return NULL;
    def = domain_def_parse_string(xml, &defaults, DOMAIN_PARSE_INACTIVE, error);
    if (!def || !domain_def_validate(def, error))
        return NULL;
    config = xen_xl_format(def, &ignored, error);
    if (config)
        warn(def, "elements that xl.cfg has no setting for", ignored);
    return config;
}
