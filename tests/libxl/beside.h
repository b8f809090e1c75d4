/* Files that are beside a fixture: of one name, with other endings.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The contents of the file with @ending (".json") instead of that of @path; a new string,
 * or NULL if there is none. */
char *beside_read(const char *path, const char *ending);
void beside_write(const char *path, const char *ending, const char *text);
