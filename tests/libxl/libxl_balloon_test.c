/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_balloon.h"

#include <string.h>

#include "util/error.h"

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

/* --- promises --------------------------------------------------------------------- */

/* A host that is asked for room, and tells of one domain that is being built. */
typedef struct {
    XenHost host; /* first */
    LibxlDriver driver;
    LibxlDriverConfig config;
    XenDomainInfo building;
    guint64 need_kib;     /* of any domain */
    guint64 promised_kib; /* to others, when it was last asked */
    bool is_full;
} Fixture;

static bool
fake_make_room(XenHost *host, libxl_domain_config *config, guint64 promised_kib, guint64 *need_kib,
               GError **error)
{
    Fixture *fixture = (Fixture *)host;

    fixture->promised_kib = promised_kib;
    *need_kib = fixture->need_kib;
    return !fixture->is_full || virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, "it is full");
}

static GPtrArray *
fake_list_domains(XenHost *host, GError **error)
{
    GPtrArray *infos = g_ptr_array_new();

    g_ptr_array_add(infos, &((Fixture *)host)->building);
    return infos;
}

static const XenHostOps fake_ops = {.make_room = fake_make_room, .list_domains = fake_list_domains};

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->host.ops = &fake_ops;
    fixture->config.autoballoon = LIBXL_AUTOBALLOON_ON;
    fixture->driver.config = &fixture->config;
    fixture->driver.host = &fixture->host;
    fixture->driver.domains = libxl_domain_list_new();
    fixture->driver.balloon = libxl_balloon_new();
    fixture->need_kib = 1000;
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    libxl_balloon_free(fixture->driver.balloon);
    libxl_domain_list_free(fixture->driver.domains);
}

/* A domain that is known by one byte of its uuid. */
static libxl_domain_config
configure(guint8 byte)
{
    libxl_domain_config config;

    memset(&config, 0, sizeof(config));
    libxl_uuid_bytearray(&config.c_info.uuid)[0] = byte;
    return config;
}

/* What others were promised before. */
static guint64
ask(Fixture *fixture, guint8 byte)
{
    libxl_domain_config config = configure(byte);
    g_autoptr(GError) error = NULL;

    libxl_balloon_make_room(&fixture->driver, &config, &error);
    g_assert_true(fixture->is_full == (error != NULL));
    return fixture->promised_kib;
}

static void
end(Fixture *fixture, guint8 byte)
{
    const libxl_domain_config config = configure(byte);

    libxl_balloon_end(&fixture->driver, &config);
}

static void
test_what_is_promised_is_not_counted_again(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpuint(ask(fixture, 1), ==, 0);
    g_assert_cmpuint(ask(fixture, 2), ==, 1000);
    g_assert_cmpuint(ask(fixture, 3), ==, 2000);
    end(fixture, 2);
    g_assert_cmpuint(ask(fixture, 4), ==, 2000);
}

static void
test_what_is_taken_already_is_promised_no_more(Fixture *fixture, gconstpointer data)
{
    ask(fixture, 1);
    fixture->building.uuid[0] = 1;
    fixture->building.current_memory_kib = 300;
    g_assert_cmpuint(ask(fixture, 2), ==, 700);
    fixture->building.current_memory_kib = 1100;
    g_assert_cmpuint(ask(fixture, 3), ==, 1000);
    fixture->building.is_dying = true;
    g_assert_cmpuint(ask(fixture, 4), ==, 3000);
}

static void
test_who_gets_no_room_is_promised_none(Fixture *fixture, gconstpointer data)
{
    fixture->is_full = true;
    ask(fixture, 1);
    end(fixture, 1);
    fixture->is_full = false;
    g_assert_cmpuint(ask(fixture, 2), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/balloon/a-fixed-domain-zero-is-left-alone",
                    test_a_fixed_domain_zero_is_left_alone);
    g_test_add_func("/balloon/the-setting-decides-if-there-is-one",
                    test_the_setting_decides_if_there_is_one);
    g_test_add("/balloon/what-is-promised-is-not-counted-again", Fixture, NULL, set_up,
               test_what_is_promised_is_not_counted_again, tear_down);
    g_test_add("/balloon/what-is-taken-already-is-promised-no-more", Fixture, NULL, set_up,
               test_what_is_taken_already_is_promised_no_more, tear_down);
    g_test_add("/balloon/who-gets-no-room-is-promised-none", Fixture, NULL, set_up,
               test_who_gets_no_room_is_promised_none, tear_down);
    return g_test_run();
}
