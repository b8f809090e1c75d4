/* Definitions and what libxl gets of them.
 *
 * Walks tests/libxlxml2domconfigdata. NAME.xml is a definition; it is read as for
 * a start, its channels get device ids and paths as the driver gives them, and
 * it is mapped. Beside it is either NAME.json, the libxl_domain_config in libxl's
 * own JSON, or NAME.err: a line with the code of the error, and one with a part
 * of its message. That is with channel_backend = "libxl"; what comes out with
 * "virtxl" is in NAME.virtxl.json, if it is there. NAME.ours.cfg is the definition
 * as xl.cfg, if it can be.
 *
 * With VIRTXL_TEST_REGENERATE set, writes what comes out instead of comparing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_conf.h"

#include "beside.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "libxl/libxl_channel_source.h"
#include "libxl/xen_xl.h"
#include "util/error.h"
#include "util/uuid.h"

#define VIRTXL_ENDING ".virtxl.json"
#define XL_ENDING     ".ours.cfg"

static char *
data_directory(void)
{
    return g_test_build_filename(G_TEST_DIST, "..", "libxlxml2domconfigdata", NULL);
}

/* What libxl_channels_prepare() does to a definition, without looking at the
 * host. */
static void
prepare_channels(DomainDef *def, LibxlChannelBackend backend)
{
    char uuid[UUID_STRING_SIZE];

    uuid_format(def->uuid, uuid);
    for (guint i = 0; i < def->channels->len; i++) {
        DomainChrDef *channel = def->channels->pdata[i];

        channel->devid = i + 1;
        channel->ours = libxl_channel_source_is_ours(channel, backend);
        if (!channel->info.alias)
            channel->info.alias = g_strdup_printf("channel%u", i);
        if (channel->source->type == DOMAIN_CHR_SOURCE_UNIX && !channel->source->path) {
            channel->source->listen = true;
            channel->source->path =
                g_strdup_printf("/run/libvirt/libxl/channel/%s/%s", uuid, channel->target_name);
        }
    }
}

/* The JSON of the definition at @path, or NULL. */
static char *
map_file(const char *path, LibxlChannelBackend backend, GError **error)
{
    g_autoptr(DomainDef) def = domain_def_parse_file(path, NULL, DOMAIN_PARSE_INACTIVE, error);
    libxl_domain_config config;
    char *json = NULL;

    if (!def || !domain_def_validate(def, error))
        return NULL;
    prepare_channels(def, backend);
    libxl_domain_config_init(&config);
    if (libxl_build_domain_config(def, &config, error))
        json = libxl_domain_config_to_json(NULL, &config);
    libxl_domain_config_dispose(&config);
    return json;
}

static void
assert_same_json(const char *actual, const char *expected)
{
    json_object *left = json_tokener_parse(actual);
    json_object *right = json_tokener_parse(expected);

    g_assert_nonnull(left);
    g_assert_nonnull(right);
    if (!json_object_equal(left, right))
        /* Fails with the two texts. */
        g_assert_cmpstr(json_object_to_json_string_ext(left, JSON_C_TO_STRING_PRETTY), ==,
                        json_object_to_json_string_ext(right, JSON_C_TO_STRING_PRETTY));
    json_object_put(left);
    json_object_put(right);
}

static void
assert_error(const GError *error, const char *expected)
{
    g_auto(GStrv) lines = g_strsplit(expected, "\n", -1);

    g_assert_cmpuint(g_strv_length(lines), >=, 2);
    g_assert_error(error, VIRTXL_ERROR, atoi(lines[0]));
    if (!strstr(error->message, lines[1]))
        g_error("'%s' is not in the message '%s'", lines[1], error->message);
}

static void
write_result(const char *path, const char *ending, const char *json, const GError *error)
{
    g_autofree char *text = NULL;

    if (json) {
        json_object *object = json_tokener_parse(json);

        text = g_strdup_printf(
            "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
                                                               JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(object);
    } else {
        text = g_strdup_printf("%d\n%s\n", error->code, error->message);
    }
    beside_write(path, json ? ending : ".err", text);
}

static void
test_file(gconstpointer data)
{
    const char *path = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *actual = map_file(path, LIBXL_CHANNEL_BACKEND_LIBXL, &error);
    g_autofree char *json = beside_read(path, ".json");
    g_autofree char *refusal = beside_read(path, ".err");

    if (g_getenv("VIRTXL_TEST_REGENERATE")) {
        write_result(path, ".json", actual, error);
        return;
    }
    /* One of the two, not both. */
    g_assert_true((json != NULL) != (refusal != NULL));
    if (refusal) {
        g_assert_null(actual);
        assert_error(error, refusal);
    } else {
        g_assert_no_error(error);
        assert_same_json(actual, json);
    }
}

static void
test_file_virtxl(gconstpointer data)
{
    const char *path = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *actual = map_file(path, LIBXL_CHANNEL_BACKEND_VIRTXL, &error);
    g_autofree char *json = beside_read(path, VIRTXL_ENDING);

    g_assert_no_error(error);
    if (g_getenv("VIRTXL_TEST_REGENERATE"))
        write_result(path, VIRTXL_ENDING, actual, error);
    else
        assert_same_json(actual, json);
}

static void
test_file_xl(gconstpointer data)
{
    const char *path = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(DomainDef) def = domain_def_parse_file(path, NULL, DOMAIN_PARSE_INACTIVE, &error);
    g_autofree char *actual = def ? xen_xl_format(def, NULL, &error) : NULL;
    g_autofree char *config = beside_read(path, XL_ENDING);

    if (g_getenv("VIRTXL_TEST_REGENERATE")) {
        g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".xml"));
        g_autofree char *beside = g_strconcat(stem, XL_ENDING, NULL);

        if (actual)
            g_assert_true(g_file_set_contents(beside, actual, -1, NULL));
        return;
    }
    g_assert_cmpstr(actual, ==, config);
}

static void
add_file(const char *kind, const char *path, GTestDataFunc func)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *test =
        g_strdup_printf("/libxl/%s/%.*s", kind, (int)(strlen(name) - strlen(".xml")), name);

    g_test_add_data_func_full(test, g_strdup(path), func, g_free);
}

static void
add_files(void)
{
    g_autofree char *directory = data_directory();
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_autofree char *virtxl = NULL;

        if (!g_str_has_suffix(name, ".xml") || g_str_has_suffix(name, ".ours.xml"))
            continue;
        add_file("conf", path, test_file);
        add_file("xl", path, test_file_xl);
        virtxl = beside_read(path, VIRTXL_ENDING);
        if (virtxl)
            add_file("conf-virtxl", path, test_file_virtxl);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_files();
    return g_test_run();
}
