/* Any text that is read as xl.cfg is a definition that can be written as xl.cfg and read
 * again, and is the same then; unless a device has a value that xl.cfg can't say.
 *
 * Corpus: tests/xlconfigdata.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/xen_xl.h"

#define FORMAT_FLAGS (VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE)

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static const DomainParseDefaults defaults = {.arch = "x86_64"};
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GPtrArray) ignored = NULL;
    g_autoptr(DomainDef) def = xen_xl_parse(text, &defaults, &ignored, NULL);
    g_autoptr(DomainDef) again = NULL;
    g_autofree char *config = NULL, *xml = NULL, *second = NULL;

    if (!def)
        return 0;
    g_assert_nonnull(ignored);
    config = xen_xl_format(def, NULL, NULL);
    if (!config)
        return 0;
    again = xen_xl_parse(config, &defaults, NULL, NULL);
    g_assert_nonnull(again);
    xml = domain_def_format(def, FORMAT_FLAGS, NULL);
    second = domain_def_format(again, FORMAT_FLAGS, NULL);
    g_assert_cmpstr(second, ==, xml);
    return 0;
}
