/* Files that must survive a crash, and directories that must exist.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Replaces @path by @size bytes of @data so that, whenever the machine stops,
 * @path has its old content or its new one: writes a temporary file beside it,
 * syncs it, renames it over @path, and syncs the directory. Blocks on the
 * disk. Errors: VIR_ERR_SYSTEM_ERROR naming @path. */
bool file_replace(const char *path, const void *data, gsize size, mode_t mode, GError **error);

/* Removes @path and syncs its directory; a path that is not there is no error. */
bool file_remove(const char *path, GError **error);

/* Moves @from over @to, in the same directory, and syncs that. */
bool file_move(const char *from, const char *to, GError **error);

/* Makes a symbolic link at @path, where nothing may be, and syncs its directory. */
bool file_make_link(const char *path, const char *target, GError **error);

/* Makes @path and its parents, those that are missing with @mode. */
bool file_make_directory(const char *path, mode_t mode, GError **error);
