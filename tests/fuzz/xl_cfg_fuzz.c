/* Any text that is read as xl.cfg is a definition that can be written as xl.cfg and read
 * again, and is written the same then, unless xl.cfg has no word for something in it.
 *
 * Corpus: tests/xlconfigdata.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/xen_xl.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
const char *__lsan_default_suppressions(void);

/* libxlutil's grammar forgets the values that it has when it comes upon an error. */
const char *
__lsan_default_suppressions(void)
{
    return "leak:xlu__cfg_string_mk\nleak:xlu__cfg_list_mk\nleak:xlu__cfgl_dequote\n"
           "leak:xlu__cfgl_strdup\nleak:xlu__cfg_list_append\n";
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static const DomainParseDefaults defaults = {.arch = "x86_64"};
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GPtrArray) ignored = NULL, unsaid = NULL;
    g_autoptr(DomainDef) def = xen_xl_parse(text, &defaults, &ignored, NULL);
    g_autoptr(DomainDef) again = NULL;
    g_autofree char *config = NULL, *second = NULL;

    if (!def)
        return 0;
    g_assert_nonnull(ignored);
    config = xen_xl_format(def, &unsaid, NULL);
    if (!config)
        return 0;
    again = xen_xl_parse(config, &defaults, NULL, NULL);
    g_assert_nonnull(again);
    if (unsaid->len > 0)
        return 0;
    second = xen_xl_format(again, NULL, NULL);
    g_assert_cmpstr(second, ==, config);
    return 0;
}
