/* UUIDs as libvirt writes them: lower case, in five groups.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define UUID_SIZE        16
#define UUID_STRING_SIZE 37 /* with its terminating NUL */

/* Writes the text of @uuid to @text. */
void uuid_format(const guint8 uuid[UUID_SIZE], char text[UUID_STRING_SIZE]);

/* Reads hexadecimal digits in any grouping by '-' and white space around, as
 * libvirt accepts them. False if @text is no uuid. */
bool uuid_parse(const char *text, guint8 uuid[UUID_SIZE]);

/* A random one (version 4). */
void uuid_generate(guint8 uuid[UUID_SIZE]);
