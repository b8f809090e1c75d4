/* Validation against libvirt's schema: what it says, and that all we print is valid
 * when what a client wrote was (domainconfdata, see domain_conf_test.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_schema.h"

#include <glib/gstdio.h>
#include <libvirt/virterror.h>
#include <string.h>

#include "util/error.h"

#define DOMAIN_XML(devices)                                                                        \
    "<domain type='xen'>\n<name>d</name>\n<memory>65536</memory>\n"                                \
    "<os><type arch='x86_64'>linux</type></os>\n<devices>\n" devices "\n</devices>\n</domain>"

static void
test_valid_definition_is_accepted(void)
{
    g_autoptr(DomainSchema) schema = domain_schema_new(DOMAIN_SCHEMA_PATH);
    g_autoptr(GError) error = NULL;

    g_assert_true(domain_schema_validate(schema, DOMAIN_XML("<console type='pty'/>"), &error));
    g_assert_no_error(error);
}

static void
test_element_is_named(void)
{
    g_autoptr(DomainSchema) schema = domain_schema_new(DOMAIN_SCHEMA_PATH);
    g_autoptr(GError) error = NULL;

    g_assert_false(domain_schema_validate(
        schema, "<domain type='xen'><name>d</name><memory>1</memory><nonsense/></domain>", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_XML_INVALID_SCHEMA);
    g_assert_nonnull(strstr(error->message, "nonsense"));
}

static void
test_first_bad_device_is_named(void)
{
    g_autoptr(DomainSchema) schema = domain_schema_new(DOMAIN_SCHEMA_PATH);
    g_autoptr(GError) error = NULL;

    g_assert_false(domain_schema_validate(schema,
                                          DOMAIN_XML("<console type='pty'/>\n"
                                                     "<interface type='user'/>\n"
                                                     "<interface type='nonsense'/>\n"
                                                     "<console type='pty'/>\n<disk/>"),
                                          &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_XML_INVALID_SCHEMA);
    g_assert_nonnull(strstr(error->message, "<interface> in line 8"));
}

static void
test_missing_schema_is_named(void)
{
    g_autoptr(DomainSchema) schema = domain_schema_new("/nowhere/domain.rng");
    g_autoptr(GError) error = NULL;

    g_assert_false(domain_schema_validate(schema, DOMAIN_XML(""), &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, "/nowhere/domain.rng"));
}

static void
test_broken_schema_is_an_error(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    g_autoptr(DomainSchema) schema = NULL;
    int fd = g_file_open_tmp("XXXXXX.rng", &path, &error);

    g_assert_no_error(error);
    g_close(fd, NULL);
    schema = domain_schema_new(path);
    g_assert_false(domain_schema_validate(schema, DOMAIN_XML(""), &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_remove(path);
}

/* --- what we print -------------------------------------------------------------- */

/* Stock libvirt's order of <source>'s children is not its schema's. */
#define STOCK_IS_NOT_VALID "channel-unix-reconnect.xml"

static bool
is_valid_file(DomainSchema *schema, const char *path, GError **error)
{
    g_autofree char *xml = NULL;

    g_assert_true(g_file_get_contents(path, &xml, NULL, NULL));
    return domain_schema_validate(schema, xml, error);
}

/* Whether there is an output of the input at @path, and so a definition. */
static bool
has_output(const char *path, char **output)
{
    g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".xml"));

    *output = g_strconcat(stem, ".out.xml", NULL);
    return g_file_test(*output, G_FILE_TEST_EXISTS);
}

static void
test_valid_input_gives_valid_output(void)
{
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "domainconfdata", NULL);
    g_autoptr(DomainSchema) schema = domain_schema_new(DOMAIN_SCHEMA_PATH);
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    const char *name;
    unsigned n_valid = 0;

    g_assert_nonnull(directory);
    while ((name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *output = NULL;
        g_autoptr(GError) error = NULL;

        if (strcmp(name, STOCK_IS_NOT_VALID) == 0 || !g_str_has_suffix(name, ".xml") ||
            !has_output(path, &output) || !is_valid_file(schema, path, NULL))
            continue;
        n_valid++;
        if (!is_valid_file(schema, output, &error))
            g_test_message("%s: %s", output, error->message);
        g_assert_no_error(error);
    }
    g_assert_cmpuint(n_valid, >, 300);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain_schema/valid", test_valid_definition_is_accepted);
    g_test_add_func("/domain_schema/element", test_element_is_named);
    g_test_add_func("/domain_schema/device", test_first_bad_device_is_named);
    g_test_add_func("/domain_schema/missing", test_missing_schema_is_named);
    g_test_add_func("/domain_schema/broken", test_broken_schema_is_an_error);
    g_test_add_func("/domain_schema/outputs", test_valid_input_gives_valid_output);
    return g_test_run();
}
