/* Definitions in, definitions out: one case for each file in domainconfdata.
 *
 *   NAME.xml        what a client defines
 *   NAME.out.xml    what comes back (inactive, with secrets): recorded from stock
 *                   libvirt's Xen driver
 *   NAME.err        instead of NAME.out.xml, what is refused: libvirt's error code
 *                   in the first line, and in the second what our message says
 *   ours-NAME.xml   an input for which stock prints what it would read differently;
 *                   its NAME.out.xml is what we print
 *   load-NAME.xml   what another driver may have left on disk: it is read and kept,
 *                   though no client could define it
 *   NAME.live.xml   a live definition, which is printed as it was read
 *   NAME.status.xml a status document, likewise
 *
 * Every definition that is accepted must also be a fixed point: printed, parsed
 * and printed again it is the same, and so is its deep copy.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "conf/domain_conf.h"
#include "util/error.h"

#define FORMAT_INACTIVE (VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE)

/* The host on which the outputs were recorded. */
static const DomainGuestKind guests[] = {
    {"xen", "x86_64"},    {"hvm", "x86_64"},  {"hvm", "i686"},
    {"xenpvh", "x86_64"}, {"xenpvh", "i686"}, {NULL, NULL},
};
static const DomainParseDefaults defaults = {.arch = "x86_64", .guests = guests};

static char *folder;

static char *
path_of(const char *name, const char *ending)
{
    return g_strdup_printf("%s/%s%s", folder, name, ending);
}

static char *
read_file(const char *name, const char *ending)
{
    g_autofree char *path = path_of(name, ending);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static bool
has_file(const char *name, const char *ending)
{
    g_autofree char *path = path_of(name, ending);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static char *
format(const DomainDef *def, unsigned flags)
{
    g_autoptr(GError) error = NULL;
    char *text = domain_def_format(def, flags, &error);

    g_assert_no_error(error);
    return text;
}

/* Prints what @xml is parsed to. */
static char *
round_trip(const char *xml, unsigned parse_flags, unsigned format_flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def = domain_def_parse_string(xml, &defaults, parse_flags, &error);

    g_assert_no_error(error);
    return def ? format(def, format_flags) : NULL;
}

static void
assert_fixed_point(const DomainDef *def, const char *printed)
{
    g_autoptr(DomainDef) copy = domain_def_copy(def);
    g_autofree char *of_copy = format(copy, FORMAT_INACTIVE);
    g_autofree char *again = round_trip(printed, DOMAIN_PARSE_INACTIVE, FORMAT_INACTIVE);
    g_autofree char *as_it_is =
        round_trip(printed, DOMAIN_PARSE_INACTIVE | DOMAIN_PARSE_COMPLETE, FORMAT_INACTIVE);

    g_assert_cmpstr(again, ==, printed);
    g_assert_cmpstr(as_it_is, ==, printed);
    g_assert_cmpstr(of_copy, ==, printed);
}

static void
assert_refused(const char *name, const GError *error)
{
    g_autofree char *text = read_file(name, ".err");
    g_auto(GStrv) lines = g_strsplit(text, "\n", 3);

    g_assert_nonnull(error);
    if (!error)
        return;
    g_test_message("%s", error->message);
    g_assert_cmpint(error->code, ==, atoi(lines[0]));
    g_assert_nonnull(strstr(error->message, lines[1]));
}

static void
test_definition(gconstpointer data)
{
    const char *name = data;
    g_autofree char *xml = read_file(name, ".xml");
    g_autofree char *printed = NULL, *expected = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def =
        domain_def_parse_string(xml, &defaults, DOMAIN_PARSE_INACTIVE, &error);

    if (has_file(name, ".err")) {
        g_assert_true(!def || !domain_def_validate(def, &error));
        assert_refused(name, error);
        return;
    }
    g_assert_no_error(error);
    if (!def)
        return;
    domain_def_validate(def, &error);
    g_assert_no_error(error);
    printed = format(def, FORMAT_INACTIVE);
    expected = read_file(name, ".out.xml");
    g_assert_cmpstr(printed, ==, expected);
    assert_fixed_point(def, printed);
}

/* What can't start any more is still there after a restart of the daemon. */
static void
test_load_from_disk(gconstpointer data)
{
    g_autofree char *xml = read_file(data, ".xml");
    g_autofree char *printed =
        round_trip(xml, DOMAIN_PARSE_INACTIVE | DOMAIN_PARSE_COMPLETE, FORMAT_INACTIVE);
    g_autofree char *again =
        round_trip(printed, DOMAIN_PARSE_INACTIVE | DOMAIN_PARSE_COMPLETE, FORMAT_INACTIVE);

    g_assert_cmpstr(again, ==, printed);
}

static void
test_live(gconstpointer data)
{
    g_autofree char *xml = read_file(data, ".live.xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def =
        domain_def_parse_string(xml, &defaults, DOMAIN_PARSE_COMPLETE, &error);
    g_autoptr(DomainDef) copy = NULL;
    g_autofree char *printed = NULL, *of_copy = NULL, *inactive = NULL, *expected = NULL;

    g_assert_no_error(error);
    if (!def)
        return;
    printed = format(def, VIR_DOMAIN_XML_SECURE);
    g_assert_cmpstr(printed, ==, xml);
    copy = domain_def_copy(def);
    of_copy = format(copy, VIR_DOMAIN_XML_SECURE);
    g_assert_cmpstr(of_copy, ==, xml);

    inactive = format(def, FORMAT_INACTIVE);
    expected = round_trip(xml, DOMAIN_PARSE_INACTIVE | DOMAIN_PARSE_COMPLETE, FORMAT_INACTIVE);
    g_assert_cmpstr(inactive, ==, expected);
}

static void
test_status(gconstpointer data)
{
    g_autofree char *xml = read_file(data, ".status.xml");
    g_autofree char *printed = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainStatus) status = domain_status_parse(xml, &defaults, &error);

    g_assert_no_error(error);
    printed = domain_status_format(status->def, status->state, status->reason, status->pid, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(printed, ==, xml);
}

static void
add(const char *kind, const char *file, const char *ending, GTestDataFunc test)
{
    char *name = g_strndup(file, strlen(file) - strlen(ending));
    g_autofree char *path = g_strdup_printf("/conf/%s/%s", kind, name);

    g_test_add_data_func_full(path, name, test, g_free);
}

static void
add_file(const char *file)
{
    if (g_str_has_suffix(file, ".live.xml"))
        add("live", file, ".live.xml", test_live);
    else if (g_str_has_suffix(file, ".status.xml"))
        add("status", file, ".status.xml", test_status);
    else if (g_str_has_prefix(file, "load-") && g_str_has_suffix(file, ".xml"))
        add("load", file, ".xml", test_load_from_disk);
    else if (g_str_has_suffix(file, ".xml") && !g_str_has_suffix(file, ".out.xml"))
        add("define", file, ".xml", test_definition);
}

int
main(int argc, char **argv)
{
    g_autoptr(GDir) directory = NULL;
    const char *file;
    int result;

    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    folder = g_test_build_filename(G_TEST_DIST, "domainconfdata", NULL);
    directory = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(directory);
    while ((file = g_dir_read_name(directory)))
        add_file(file);
    result = g_test_run();
    g_free(folder);
    return result;
}
