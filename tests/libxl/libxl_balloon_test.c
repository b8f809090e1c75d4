/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_balloon.h"

static void
test_a_fixed_domain_zero_is_left_alone(void)
{
    static const struct {
        const char *command_line;
        bool on;
    } cases[] = {
        {NULL, true},
        {"", true},
        {"placeholder dom0_max_vcpus=2", true},
        {"no_dom0_mem=1", true},
        {"dom0_mem=2G", false},
        {"placeholder dom0_mem=2048M,max:2048M console=com1", false},
        {"console=com1 dom0_mem=min:1G,2G", false},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(libxl_balloon_is_on(LIBXL_AUTOBALLOON_AUTO, cases[i].command_line), ==,
                        cases[i].on);
}

static void
test_the_setting_decides_if_there_is_one(void)
{
    g_assert_true(libxl_balloon_is_on(LIBXL_AUTOBALLOON_ON, "dom0_mem=2G"));
    g_assert_false(libxl_balloon_is_on(LIBXL_AUTOBALLOON_OFF, ""));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/balloon/a-fixed-domain-zero-is-left-alone",
                    test_a_fixed_domain_zero_is_left_alone);
    g_test_add_func("/balloon/the-setting-decides-if-there-is-one",
                    test_the_setting_decides_if_there_is_one);
    return g_test_run();
}
