/* CPU models: what is read of a database, and how CPUs compare. That the results for libvirt's
 * own database are libvirt's, tests/daemon/cpu_test.py shows.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/cpu_model.h"

#include <glib/gstdio.h>
#include <string.h>

#include "util/error.h"

static const struct {
    const char *name;
    const char *text;
} files[] = {
    {"index.xml", "<cpus><arch name='ppc64'><include filename='nowhere.xml'/></arch>"
                  "<arch name='x86'><include filename='features.xml'/>"
                  "<group name='All'><include filename='old.xml'/><include filename='new.xml'/>"
                  "<include filename='hidden.xml'/></group></arch></cpus>"},
    {"features.xml",
     "<cpus><feature name='a'><cpuid eax_in='0x01' edx='0x00000001'/></feature>"
     "<feature name='b'><cpuid eax_in='0x07' ecx_in='0x00' ebx='0x00000006'/></feature>"
     "<feature name='c' migratable='no'><cpuid eax_in='0x01' ecx='0x80000000'/></feature>"
     "<feature name='elsewhere'><msr index='0x10a' eax='0x1'/></feature></cpus>"},
    {"old.xml", "<cpus><model name='Old'><decode host='on' guest='on'/><vendor name='V'/>"
                "<feature name='a'/></model></cpus>"},
    {"new.xml", "<cpus><model name='New'><model name='Old'/><decode host='on' guest='on'/>"
                "<feature name='b'/><feature name='nonsense'/></model></cpus>"},
    {"hidden.xml", "<cpus><model name='Hidden'><model name='New'/><decode host='off' guest='off'/>"
                   "<feature name='c'/></model></cpus>"},
};

static char *
make_database(void)
{
    char *directory = g_dir_make_tmp("virtxl-cpu-XXXXXX", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(directory, files[i].name, NULL);

        g_assert_true(g_file_set_contents(path, files[i].text, -1, NULL));
    }
    return directory;
}

static void
remove_database(const char *directory)
{
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(directory, files[i].name, NULL);

        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static CpuMap *
load(void)
{
    g_autofree char *directory = make_database();
    g_autoptr(GError) error = NULL;
    CpuMap *map = cpu_map_load(directory, &error);

    g_assert_no_error(error);
    remove_database(directory);
    return map;
}

/* A host that shows @edx and @ecx of leaf 1, and @ebx of leaf 7. */
static CpuHost *
make_host(guint32 edx, guint32 ecx, guint32 ebx)
{
    const CpuidWord words[] = {
        {.leaf = 1, .reg = CPUID_EDX, .value = edx},
        {.leaf = 1, .reg = CPUID_ECX, .value = ecx},
        {.leaf = 7, .reg = CPUID_EBX, .value = ebx},
    };

    return cpu_host_new(load(), words, G_N_ELEMENTS(words));
}

static void
test_model_has_features_of_the_one_it_begins_with(void)
{
    g_autoptr(CpuMap) map = load();
    const CpuModel *model = cpu_map_find_model(map, "New");

    g_assert_cmpuint(map->features->len, ==, 4);
    g_assert_cmpuint(map->models->len, ==, 3);
    g_assert_nonnull(model);
    g_assert_cmpstr(model->vendor, ==, "V");
    g_assert_true(cpu_features_has(&model->features, 0));
    g_assert_true(cpu_features_has(&model->features, 1));
    g_assert_cmpuint(cpu_features_count(&model->features), ==, 2);
}

static void
test_database_that_is_not_there_is_named(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(cpu_map_load("/nowhere/cpu_map", &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, "/nowhere/cpu_map"));
}

static void
test_file_that_is_missing_is_named(void)
{
    g_autofree char *directory = make_database();
    g_autofree char *path = g_build_filename(directory, "new.xml", NULL);
    g_autoptr(GError) error = NULL;

    g_unlink(path);
    g_assert_null(cpu_map_load(directory, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, "new.xml"));
    remove_database(directory);
}

static void
test_feature_needs_all_its_bits(void)
{
    g_autoptr(CpuHost) half = make_host(1, 0, 2);
    g_autoptr(CpuHost) whole = make_host(1, 0, 6);

    g_assert_false(cpu_host_has(half, "b"));
    g_assert_cmpstr(half->model->name, ==, "Old");
    g_assert_true(cpu_host_has(whole, "b"));
    g_assert_cmpstr(whole->model->name, ==, "New");
    g_assert_false(cpu_host_has(whole, "elsewhere"));
    g_assert_false(cpu_host_has(whole, "nonsense"));
}

static void
test_host_is_no_model_that_is_not_for_hosts(void)
{
    g_autoptr(CpuHost) host = make_host(1, 0x80000000, 6);
    g_autoptr(CpuHost) none = make_host(0, 0, 6);

    g_assert_cmpstr(host->model->name, ==, "New");
    g_assert_null(none->model);
}

static void
test_what_is_lacking_is_named(void)
{
    g_autoptr(CpuHost) host = make_host(1, 0, 0);
    g_autofree char *lack = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(
        cpu_host_compare(host, "<cpu match='exact'><model>Hidden</model></cpu>", &lack, &error), ==,
        VIR_CPU_COMPARE_INCOMPATIBLE);
    g_assert_no_error(error);
    g_assert_true(g_str_has_suffix(lack, ": b,c"));
}

static void
test_guest_that_migrates_lacks_what_can_not(void)
{
    static const char *const xmls[] = {
        "<cpu><arch>x86_64</arch><model>Old</model><feature name='c'/></cpu>"};
    g_autoptr(CpuMap) map = load();
    g_autoptr(GError) error = NULL;
    g_autofree char *any = cpu_baseline(map, xmls, 1, false, false, &error);
    g_autofree char *migratable = cpu_baseline(map, xmls, 1, true, true, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(any, ==,
                    "<cpu mode='custom' match='exact'>\n"
                    "  <model fallback='forbid'>Old</model>\n"
                    "  <feature policy='require' name='c'/>\n"
                    "</cpu>\n");
    g_assert_cmpstr(migratable, ==,
                    "<cpu mode='custom' match='exact'>\n"
                    "  <model fallback='forbid'>Old</model>\n"
                    "  <feature policy='require' name='a'/>\n"
                    "</cpu>\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu/base-model", test_model_has_features_of_the_one_it_begins_with);
    g_test_add_func("/cpu/no-database", test_database_that_is_not_there_is_named);
    g_test_add_func("/cpu/missing-file", test_file_that_is_missing_is_named);
    g_test_add_func("/cpu/all-bits", test_feature_needs_all_its_bits);
    g_test_add_func("/cpu/host-model", test_host_is_no_model_that_is_not_for_hosts);
    g_test_add_func("/cpu/lack", test_what_is_lacking_is_named);
    g_test_add_func("/cpu/migratable", test_guest_that_migrates_lacks_what_can_not);
    return g_test_run();
}
