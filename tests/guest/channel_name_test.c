/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/channel_name.h"

#include <glib.h>
#include <string.h>

static void
names_that_managers_give_are_valid(void)
{
    const char *names[] = {"org.qemu.guest_agent.0",
                           "s-4-VM.vport",
                           "com.redhat.spice.0",
                           "a",
                           "A_b#1+2:3=4@x",
                           "...",
                           ".hidden",
                           "-"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_test_message("'%s'", names[i]);
        g_assert_true(channel_name_is_valid(names[i]));
    }
}

static void
names_that_leave_the_folder_are_refused(void)
{
    const char *names[] = {"", ".", "..", "/", "a/b", "../hvc0", "/etc/passwd", "a/"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_test_message("'%s'", names[i]);
        g_assert_false(channel_name_is_valid(names[i]));
    }
}

static void
characters_that_udev_replaces_or_reads_are_refused(void)
{
    for (int byte = 1; byte < 256; byte++) {
        const char name[] = {'a', (char)byte, 'b', '\0'};
        bool is_known = byte < 128 && (g_ascii_isalnum((char)byte) || strchr("#+-.:=@_", byte));

        g_test_message("byte %d", byte);
        g_assert_cmpint(channel_name_is_valid(name), ==, is_known);
    }
}

static void
a_name_is_no_longer_than_a_file_s(void)
{
    g_autofree char *longest = g_strnfill(CHANNEL_NAME_MAX, 'a');
    g_autofree char *longer = g_strnfill(CHANNEL_NAME_MAX + 1, 'a');

    g_assert_true(channel_name_is_valid(longest));
    g_assert_false(channel_name_is_valid(longer));
}

#define ADD(function) g_test_add_func("/guest/channel-name/" #function, function)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(names_that_managers_give_are_valid);
    ADD(names_that_leave_the_folder_are_refused);
    ADD(characters_that_udev_replaces_or_reads_are_refused);
    ADD(a_name_is_no_longer_than_a_file_s);
    return g_test_run();
}
