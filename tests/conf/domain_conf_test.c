/* Definitions in, definitions out: one case for each file in domainconfdata, and in
 * libxlxml2domconfigdata (see there for its records).
 *
 * In domainconfdata:
 *
 *   NAME.xml        what a client defines
 *   NAME.out.xml    what comes back (inactive, with secrets): recorded from stock
 *                   libvirt's Xen driver
 *   NAME.err        instead of NAME.out.xml, what is refused: libvirt's error code
 *                   in the first line, and in the second what our message says
 *   NAME.log        what is logged when it is read; nothing, if there is no such file
 *   ours-NAME.xml   an input for which stock prints what it would read differently;
 *                   its NAME.out.xml is what we print
 *   twice-NAME.xml  elements that are there twice; libvirt's test driver was asked
 *   load-NAME.xml   what another driver may have left on disk: it is read and kept,
 *                   though no client could define it
 *   NAME.live.xml   a live definition, which is printed as it was read
 *   NAME.status.xml a status document, likewise
 *
 * With VIRTXL_TEST_REGENERATE set, writes what is ours in libxlxml2domconfigdata instead of
 * comparing it.
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

/* What was logged since the test began. */
static GString *logged;

static GLogWriterOutput
write_log(GLogLevelFlags level G_GNUC_UNUSED, const GLogField *fields, gsize n_fields,
          gpointer data G_GNUC_UNUSED)
{
    for (gsize i = 0; i < n_fields; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            g_string_append_printf(logged, "%s\n", (const char *)fields[i].value);
    }
    return G_LOG_WRITER_HANDLED;
}

/* NAME of a test is a path without its ending, in one of the two folders. */
static char *
path_of(const char *name, const char *ending)
{
    return g_strconcat(name, ending, NULL);
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
assert_logged(const char *name)
{
    g_autofree char *expected = has_file(name, ".log") ? read_file(name, ".log") : g_strdup("");

    g_assert_cmpstr(logged->str, ==, expected);
}

static void
test_definition(gconstpointer data)
{
    const char *name = data;
    g_autofree char *xml = read_file(name, ".xml");
    g_autofree char *printed = NULL, *expected = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def = NULL;

    g_string_truncate(logged, 0);
    def = domain_def_parse_string(xml, &defaults, DOMAIN_PARSE_INACTIVE, &error);
    assert_logged(name);
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

/* --- beside what stock libvirt recorded ------------------------------------------------- */

/* Compares with NAME.ours.xml, or else with the record. What is ours and equals the record
 * is a mistake. */
static void
check_record(const char *name, const char *record, const char *printed)
{
    g_autofree char *stock = has_file(record, ".out.xml") ? read_file(record, ".out.xml") : NULL;
    g_autofree char *ours = has_file(name, ".ours.xml") ? read_file(name, ".ours.xml") : NULL;

    if (g_getenv("VIRTXL_TEST_REGENERATE")) {
        g_autofree char *path = path_of(name, ".ours.xml");

        if (g_strcmp0(printed, stock) != 0)
            g_assert_true(g_file_set_contents(path, printed, -1, NULL));
        return;
    }
    g_assert_cmpstr(ours, !=, stock);
    g_assert_cmpstr(printed, ==, ours ? ours : stock);
}

static void
test_record(gconstpointer data)
{
    const char *name = data;
    g_autofree char *folder = g_path_get_dirname(name);
    g_autofree char *base = g_path_get_basename(name);
    g_autofree char *record = g_build_filename(folder, "recorded", base, NULL);
    g_autofree char *xml = read_file(name, ".xml");
    g_autofree char *printed = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def =
        domain_def_parse_string(xml, &defaults, DOMAIN_PARSE_INACTIVE, &error);

    if (def)
        domain_def_validate(def, &error);
    if (error) {
        g_autofree char *refusal = read_file(name, ".err");

        g_assert_error(error, VIRTXL_ERROR, atoi(refusal));
        return;
    }
    printed = format(def, FORMAT_INACTIVE);
    check_record(name, record, printed);
    assert_fixed_point(def, printed);
}

/* --- what is on disk ------------------------------------------------------------------------ */

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
    printed = domain_status_format(status->def, status->state, status->reason, status->pid,
                                   status->agent_timeout, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(printed, ==, xml);
}

typedef struct {
    const char *ending; /* of the file that there is a test for */
    const char *prefix; /* of its name */
    const char *kind;   /* of the test; NULL: there is none */
    GTestDataFunc test;
} FileTest;

/* The first that fits counts. */
static const FileTest definitions[] = {
    {".live.xml", "", "live", test_live},
    {".status.xml", "", "status", test_status},
    {".out.xml", "", NULL, NULL},
    {".xml", "load-", "load", test_load_from_disk},
    {".xml", "", "define", test_definition},
    {NULL, NULL, NULL, NULL},
};

static const FileTest records[] = {
    {".ours.xml", "", NULL, NULL},
    {".xml", "", "record", test_record},
    {NULL, NULL, NULL, NULL},
};

static void
add_file(const char *folder, const char *file, const FileTest *tests)
{
    g_autofree char *stem = NULL;
    g_autofree char *path = NULL;

    while (tests->ending &&
           !(g_str_has_suffix(file, tests->ending) && g_str_has_prefix(file, tests->prefix)))
        tests++;
    if (!tests->kind)
        return;
    stem = g_strndup(file, strlen(file) - strlen(tests->ending));
    path = g_strdup_printf("/conf/%s/%s", tests->kind, stem);
    g_test_add_data_func_full(path, g_build_filename(folder, stem, NULL), tests->test, g_free);
}

static void
add_folder(const char *name, const FileTest *tests)
{
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, name, NULL);
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    const char *file;

    g_assert_nonnull(directory);
    while ((file = g_dir_read_name(directory)))
        add_file(folder, file, tests);
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    logged = g_string_new(NULL);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    g_log_set_writer_func(write_log, NULL, NULL);
    add_folder("domainconfdata", definitions);
    add_folder("../libxlxml2domconfigdata", records);
    status = g_test_run();
    g_string_free(logged, TRUE);
    return status;
}
