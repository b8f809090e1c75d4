/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"

static bool
sync_directory_of(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot open directory '%s': %s"),
                                directory, g_strerror(errno));
    ok = fsync(fd) == 0;
    if (!ok)
        virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot sync directory '%s': %s"),
                         directory, g_strerror(errno));
    close(fd);
    return ok;
}

bool
file_replace(const char *path, const void *data, gsize size, mode_t mode, GError **error)
{
    g_autoptr(GError) detail = NULL;

    /* GLib syncs the file and renames it; the directory's own sync, without
     * which the rename may be lost, is left to the caller. */
    if (!g_file_set_contents_full(path, data, (gssize)size,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  (int)mode, &detail))
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot write file '%s': %s"), path,
                                detail->message);
    return sync_directory_of(path, error);
}

bool
file_remove(const char *path, GError **error)
{
    if (g_unlink(path) < 0) {
        if (errno == ENOENT)
            return true;
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot remove file '%s': %s"), path,
                                g_strerror(errno));
    }
    return sync_directory_of(path, error);
}

bool
file_move(const char *from, const char *to, GError **error)
{
    if (g_rename(from, to) < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot move '%s' to '%s': %s"),
                                from, to, g_strerror(errno));
    return sync_directory_of(to, error);
}

bool
file_make_link(const char *path, const char *target, GError **error)
{
    if (symlink(target, path) < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot make link '%s' to '%s': %s"),
                                path, target, g_strerror(errno));
    return sync_directory_of(path, error);
}

bool
file_make_directory(const char *path, mode_t mode, GError **error)
{
    if (g_mkdir_with_parents(path, (int)mode) < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot create directory '%s': %s"),
                                path, g_strerror(errno));
    return true;
}
