/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc_fixture.h"

#include <sys/socket.h>
#include <unistd.h>

/* One end of a socket pair, watched. */
typedef struct {
    RpcWatch *watch;
    int fd, peer;
    guint called;
    GIOCondition condition; /* of the last call */
    RpcWatch **freed;       /* that it frees when it is called */
} End;

static void
on_ready(GIOCondition condition, gpointer user_data)
{
    End *end = user_data;

    end->called++;
    end->condition = condition;
    if (end->freed)
        g_clear_pointer(end->freed, rpc_watch_free);
}

static void
open_end(End *end, RpcPoll *poll, GIOCondition condition)
{
    int pair[2];
    int r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);

    g_assert_cmpint(r, ==, 0);
    *end = (End){.fd = pair[0], .peer = pair[1]};
    end->watch = rpc_watch_new(poll, end->fd, condition, on_ready, end);
}

static void
close_end(End *end)
{
    g_clear_pointer(&end->watch, rpc_watch_free);
    close(end->fd);
    if (end->peer >= 0)
        close(end->peer);
}

static void
wake(End *end)
{
    g_assert_cmpint(write(end->peer, "x", 1), ==, 1);
}

static void
test_only_what_is_ready_is_called(void)
{
    g_autoptr(RpcPoll) poll = rpc_poll_new(NULL);
    End ends[200];
    guint others = 0;

    for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
        open_end(&ends[i], poll, G_IO_IN);
    fixture_idle(5);
    wake(&ends[150]);
    WAIT_UNTIL(ends[150].called > 0);
    g_assert_cmpint(ends[150].condition, ==, G_IO_IN);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
        others += i == 150 ? 0 : ends[i].called;
    g_assert_cmpuint(others, ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
        close_end(&ends[i]);
}

/* More than one turn takes from the kernel. */
static void
test_all_get_their_turn_though_some_are_always_ready(void)
{
    g_autoptr(RpcPoll) poll = rpc_poll_new(NULL);
    End ends[200];

    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        open_end(&ends[i], poll, G_IO_IN);
        wake(&ends[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
        WAIT_UNTIL(ends[i].called > 0);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
        close_end(&ends[i]);
}

static void
test_a_condition_can_change(void)
{
    g_autoptr(RpcPoll) poll = rpc_poll_new(NULL);
    End end;

    open_end(&end, poll, 0);
    wake(&end);
    fixture_idle(5);
    g_assert_cmpuint(end.called, ==, 0);
    rpc_watch_set_condition(end.watch, G_IO_OUT);
    WAIT_UNTIL(end.called > 0);
    g_assert_cmpint(end.condition, ==, G_IO_OUT);
    rpc_watch_set_condition(end.watch, 0);
    fixture_idle(5);
    end.called = 0;
    fixture_idle(5);
    g_assert_cmpuint(end.called, ==, 0);
    close(end.peer);
    end.peer = -1;
    WAIT_UNTIL(end.called > 0);
    g_assert_true(end.condition & G_IO_HUP);
    close_end(&end);
}

static void
test_times_come_once_and_in_order(void)
{
    g_autoptr(RpcPoll) poll = rpc_poll_new(NULL);
    gint64 now = g_get_monotonic_time();
    End soon, later, never;

    open_end(&soon, poll, G_IO_IN);
    open_end(&later, poll, G_IO_IN);
    open_end(&never, poll, G_IO_IN);
    rpc_watch_set_time(later.watch, now + 60000);
    rpc_watch_set_time(soon.watch, now + 20000);
    rpc_watch_set_time(never.watch, now + 10000);
    rpc_watch_set_time(never.watch, -1);
    WAIT_UNTIL(soon.called > 0);
    g_assert_cmpint(g_get_monotonic_time(), >=, now + 20000);
    g_assert_cmpint(soon.condition, ==, 0);
    WAIT_UNTIL(later.called > 0);
    g_assert_cmpint(g_get_monotonic_time(), >=, now + 60000);
    fixture_idle(5);
    g_assert_cmpuint(soon.called, ==, 1);
    g_assert_cmpuint(never.called, ==, 0);
    rpc_watch_set_time(soon.watch, 0);
    WAIT_UNTIL(soon.called == 2);
    close_end(&soon);
    close_end(&later);
    close_end(&never);
}

static void
test_a_watch_can_free_itself_and_others(void)
{
    g_autoptr(RpcPoll) poll = rpc_poll_new(NULL);
    End first, second;

    open_end(&first, poll, G_IO_IN);
    open_end(&second, poll, G_IO_IN);
    first.freed = &second.watch;
    second.freed = &first.watch;
    wake(&first);
    wake(&second);
    WAIT_UNTIL(first.called + second.called > 0);
    fixture_idle(5);
    g_assert_true(!first.watch != !second.watch);
    first.freed = &first.watch;
    second.freed = &second.watch;
    WAIT_UNTIL(!first.watch && !second.watch);
    close_end(&first);
    close_end(&second);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/poll/only-what-is-ready-is-called", test_only_what_is_ready_is_called);
    g_test_add_func("/poll/all-get-their-turn-though-some-are-always-ready",
                    test_all_get_their_turn_though_some_are_always_ready);
    g_test_add_func("/poll/a-condition-can-change", test_a_condition_can_change);
    g_test_add_func("/poll/times-come-once-and-in-order", test_times_come_once_and_in_order);
    g_test_add_func("/poll/a-watch-can-free-itself-and-others",
                    test_a_watch_can_free_itself_and_others);
    return g_test_run();
}
