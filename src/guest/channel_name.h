/* Which names of channels become names of devices.
 *
 * The name comes from the host and becomes the last part of a path below /dev and a
 * property of udev. So it may have letters, digits and "#+-.:=@_" only, which udev takes
 * as they are, and must not be "." or "..". (udev replaces other characters; two names could then
 * be one.) The host refuses fewer characters than this.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

/* Bytes, without the terminating NUL: a file's name (NAME_MAX of Linux). */
#define CHANNEL_NAME_MAX 255

bool channel_name_is_valid(const char *name);
