/* Whatever xenstore answers: a name that is taken for one of a device is a file's name, and
 * nothing else is read or written than was asked for. The input is the answer, header
 * and all; it is also tried as the slots' file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest/channel_name.h"
#include "guest/hvc_slots.h"
#include "guest/xenbus.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_name(const char *name)
{
    if (!channel_name_is_valid(name))
        return;
    g_assert_null(strpbrk(name, "/\\'\", \t\r\n$%*?"));
    g_assert_cmpuint(strlen(name), <=, CHANNEL_NAME_MAX);
    g_assert_cmpuint(strlen(name), >, 0);
    g_assert_cmpstr(name, !=, ".");
    g_assert_cmpstr(name, !=, "..");
}

static void
check_slots(const char *text)
{
    HvcSlots slots;
    char again[HVC_MAX + 1];

    if (!hvc_slots_parse(&slots, text))
        return;
    hvc_slots_format(&slots, again);
    g_assert_cmpstr(again, ==, text);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    char name[CHANNEL_NAME_MAX + 1];
    int fds[2];

    if (size > 16384) /* what a socket takes at once */
        return 0;
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    g_assert_cmpint(write(fds[1], data, size), ==, size);
    shutdown(fds[1], SHUT_WR);
    if (xenbus_read(fds[0], "device/console/1/name", name, sizeof(name)) >= 0)
        check_name(name);
    close(fds[0]);
    close(fds[1]);
    check_name(text);
    check_slots(text);
    return 0;
}
