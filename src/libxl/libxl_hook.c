/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_hook.h"

#include <string.h>
#include <unistd.h>

#include "util/script.h"

static const struct {
    const char *operation, *sub_operation;
} hooks[] = {
    [LIBXL_HOOK_PREPARE] = {"prepare", "begin"}, [LIBXL_HOOK_START] = {"start", "begin"},
    [LIBXL_HOOK_STARTED] = {"started", "begin"}, [LIBXL_HOOK_STOPPED] = {"stopped", "end"},
    [LIBXL_HOOK_RELEASE] = {"release", "end"},   [LIBXL_HOOK_RECONNECT] = {"reconnect", "begin"},
    [LIBXL_HOOK_RESTORE] = {"restore", "begin"},
};

/* --- which there are ------------------------------------------------------------------- */

static void
add_if_executable(GPtrArray *paths, char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && access(path, X_OK) == 0)
        g_ptr_array_add(paths, path);
    else
        g_free(path);
}

static int
compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order in which they are called. */
static GPtrArray *
find_programs(const LibxlDriver *driver)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) more = g_ptr_array_new();
    g_autofree char *folder = g_build_filename(driver->config->hook_dir, "libxl.d", NULL);
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    const char *name;

    add_if_executable(paths, g_build_filename(driver->config->hook_dir, "libxl", NULL));
    while (directory && (name = g_dir_read_name(directory)))
        add_if_executable(more, g_build_filename(folder, name, NULL));
    g_ptr_array_sort(more, compare);
    for (guint i = 0; i < more->len; i++)
        g_ptr_array_add(paths, more->pdata[i]);
    return paths;
}

/* --- calling them ----------------------------------------------------------------------- */

/* A filter's output is the input of the next one. */
static bool
call_program(const char *path, const DomainDef *def, LibxlHook hook, char **xml, bool is_filter,
             GError **error)
{
    const char *const argv[] = {path, def->name, hooks[hook].operation, hooks[hook].sub_operation,
                                "-",  NULL};
    g_autofree char *output = NULL;

    if (!script_run(argv, *xml, is_filter ? &output : NULL, error))
        return false;
    if (output && *g_strchug(output) != '\0') {
        g_free(*xml);
        *xml = g_steal_pointer(&output);
    }
    return true;
}

/* @filtered: what filters have made of the XML, NULL if they have left it alone; NULL: they are
 * no filters. */
static bool
call_all(LibxlDriver *driver, const DomainDef *def, LibxlHook hook, char **filtered, GError **error)
{
    g_autoptr(GPtrArray) programs = find_programs(driver);
    g_autofree char *xml = NULL;
    g_autofree char *original = NULL;

    if (programs->len == 0)
        return true;
    /* What comes back from a filter is to have the passwords in it that it had. */
    original = domain_def_format(def, filtered ? VIR_DOMAIN_XML_SECURE : 0, error);
    if (!original)
        return false;
    xml = g_strdup(original);
    for (guint i = 0; i < programs->len; i++) {
        if (!call_program(programs->pdata[i], def, hook, &xml, filtered != NULL, error))
            return false;
    }
    if (filtered && strcmp(xml, original) != 0)
        *filtered = g_steal_pointer(&xml);
    return true;
}

bool
libxl_hook_call(LibxlDriver *driver, const DomainDef *def, LibxlHook hook, GError **error)
{
    return call_all(driver, def, hook, NULL, error);
}

void
libxl_hook_tell(LibxlDriver *driver, const DomainDef *def, LibxlHook hook)
{
    g_autoptr(GError) error = NULL;

    if (!call_all(driver, def, hook, NULL, &error))
        g_warning("domain '%s': %s", def->name, error->message);
}

bool
libxl_hook_restore(LibxlDriver *driver, const DomainDef *def, char **xml, GError **error)
{
    return call_all(driver, def, LIBXL_HOOK_RESTORE, xml, error);
}
