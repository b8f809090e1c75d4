/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_keepalive.h"

static void
test_silence_is_death(void)
{
    RpcKeepalive keepalive;

    rpc_keepalive_start(&keepalive, 10, 2, 100);
    g_assert_cmpint(keepalive.deadline, ==, 110);
    g_assert_cmpint(rpc_keepalive_tick(&keepalive, 109), ==, RPC_KEEPALIVE_QUIET);
    g_assert_cmpint(rpc_keepalive_tick(&keepalive, 110), ==, RPC_KEEPALIVE_SEND_PING);
    g_assert_cmpint(rpc_keepalive_tick(&keepalive, 119), ==, RPC_KEEPALIVE_QUIET);
    g_assert_cmpint(rpc_keepalive_tick(&keepalive, 120), ==, RPC_KEEPALIVE_SEND_PING);
    g_assert_cmpint(rpc_keepalive_tick(&keepalive, 130), ==, RPC_KEEPALIVE_DEAD);
}

static void
test_any_sign_of_life_counts(void)
{
    RpcKeepalive keepalive;

    rpc_keepalive_start(&keepalive, 10, 1, 0);
    for (gint64 now = 10; now < 1000; now += 15) {
        g_assert_cmpint(rpc_keepalive_tick(&keepalive, now), ==, RPC_KEEPALIVE_SEND_PING);
        rpc_keepalive_alive(&keepalive, now + 5);
    }
}

static void
test_off_is_quiet(void)
{
    RpcKeepalive keepalive;

    rpc_keepalive_start(&keepalive, 0, 5, 100);
    g_assert_cmpint(keepalive.deadline, ==, -1);
    g_assert_cmpint(rpc_keepalive_tick(&keepalive, G_MAXINT64), ==, RPC_KEEPALIVE_QUIET);
}

static void
test_only_its_own_frames_match(void)
{
    RpcHeader header = rpc_keepalive_header(RPC_KEEPALIVE_PING);

    g_assert_true(rpc_keepalive_matches(&header));
    header.version = 2;
    g_assert_false(rpc_keepalive_matches(&header));
    header = rpc_keepalive_header(RPC_KEEPALIVE_PONG);
    header.type = RPC_TYPE_CALL;
    g_assert_false(rpc_keepalive_matches(&header));
    header = rpc_keepalive_header(77);
    g_assert_true(rpc_keepalive_matches(&header));
    header.program++;
    g_assert_false(rpc_keepalive_matches(&header));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpc/keepalive/silence-is-death", test_silence_is_death);
    g_test_add_func("/rpc/keepalive/any-sign-of-life-counts", test_any_sign_of_life_counts);
    g_test_add_func("/rpc/keepalive/off-is-quiet", test_off_is_quiet);
    g_test_add_func("/rpc/keepalive/only-its-own-frames-match", test_only_its_own_frames_match);
    return g_test_run();
}
