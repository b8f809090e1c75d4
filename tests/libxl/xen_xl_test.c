/* xl.cfg and the definitions that it is.
 *
 * Walks tests/xlconfigdata; its README.md says what is recorded there. For each NAME.cfg
 * there is NAME.xml, the definition that libvirt's own driver makes of it, and
 * NAME.out.cfg, what that is in xl.cfg; or NAME.err, the code of the error. Where we
 * differ on purpose, NAME.ours.xml, NAME.ours.cfg or NAME.ours.err is what we say. NAME.ignored
 * lists what is told to have no meaning here.
 *
 * Reads the xl.cfg that is recorded in tests/libxlxml2domconfigdata, too: NAME.back.xml there
 * is what libvirt's driver makes of its own words. What we make of them, if that is something
 * else, is in the folder "back" there.
 *
 * With VIRTXL_TEST_REGENERATE set, writes what is ours instead of comparing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/xen_xl.h"

#include "beside.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"

#define FORMAT_FLAGS (VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE)
#define MEBIBYTE     (1024 * 1024)

static const DomainParseDefaults defaults = {.arch = "x86_64"};

static char *
data_directory(const char *name)
{
    return g_test_build_filename(G_TEST_DIST, "..", name, NULL);
}

/* --- fixtures --------------------------------------------------------------------- */

static int
compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines sorted: the order of settings means nothing. NULL of NULL. */
static char *
sort_lines(const char *text)
{
    g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;

    if (lines)
        qsort(lines, g_strv_length(lines), sizeof(*lines), compare_lines);
    return lines ? g_strjoinv("\n", lines) : NULL;
}

static char *
join_names(const GPtrArray *names)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s\n", (const char *)names->pdata[i]);
    return g_string_free(text, FALSE);
}

/* Compares with what is ours, or else with the record. What is ours and equals the record
 * is a mistake. */
static void
check_text(const char *path, const char *text, const char *record, const char *ours)
{
    bool is_config = g_str_has_suffix(record, ".cfg");
    g_autofree char *recorded = beside_read(path, record);
    g_autofree char *special = beside_read(path, ours);
    g_autofree char *expected = is_config ? sort_lines(recorded) : g_strdup(recorded);
    g_autofree char *wanted = is_config ? sort_lines(special) : g_strdup(special);
    g_autofree char *actual = is_config ? sort_lines(text) : g_strdup(text);

    if (g_getenv("VIRTXL_TEST_REGENERATE")) {
        if (g_strcmp0(actual, expected) != 0)
            beside_write(path, ours, text);
        return;
    }
    if (special)
        g_assert_cmpstr(wanted, !=, expected);
    g_assert_cmpstr(actual, ==, special ? wanted : expected);
}

static void
check_refusal(const char *path, const GError *error)
{
    g_autofree char *record = beside_read(path, ".err");
    g_autofree char *ours = beside_read(path, ".ours.err");
    g_auto(GStrv) lines = NULL;

    g_assert_true(error->domain == VIRTXL_ERROR);
    if (g_getenv("VIRTXL_TEST_REGENERATE")) {
        g_autofree char *text =
            g_strdup_printf("conversion\n%d\n%s\n", error->code, error->message);
        g_auto(GStrv) stock = g_strsplit(record ? record : "\n0", "\n", -1);

        if (atoi(stock[1]) != error->code)
            beside_write(path, ".ours.err", text);
        return;
    }
    if (!ours && !record)
        g_error("refused: %s", error->message);
    lines = g_strsplit(ours ? ours : record, "\n", -1);
    g_assert_cmpint(error->code, ==, atoi(lines[1]));
}

/* What was written is read, with nothing ignored, and written the same again. */
static void
check_read_again(const char *config)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ignored = NULL;
    g_autoptr(DomainDef) def = xen_xl_parse(config, &defaults, &ignored, &error);
    g_autofree char *again = NULL;

    g_assert_no_error(error);
    if (ignored->len > 0)
        g_error("ignored: %s", (const char *)ignored->pdata[0]);
    again = xen_xl_format(def, NULL, &error);
    g_assert_cmpstr(again, ==, config);
}

static void
check_written(const char *path, const DomainDef *def)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ignored = NULL;
    g_autofree char *config = xen_xl_format(def, &ignored, &error);

    g_assert_no_error(error);
    if (ignored->len > 0)
        g_error("can't be said: %s", (const char *)ignored->pdata[0]);
    check_text(path, config, ".out.cfg", ".ours.cfg");
    check_read_again(config);
}

static void
test_file(gconstpointer data)
{
    const char *path = data;
    g_autofree char *text = beside_read(path, ".cfg");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ignored = NULL;
    g_autoptr(DomainDef) def = xen_xl_parse(text, &defaults, &ignored, &error);
    g_autofree char *xml = NULL;
    g_autofree char *names = NULL;
    g_autofree char *expected_names = beside_read(path, ".ignored");

    if (!def) {
        check_refusal(path, error);
        return;
    }
    xml = domain_def_format(def, FORMAT_FLAGS, &error);
    g_assert_no_error(error);
    check_text(path, xml, ".xml", ".ours.xml");
    names = join_names(ignored);
    if (g_getenv("VIRTXL_TEST_REGENERATE") && *names)
        beside_write(path, ".ignored", names);
    else
        g_assert_cmpstr(names, ==, expected_names ? expected_names : "");
    check_written(path, def);
}

/* What libvirt wrote is read as libvirt reads it. An .err has the code of our error. */
static void
test_record(gconstpointer data)
{
    const char *path = data;
    g_autofree char *text = beside_read(path, ".cfg");
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *ours = g_build_filename(folder, "..", "back", name, NULL);
    g_autofree char *stock = beside_read(path, ".back.xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def = xen_xl_parse(text, &defaults, NULL, &error);
    g_autofree char *made =
        def ? domain_def_format(def, FORMAT_FLAGS, &error) : g_strdup_printf("%d\n", error->code);
    const char *ending = def ? ".xml" : ".err";
    g_autofree char *special = beside_read(ours, ending);

    if (g_getenv("VIRTXL_TEST_REGENERATE")) {
        if (g_strcmp0(made, stock) != 0)
            beside_write(ours, ending, made);
        return;
    }
    g_assert_cmpstr(special, !=, stock);
    g_assert_cmpstr(made, ==, special ? special : stock);
}

/* A test of NAME.cfg for each NAME with @ending in @folder. */
static void
add_files(const char *folder, const char *ending, const char *kind, GTestDataFunc function)
{
    g_autofree char *directory = data_directory(folder);
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *stem = g_strndup(name, strcspn(name, "."));
        g_autofree char *test = g_strdup_printf("/xen_xl/%s/%s", kind, stem);
        g_autofree char *file = g_strconcat(stem, ".cfg", NULL);

        if (g_strcmp0(name + strlen(stem), ending) == 0)
            g_test_add_data_func_full(test, g_build_filename(directory, file, NULL), function,
                                      g_free);
    }
}

/* --- what is no file --------------------------------------------------------------- */

static void
assert_refused(const char *text, int code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def = xen_xl_parse(text, &defaults, NULL, &error);

    g_assert_null(def);
    g_assert_error(error, VIRTXL_ERROR, code);
}

static void
test_line_of_a_mebibyte_is_no_syntax(void)
{
    g_autofree char *line = g_strnfill(MEBIBYTE, 'a');

    assert_refused(line, VIR_ERR_CONF_SYNTAX);
}

static void
test_value_of_a_mebibyte_is_kept(void)
{
    g_autofree char *value = g_strnfill(MEBIBYTE, 'a');
    g_autofree char *text = g_strdup_printf("name = \"a\"\nkernel = \"/k\"\nmemory = 64\n"
                                            "cmdline = \"%s\"\n",
                                            value);
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def = xen_xl_parse(text, &defaults, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(def->os.cmdline, ==, value);
}

static void
test_control_character_is_refused(void)
{
    assert_refused("name = \"a\001b\"\n", VIR_ERR_CONF_SYNTAX);
    assert_refused("name = \"a\\x01b\"\nkernel = \"/k\"\nmemory = 64\n", VIR_ERR_CONF_SYNTAX);
    assert_refused("name = \"a\xff\"\n", VIR_ERR_CONF_SYNTAX);
}

/* Every definition that the parser's own fixtures have can be written, and what is written
 * can be read. */
static void
test_every_definition_can_be_written(void)
{
    g_autofree char *directory = data_directory("conf/domainconfdata");
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;
    guint count = 0;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(DomainDef) def = NULL, again = NULL;
        g_autofree char *config = NULL;

        if (!g_str_has_suffix(name, ".out.xml"))
            continue;
        def = domain_def_parse_file(path, &defaults, DOMAIN_PARSE_INACTIVE, &error);
        g_assert_no_error(error);
        config = xen_xl_format(def, NULL, &error);
        g_assert_no_error(error);
        again = xen_xl_parse(config, &defaults, NULL, &error);
        if (error)
            g_error("%s: %s\n%s", name, error->message, config);
        count++;
    }
    g_assert_cmpuint(count, >, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_files("xlconfigdata", ".cfg", "file", test_file);
    add_files("libxlxml2domconfigdata/recorded", ".back.xml", "record", test_record);
    g_test_add_func("/xen_xl/line_of_a_mebibyte", test_line_of_a_mebibyte_is_no_syntax);
    g_test_add_func("/xen_xl/value_of_a_mebibyte", test_value_of_a_mebibyte_is_kept);
    g_test_add_func("/xen_xl/control_character", test_control_character_is_refused);
    g_test_add_func("/xen_xl/every_definition", test_every_definition_can_be_written);
    return g_test_run();
}
