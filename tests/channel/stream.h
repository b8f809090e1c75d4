/* An endless stream of bytes that does not repeat with any queue's size: each byte
 * follows from its position.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

static inline guint8
stream_get_byte(guint32 position)
{
    return (guint8)(position * 2654435761u >> 24);
}

static inline void
stream_fill(guint8 *bytes, guint32 position, gsize size)
{
    for (gsize i = 0; i < size; i++)
        bytes[i] = stream_get_byte(position + (guint32)i);
}

static inline void
stream_check(const guint8 *bytes, guint32 position, gsize size)
{
    for (gsize i = 0; i < size; i++) {
        if (bytes[i] != stream_get_byte(position + (guint32)i)) {
            g_printerr("byte %zu of %zu, at %u of the stream, is wrong\n", i, size, position);
            g_assert_not_reached();
        }
    }
}
