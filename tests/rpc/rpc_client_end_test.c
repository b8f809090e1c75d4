/* How a connection ends.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rpc_fixture.h"

#include "rpc/rpc_keepalive.h"
#include "util/error.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static const RpcClientLimits limits_default = RPC_CLIENT_LIMITS_DEFAULT;

static void
test_a_refused_peer_gets_its_error_and_is_closed(void)
{
    Fixture fixture;
    g_autoptr(GError) error = NULL;
    g_autoptr(RpcMessage) reply = NULL;

    virtxl_error_set(&error, VIR_ERR_AUTH_FAILED, "not you");
    fixture_open(&fixture, NULL, false);
    rpc_client_refuse(fixture.client, error);
    peer_send_call(&fixture, 3);
    peer_send_call(&fixture, 4);
    WAIT_UNTIL(fixture.closed);
    reply = peer_receive(&fixture);
    g_assert_cmpuint(reply->header.serial, ==, 3);
    g_assert_cmpuint(reply->header.status, ==, RPC_STATUS_ERROR);
    g_assert_cmpmem(g_bytes_get_data(reply->payload, NULL), 7, "not you", 7);
    g_assert_true(peer_sees_end(&fixture));
    g_assert_cmpuint(fixture.handled, ==, 0);
    fixture_close(&fixture);
}

/* One call is outstanding, and the client told to finish. */
static void
finish_with_a_call(Fixture *fixture)
{
    fixture_open(fixture, NULL, true);
    peer_send_call(fixture, 1);
    WAIT_UNTIL(fixture->handled == 1);
    rpc_client_finish(fixture->client, 60000);
}

static void
test_finish_waits_for_answers(void)
{
    Fixture fixture;

    finish_with_a_call(&fixture);
    peer_ping(&fixture);
    peer_expect_keepalive(&fixture, RPC_KEEPALIVE_PONG);
    fixture_idle(10);
    g_assert_false(fixture.closed);
    fixture_answer_oldest(&fixture);
    peer_expect_reply(&fixture, 1, RPC_STATUS_OK);
    WAIT_UNTIL(fixture.closed);
    g_assert_true(peer_sees_end(&fixture));
    fixture_close(&fixture);
}

static void
test_finish_serves_the_call_that_follows(void)
{
    Fixture fixture;

    finish_with_a_call(&fixture);
    fixture_answer_oldest(&fixture);
    peer_expect_reply(&fixture, 1, RPC_STATUS_OK);
    fixture_assert_alive(&fixture);
    close(fixture.peer);
    fixture.peer = -1;
    WAIT_UNTIL(fixture.closed);
    fixture_close(&fixture);
}

/* A peer that never stops calling is not served for ever. */
static void
test_finish_has_an_end_for_a_busy_peer(void)
{
    Fixture fixture;
    RpcHeader header = make_call(1, 2);
    g_autoptr(GByteArray) frame = make_frame(&header, NULL, 0);

    finish_with_a_call(&fixture);
    fixture_answer_oldest(&fixture);
    fixture.answer = true;
    for (gint64 end = g_get_monotonic_time() + 30 * G_TIME_SPAN_SECOND; !fixture.closed;) {
        g_autoptr(RpcMessage) reply = peer_try_receive(&fixture);

        send(fixture.peer, frame->data, frame->len, MSG_NOSIGNAL);
        fixture_turn(end, "a peer that goes on is closed");
    }
    g_assert_cmpuint(fixture.handled, >, 1);
    fixture_close(&fixture);
}

/* All that was sent is there for a peer that is slow to read it: no reset, even
 * if it has sent more meanwhile, and the end only behind the answer. */
static void
test_finish_leaves_time_to_read(void)
{
    Fixture fixture;

    finish_with_a_call(&fixture);
    fixture_answer_oldest(&fixture);
    fixture_idle(1100);
    peer_send_call(&fixture, 2);
    fixture_idle(50);
    g_assert_cmpuint(fixture.handled, ==, 1);
    g_assert_false(fixture.closed);
    rpc_client_send_message(fixture.client, TEST_PROGRAM, 1, 318, NULL);
    g_assert_false(rpc_client_output_ready(fixture.client));
    peer_expect_reply(&fixture, 1, RPC_STATUS_OK);
    g_assert_true(peer_sees_clean_end(&fixture));
    close(fixture.peer);
    fixture.peer = -1;
    WAIT_UNTIL(fixture.closed);
    fixture_close(&fixture);
}

static void
test_finish_closes_an_idle_client_at_once(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    fixture_assert_alive(&fixture);
    rpc_client_finish(fixture.client, 60000);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    g_assert_cmpuint(fixture.closed, ==, 1);
    g_assert_true(peer_sees_clean_end(&fixture));
    fixture_close(&fixture);
}

static void
test_finish_does_not_wait_for_ever(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    peer_send_call(&fixture, 1);
    WAIT_UNTIL(fixture.handled == 1);
    rpc_client_finish(fixture.client, 10);
    WAIT_UNTIL(fixture.closed);
    fixture_close(&fixture);
}

static void
test_sends_to_a_closed_client_are_dropped(void)
{
    guint before = count_open_fds();
    Fixture fixture;
    RpcHeader header = make_call(1, 1);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    fixture_open(&fixture, NULL, true);
    peer_send_call(&fixture, 1);
    peer_send_call(&fixture, 2);
    peer_send_call(&fixture, 3);
    WAIT_UNTIL(fixture.handled == 3);
    rpc_client_close(fixture.client);
    g_assert_true(rpc_client_is_closed(fixture.client));
    fixture_answer_oldest(&fixture);
    rpc_client_send_error(fixture.client, &header, NULL);
    rpc_client_send_reply_with_fds(fixture.client, &header, NULL, &fd, 1);
    rpc_client_send_message(fixture.client, TEST_PROGRAM, 1, 318, NULL);
    rpc_client_send_stream(fixture.client, &header, RPC_STATUS_OK, NULL);
    rpc_client_start_keepalive(fixture.client, 1, 1);
    rpc_client_finish(fixture.client, 1);
    rpc_client_set_authenticated(fixture.client, false);
    g_assert_false(rpc_client_output_ready(fixture.client));
    g_assert_cmpuint(rpc_client_get_outstanding(fixture.client), ==, 0);
    fixture_idle(10);
    fixture_close(&fixture);
    g_assert_cmpuint(count_open_fds(), ==, before);
}

/* Closes the client, or drops the last reference, from within its callback. */
static void
close_on_call(RpcClient *client, RpcMessage *call, gpointer user_data)
{
    rpc_client_send_reply(client, &call->header, NULL);
    rpc_client_close(client);
    *(guint *)user_data += 1;
}

static void
unref_on_closed(RpcClient *client, gpointer user_data)
{
    rpc_client_unref(client);
}

static void
test_close_from_within_a_call(void)
{
    const RpcClientHandler closing = {
        .on_call = close_on_call,
        .on_closed = unref_on_closed,
        .encode_error = fixture_encode_error,
    };
    RpcIdentity identity = {.authenticated = true};
    RpcHeader header = make_call(1, 1);
    Fixture peer = {0};
    g_autoptr(RpcPoll) poll = rpc_poll_new(NULL);
    guint calls = 0;
    int pair[2];
    int r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);

    g_assert_cmpint(r, ==, 0);
    rpc_client_new(poll, pair[0], 1, &identity, &limits_default, &closing, &calls);
    peer.peer = pair[1];
    peer_send_frame(&peer, &header, NULL, 0);
    peer_send_frame(&peer, &header, NULL, 0);
    WAIT_UNTIL(calls == 1);
    fixture_idle(5);
    g_assert_cmpuint(calls, ==, 1);
    close(peer.peer);
}

static void
count_destroy(gpointer data)
{
    *(guint *)data += 1;
}

static void
test_data_lives_as_long_as_the_client(void)
{
    Fixture fixture;
    guint first = 0;
    guint second = 0;

    fixture_open(&fixture, NULL, true);
    rpc_client_set_data(fixture.client, &first, count_destroy);
    rpc_client_set_data(fixture.client, &second, count_destroy);
    g_assert_cmpuint(first, ==, 1);
    rpc_client_close(fixture.client);
    g_assert_cmpuint(second, ==, 0);
    g_assert_true(rpc_client_get_data(fixture.client) == &second);
    fixture_close(&fixture);
    g_assert_cmpuint(second, ==, 1);
}

static const FixtureTest tests[] = {
    {"a-refused-peer-gets-its-error-and-is-closed",
     test_a_refused_peer_gets_its_error_and_is_closed},
    {"finish-waits-for-answers", test_finish_waits_for_answers},
    {"finish-serves-the-call-that-follows", test_finish_serves_the_call_that_follows},
    {"finish-has-an-end-for-a-busy-peer", test_finish_has_an_end_for_a_busy_peer},
    {"finish-leaves-time-to-read", test_finish_leaves_time_to_read},
    {"finish-closes-an-idle-client-at-once", test_finish_closes_an_idle_client_at_once},
    {"finish-does-not-wait-for-ever", test_finish_does_not_wait_for_ever},
    {"sends-to-a-closed-client-are-dropped", test_sends_to_a_closed_client_are_dropped},
    {"close-from-within-a-call", test_close_from_within_a_call},
    {"data-lives-as-long-as-the-client", test_data_lives_as_long_as_the_client},
};

int
main(int argc, char **argv)
{
    return fixture_run(argc, argv, "/rpc/client-end", tests, G_N_ELEMENTS(tests));
}
