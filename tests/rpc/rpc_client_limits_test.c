/* A client that is slow, silent or sends too much.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rpc_fixture.h"

#include "rpc/rpc_keepalive.h"

#include <sys/socket.h>
#include <unistd.h>

static const RpcClientLimits limits_default = RPC_CLIENT_LIMITS_DEFAULT;

/* --- limits ---------------------------------------------------------------- */

static void
test_outstanding_limit_stops_reading(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    for (guint32 i = 0; i < 5; i++)
        peer_send_call(&fixture, i);
    peer_ping(&fixture);
    for (guint32 i = 5; i < 10; i++)
        peer_send_call(&fixture, i);
    /* Keepalive goes on while there are as many calls as may be. */
    peer_expect_keepalive(&fixture, RPC_KEEPALIVE_PONG);
    fixture_idle(20);
    g_assert_cmpuint(fixture.handled, ==, 5);

    for (guint32 i = 0; i < 10; i++) {
        WAIT_UNTIL(fixture.handled == MIN(5 + i, 10));
        fixture_answer_oldest(&fixture);
        peer_expect_reply(&fixture, i, RPC_STATUS_OK);
        g_assert_cmpuint(rpc_client_get_outstanding(fixture.client), <=, 5);
    }
    fixture_close(&fixture);
}

static void
test_a_peer_that_hangs_up_at_the_limit_is_closed(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    for (guint32 i = 0; i < 7; i++)
        peer_send_call(&fixture, i);
    WAIT_UNTIL(fixture.handled == 5);
    close(fixture.peer);
    fixture.peer = -1;
    WAIT_UNTIL(fixture.closed);
    while (fixture.calls->len > 0)
        fixture_answer_oldest(&fixture);
    g_assert_cmpuint(rpc_client_get_outstanding(fixture.client), ==, 0);
    fixture_close(&fixture);
}

static void
test_a_slow_reader_gets_no_more_calls_handled(void)
{
    Fixture fixture;
    const guint32 calls = 300;

    fixture_open(&fixture, NULL, true);
    fixture.answer = true;
    fixture.reply = g_bytes_new_take(g_malloc0(100000), 100000);
    for (guint32 i = 0; i < calls; i++)
        peer_send_call(&fixture, i);
    fixture_idle(100);
    g_assert_cmpuint(fixture.handled, >=, 10);
    g_assert_cmpuint(fixture.handled, <, 40);
    for (guint32 i = 0; i < calls; i++)
        peer_expect_reply(&fixture, i, RPC_STATUS_OK);
    g_assert_cmpuint(fixture.handled, ==, calls);
    fixture_close(&fixture);
}

/* The peer sends @frame until the daemon's side has nothing to do and still makes
 * no room for another one, but not more than @max times. However slow all this is. */
static guint
send_until_blocked(Fixture *fixture, const GByteArray *frame, guint max)
{
    bool blocked = false;
    guint sent = 0;

    while (sent < max) {
        if (send(fixture->peer, frame->data, frame->len, MSG_NOSIGNAL) == (gssize)frame->len) {
            sent++;
            blocked = false;
            continue;
        }
        if (blocked)
            break;
        while (g_main_context_iteration(NULL, FALSE))
            continue;
        blocked = true;
    }
    return sent;
}

static void
test_a_flood_of_pings_is_bounded(void)
{
    Fixture fixture;
    RpcHeader header = rpc_keepalive_header(RPC_KEEPALIVE_PING);
    g_autoptr(GByteArray) frame = make_frame(&header, NULL, 0);

    fixture_open(&fixture, NULL, true);
    /* Nobody reads the pongs, so reading stops. */
    g_assert_cmpuint(send_until_blocked(&fixture, frame, 1000000), <, 1000000);
    fixture_idle(50);
    g_assert_cmpint(send(fixture.peer, frame->data, 1, MSG_NOSIGNAL), ==, -1);
    g_assert_false(fixture.closed);
    fixture_close(&fixture);
}

static void
test_unread_events_close(void)
{
    RpcClientLimits limits = limits_default;
    Fixture fixture;
    g_autoptr(GBytes) payload = g_bytes_new_take(g_malloc0(10000), 10000);

    limits.messages_max = 100000;
    fixture_open(&fixture, &limits, true);
    for (guint i = 0; i < 1000 && !fixture.closed; i++) {
        rpc_client_send_message(fixture.client, TEST_PROGRAM, 1, 318, payload);
        g_main_context_iteration(NULL, FALSE);
    }
    g_assert_cmpuint(fixture.closed, ==, 1);
    g_assert_true(fixture_was_logged("does not read its events"));
    fixture_close(&fixture);
}

static void
test_a_large_unread_reply_does_not_count_as_events(void)
{
    RpcClientLimits limits = limits_default;
    Fixture fixture;

    limits.messages_max = 100000;
    fixture_open(&fixture, &limits, true);
    fixture.answer = true;
    fixture.reply = g_bytes_new_take(g_malloc0(4000000), 4000000);
    peer_send_call(&fixture, 1);
    WAIT_UNTIL(fixture.handled == 1);
    for (guint i = 0; i < 10; i++)
        rpc_client_send_message(fixture.client, TEST_PROGRAM, 1, 318, NULL);
    peer_expect_reply(&fixture, 1, RPC_STATUS_OK);
    for (guint i = 0; i < 10; i++) {
        g_autoptr(RpcMessage) event = peer_receive(&fixture);

        g_assert_cmpuint(event->header.type, ==, RPC_TYPE_MESSAGE);
        g_assert_cmpuint(event->header.procedure, ==, 318);
    }
    g_assert_false(fixture.closed);
    fixture_close(&fixture);
}

static void
test_long_frames_need_authentication(void)
{
    Fixture fixture;
    guint8 bytes[4];

    rpc_uint32_encode(limits_default.frame_max_unauthenticated + 1, bytes);
    fixture_open(&fixture, NULL, false);
    peer_send(&fixture, bytes, sizeof(bytes));
    WAIT_UNTIL(fixture.closed);
    fixture_close(&fixture);
}

static void
test_authentication_has_a_deadline(void)
{
    RpcClientLimits limits = limits_default;
    Fixture slow;
    Fixture quick;

    limits.authentication_ms = 20;
    fixture_open(&slow, &limits, false);
    fixture_open(&quick, &limits, false);
    rpc_client_set_authenticated(quick.client, true);
    WAIT_UNTIL(slow.closed);
    fixture_idle(20);
    fixture_assert_alive(&quick);
    fixture_close(&slow);
    fixture_close(&quick);
}

/* --- keepalive ------------------------------------------------------------- */

static void
test_pings_are_answered(void)
{
    Fixture fixture;
    RpcHeader unknown = rpc_keepalive_header(99);

    fixture_open(&fixture, NULL, true);
    peer_ping(&fixture);
    peer_send_frame(&fixture, &unknown, NULL, 0);
    peer_expect_keepalive(&fixture, RPC_KEEPALIVE_PONG);
    fixture_assert_alive(&fixture);
    fixture_close(&fixture);
}

static void
test_a_silent_peer_is_closed(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    rpc_client_start_keepalive(fixture.client, 10, 2);
    WAIT_UNTIL(fixture.closed);
    peer_expect_keepalive(&fixture, RPC_KEEPALIVE_PING);
    peer_expect_keepalive(&fixture, RPC_KEEPALIVE_PING);
    g_assert_true(peer_sees_end(&fixture));
    fixture_close(&fixture);
}

static void
test_a_peer_that_answers_stays(void)
{
    Fixture fixture;
    RpcHeader pong = rpc_keepalive_header(RPC_KEEPALIVE_PONG);

    fixture_open(&fixture, NULL, true);
    rpc_client_start_keepalive(fixture.client, 20, 1000);
    for (guint i = 0; i < 10; i++) {
        peer_expect_keepalive(&fixture, RPC_KEEPALIVE_PING);
        peer_send_frame(&fixture, &pong, NULL, 0);
    }
    rpc_client_start_keepalive(fixture.client, 0, 0);
    g_assert_false(fixture.closed);
    fixture_close(&fixture);
}

static void
test_nothing_is_missing_while_we_do_not_read(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    rpc_client_hold(fixture.client);
    rpc_client_start_keepalive(fixture.client, 5, 1);
    fixture_idle(60);
    g_assert_false(fixture.closed);
    rpc_client_release(fixture.client);
    WAIT_UNTIL(fixture.closed);
    fixture_close(&fixture);
}

static const FixtureTest tests[] = {
    {"outstanding-limit-stops-reading", test_outstanding_limit_stops_reading},
    {"a-peer-that-hangs-up-at-the-limit-is-closed",
     test_a_peer_that_hangs_up_at_the_limit_is_closed},
    {"a-slow-reader-gets-no-more-calls-handled", test_a_slow_reader_gets_no_more_calls_handled},
    {"a-flood-of-pings-is-bounded", test_a_flood_of_pings_is_bounded},
    {"unread-events-close", test_unread_events_close},
    {"a-large-unread-reply-does-not-count-as-events",
     test_a_large_unread_reply_does_not_count_as_events},
    {"long-frames-need-authentication", test_long_frames_need_authentication},
    {"authentication-has-a-deadline", test_authentication_has_a_deadline},
    {"pings-are-answered", test_pings_are_answered},
    {"a-silent-peer-is-closed", test_a_silent_peer_is_closed},
    {"a-peer-that-answers-stays", test_a_peer_that_answers_stays},
    {"nothing-is-missing-while-we-do-not-read", test_nothing_is_missing_while_we_do_not_read},
};

int
main(int argc, char **argv)
{
    return fixture_run(argc, argv, "/rpc/client-limits", tests, G_N_ELEMENTS(tests));
}
