/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint_fixture.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static Stage *
stage_new_pty(void)
{
    Stage *stage = stage_new(CHANNEL_SOURCE_PTY);

    stage->source.path = NULL;
    stage_open(stage);
    return stage;
}

static int
open_user(const Stage *stage)
{
    int fd = open(endpoint_get_pty(stage->endpoint), O_RDWR | O_NOCTTY | O_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static void
bytes_go_both_ways(void)
{
    g_autoptr(Stage) stage = stage_new_pty();
    int user = open_user(stage);

    client_send(user, "in\r\n\003\004");
    stage_expect_input(stage, "in\r\n\003\004");
    stage_send(stage, "out\r\n\021\023", 7);
    client_expect(stage, user, "out\r\n\021\023");
    close(user);
}

static void
users_come_and_go(void)
{
    g_autoptr(Stage) stage = stage_new_pty();

    stage_rest(50);
    g_assert_false(endpoint_is_connected(stage->endpoint));
    for (guint i = 1; i <= 3; i++) {
        int user = open_user(stage);

        stage_wait(stage, stage_is_connected);
        g_assert_cmpuint(endpoint_get_client_count(stage->endpoint), ==, i);
        close(user);
        stage_wait(stage, stage_is_unconnected);
    }
}

static void
nothing_is_swallowed_without_a_user(void)
{
    g_autoptr(Stage) stage = stage_new_pty();
    int user;

    stage_send(stage, "early", 5);
    stage_rest(50);
    g_assert_cmpuint(stage->output->len, ==, 5);
    user = open_user(stage);
    client_expect(stage, user, "early");
    close(user);
    stage_wait(stage, stage_is_unconnected);
    stage_send(stage, "later", 5);
    stage_rest(50);
    g_assert_cmpuint(stage->output->len, ==, 5);
}

static void
what_one_user_leaves_the_next_gets(void)
{
    g_autoptr(Stage) stage = stage_new_pty();
    int user = open_user(stage);

    stage_send(stage, "unread", 6);
    stage_wait(stage, stage_has_sent);
    close(user);
    stage_wait(stage, stage_is_unconnected);
    user = open_user(stage);
    client_expect(stage, user, "unread");
    close(user);
}

static void
what_a_user_wrote_before_he_went_is_read(void)
{
    g_autoptr(Stage) stage = stage_new_pty();
    int user;

    stage->input_limit = 0;
    endpoint_want(stage->endpoint, false, false);
    user = open_user(stage);
    client_send(user, "and bye");
    close(user);
    stage_rest(50);
    stage->input_limit = 100;
    endpoint_want(stage->endpoint, true, false);
    stage_expect_input(stage, "and bye");
}

static void
a_user_who_reads_nothing_holds_the_guest_up(void)
{
    g_autoptr(Stage) stage = stage_new_pty();
    int user = open_user(stage);
    g_autofree char *bytes = g_malloc(300000);

    memset(bytes, 'x', 300000);
    bytes[299999] = '\0';
    stage_send(stage, bytes, 299999);
    stage_rest(100);
    g_assert_cmpuint(stage->output->len, >, 100000);
    client_expect(stage, user, bytes);
    close(user);
}

static void
settings_are_raw_again_for_the_next_user(void)
{
    g_autoptr(Stage) stage = stage_new_pty();
    int user = open_user(stage);
    struct termios settings;

    stage_wait(stage, stage_is_connected);
    g_assert_cmpint(tcgetattr(user, &settings), ==, 0);
    settings.c_lflag |= ECHO | ICANON;
    g_assert_cmpint(tcsetattr(user, TCSANOW, &settings), ==, 0);
    close(user);
    stage_wait(stage, stage_is_unconnected);
    user = open_user(stage);
    g_assert_cmpint(tcgetattr(user, &settings), ==, 0);
    g_assert_cmpuint(settings.c_lflag & (ECHO | ICANON), ==, 0);
    close(user);
}

static void
without_a_user_it_costs_no_time(void)
{
    g_autoptr(Stage) stage = stage_new_pty();

    close(open_user(stage));
    stage_send(stage, "x", 1);
    stage_rest(50);
    g_assert_cmpuint(stage_count_turns(), <, 10);
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add_func("/endpoint-pty/" #name, name)
    ADD(bytes_go_both_ways);
    ADD(users_come_and_go);
    ADD(nothing_is_swallowed_without_a_user);
    ADD(what_one_user_leaves_the_next_gets);
    ADD(what_a_user_wrote_before_he_went_is_read);
    ADD(a_user_who_reads_nothing_holds_the_guest_up);
    ADD(settings_are_raw_again_for_the_next_user);
    ADD(without_a_user_it_costs_no_time);
    return g_test_run();
}
