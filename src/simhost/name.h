/* File names for things whose names a client chose.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A file name that stands for @name and for no other name, and that cannot
 * leave its directory: '/', '%' and control characters become %XX, and so does
 * the first character of ".", ".." and of a name for which @is_reserved (or
 * NULL) says that the directory has it already. Returns a new string. */
char *sim_name_encode(const char *name, bool (*is_reserved)(const char *name));
