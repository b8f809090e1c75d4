/* What is expected of the slots is what Linux 6.1 was seen to do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "guest/hvc_slots.h"

#include <glib.h>

#include "guest/xenbus.h"

enum {
    GONE = XENBUS_STATE_UNKNOWN,
    UP = XENBUS_STATE_CONNECTED,
};

/* Device ids 0 to 9 have these states, one digit each; the slots are then @expected. */
static void
assert_update(HvcSlots *slots, const char *states, const char *expected)
{
    int numbers[HVC_DEVID_MAX + 1];
    char text[HVC_MAX + 1];

    for (int i = 0; i <= HVC_DEVID_MAX; i++)
        numbers[i] = states[i] - '0';
    hvc_slots_update(slots, numbers);
    hvc_slots_format(slots, text);
    g_assert_cmpstr(text, ==, expected);
}

static void
consoles_of_the_boot_come_in_their_order(void)
{
    HvcSlots slots = {{0}};

    assert_update(&slots, "0444000000", "1230000");
}

static void
a_device_id_that_is_missing_at_boot_leaves_no_hole(void)
{
    HvcSlots slots = {{0}};

    assert_update(&slots, "0404000040", "1380000");
    g_assert_cmpint(hvc_slots_find(&slots, 8), ==, 3);
    g_assert_cmpint(hvc_slots_find(&slots, 2), ==, 0);
}

static void
who_goes_leaves_a_hole_and_who_comes_fills_it(void)
{
    HvcSlots slots = {{0}};

    assert_update(&slots, "0444000000", "1230000");
    assert_update(&slots, "0404000000", "1030000");
    assert_update(&slots, "0404040000", "1530000");
    assert_update(&slots, "0444040000", "1532000");
}

static void
only_a_console_that_is_set_up_gets_one(void)
{
    HvcSlots slots = {{0}};

    assert_update(&slots, "0123456000", "3400000");
}

static void
one_that_resumes_keeps_its_own(void)
{
    HvcSlots slots = {{0}};

    assert_update(&slots, "0444000000", "1230000");
    assert_update(&slots, "0124000000", "1230000");
}

static void
one_that_closes_loses_its_own(void)
{
    HvcSlots slots = {{0}};

    assert_update(&slots, "0444000000", "1230000");
    assert_update(&slots, "0546000000", "0200000");
}

static void
there_are_seven(void)
{
    HvcSlots slots = {{0}};

    assert_update(&slots, "0444444444", "1234567");
    g_assert_cmpint(hvc_slots_find(&slots, 8), ==, 0);
    hvc_slots_free(&slots, 3);
    hvc_slots_free(&slots, 9);
    assert_update(&slots, "0440444444", "1284567");
}

static void
text_is_read_back(void)
{
    HvcSlots slots = {{0}}, others;
    char text[HVC_MAX + 1];

    assert_update(&slots, "0404400000", "1340000");
    hvc_slots_format(&slots, text);
    g_assert_true(hvc_slots_parse(&others, text));
    g_assert_cmpmem(&slots, sizeof(slots), &others, sizeof(others));
}

static void
text_that_makes_no_sense_is_refused(void)
{
    const char *texts[] = {"", "123", "12300000", "1x30000", "1130000", "-130000", "1230000\n"};

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        HvcSlots slots = {{0, 1, 2}};
        const HvcSlots none = {{0}};

        g_test_message("'%s'", texts[i]);
        g_assert_false(hvc_slots_parse(&slots, texts[i]));
        g_assert_cmpmem(&slots, sizeof(slots), &none, sizeof(none));
    }
}

#define ADD(function) g_test_add_func("/guest/hvc-slots/" #function, function)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(consoles_of_the_boot_come_in_their_order);
    ADD(a_device_id_that_is_missing_at_boot_leaves_no_hole);
    ADD(who_goes_leaves_a_hole_and_who_comes_fills_it);
    ADD(only_a_console_that_is_set_up_gets_one);
    ADD(one_that_resumes_keeps_its_own);
    ADD(one_that_closes_loses_its_own);
    ADD(there_are_seven);
    ADD(text_is_read_back);
    ADD(text_that_makes_no_sense_is_refused);
    return g_test_run();
}
