/* Any text that is a definition is a fixed point: printed, parsed and printed
 * again it is the same, and so is its copy.
 *
 * Corpus: tests/conf/domainconfdata.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/domain_conf.h"
#include "quiet.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check(const char *xml, unsigned parse_flags, unsigned format_flags)
{
    static const DomainParseDefaults defaults = {.arch = "x86_64"};
    g_autoptr(DomainDef) def = domain_def_parse_string(xml, &defaults, parse_flags, NULL);
    g_autoptr(DomainDef) again = NULL, copy = NULL;
    g_autofree char *first = NULL, *second = NULL, *third = NULL;

    if (!def)
        return;
    /* what a client sends is refused if it breaks a rule; what is on disk isn't */
    if (!domain_def_validate(def, NULL) && !(parse_flags & DOMAIN_PARSE_COMPLETE))
        return;
    first = domain_def_format(def, format_flags, NULL);
    again = domain_def_parse_string(first, &defaults, parse_flags, NULL);
    g_assert_nonnull(again);
    second = domain_def_format(again, format_flags, NULL);
    g_assert_cmpstr(first, ==, second);
    copy = domain_def_copy(def);
    third = domain_def_format(copy, format_flags, NULL);
    g_assert_cmpstr(first, ==, third);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *xml = g_strndup((const char *)data, size);

    check(xml, DOMAIN_PARSE_INACTIVE, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    check(xml, DOMAIN_PARSE_COMPLETE, VIR_DOMAIN_XML_SECURE);
    return 0;
}
