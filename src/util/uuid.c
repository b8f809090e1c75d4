/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/uuid.h"

#include <string.h>

void
uuid_format(const guint8 uuid[UUID_SIZE], char text[UUID_STRING_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *out = text;

    for (int i = 0; i < UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[uuid[i] >> 4];
        *out++ = digits[uuid[i] & 15];
    }
    *out = '\0';
}

bool
uuid_parse(const char *text, guint8 uuid[UUID_SIZE])
{
    int nibbles = 0;

    while (g_ascii_isspace(*text))
        text++;
    memset(uuid, 0, UUID_SIZE);
    for (; *text && nibbles < 2 * UUID_SIZE; text++) {
        int value = g_ascii_xdigit_value(*text);

        if (*text == '-' && nibbles % 2 == 0)
            continue;
        if (value < 0)
            return false;
        uuid[nibbles / 2] = (guint8)(uuid[nibbles / 2] << 4 | value);
        nibbles++;
    }
    while (g_ascii_isspace(*text))
        text++;
    return nibbles == 2 * UUID_SIZE && !*text;
}

void
uuid_generate(guint8 uuid[UUID_SIZE])
{
    g_autofree char *text = g_uuid_string_random();

    uuid_parse(text, uuid);
}
