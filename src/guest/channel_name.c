/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/channel_name.h"

#include <string.h>

/* Not isalnum(3): what that takes depends on the locale. */
#define NAME_CHARACTERS                                                                            \
    "abcdefghijklmnopqrstuvwxyz"                                                                   \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                                                   \
    "0123456789"                                                                                   \
    "#+-.:=@_"

bool
channel_name_is_valid(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= CHANNEL_NAME_MAX && strspn(name, NAME_CHARACTERS) == length &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}
