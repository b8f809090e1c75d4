/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc_fixture.h"

#include "rpc/rpc_keepalive.h"
#include "util/error.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const RpcClientLimits limits_default = RPC_CLIENT_LIMITS_DEFAULT;

/* Answers the oldest call that waits. */
static void
answer_oldest(Fixture *fixture)
{
    RpcMessage *call = g_ptr_array_index(fixture->calls, 0);

    rpc_client_send_reply(fixture->client, &call->header, fixture->reply);
    g_ptr_array_remove_index(fixture->calls, 0);
}

static void
expect_reply(Fixture *fixture, guint32 serial, guint32 status)
{
    g_autoptr(RpcMessage) reply = peer_receive(fixture);

    g_assert_cmpuint(reply->header.type, ==, RPC_TYPE_REPLY);
    g_assert_cmpuint(reply->header.serial, ==, serial);
    g_assert_cmpuint(reply->header.status, ==, status);
}

static void
expect_keepalive(Fixture *fixture, guint32 procedure)
{
    g_autoptr(RpcMessage) message = peer_receive(fixture);

    g_assert_true(rpc_keepalive_matches(&message->header));
    g_assert_cmpuint(message->header.procedure, ==, procedure);
    g_assert_cmpuint(g_bytes_get_size(message->payload), ==, 0);
}

static void
ping(Fixture *fixture)
{
    RpcHeader header = rpc_keepalive_header(RPC_KEEPALIVE_PING);

    peer_send_frame(fixture, &header, NULL, 0);
}

/* The connection works: a call is answered. */
static void
assert_alive(Fixture *fixture)
{
    fixture->answer = true;
    peer_send_call(fixture, 4711);
    expect_reply(fixture, 4711, RPC_STATUS_OK);
}

/* --- frames ------------------------------------------------------------- */

static void
test_replies_repeat_the_header_in_any_order(void)
{
    Fixture fixture;
    RpcHeader header = {0x20008087, 3, 9999, RPC_TYPE_CALL, 0xfffffffe, RPC_STATUS_OK};
    g_autoptr(RpcMessage) reply = NULL;
    g_autoptr(GBytes) payload = g_bytes_new("answer", 6);
    RpcMessage *call;

    fixture_open(&fixture, NULL, true);
    peer_send_frame(&fixture, &header, "arguments", 9);
    peer_send_call(&fixture, 2);
    WAIT_UNTIL(fixture.calls->len == 2);
    call = g_ptr_array_index(fixture.calls, 0);
    g_assert_cmpmem(&call->header, sizeof(header), &header, sizeof(header));
    g_assert_cmpmem(g_bytes_get_data(call->payload, NULL), 9, "arguments", 9);

    call = g_ptr_array_index(fixture.calls, 1);
    rpc_client_send_error(fixture.client, &call->header, payload);
    call = g_ptr_array_index(fixture.calls, 0);
    rpc_client_send_reply(fixture.client, &call->header, payload);
    expect_reply(&fixture, 2, RPC_STATUS_ERROR);
    reply = peer_receive(&fixture);
    header.type = RPC_TYPE_REPLY;
    g_assert_cmpmem(&reply->header, sizeof(header), &header, sizeof(header));
    g_assert_cmpmem(g_bytes_get_data(reply->payload, NULL), 6, "answer", 6);
    g_assert_cmpuint(rpc_client_get_outstanding(fixture.client), ==, 0);
    g_assert_cmpuint(rpc_client_get_counters(fixture.client)->calls, ==, 2);
    g_assert_cmpuint(rpc_client_get_counters(fixture.client)->errors, ==, 1);
    fixture_close(&fixture);
}

static void
test_unusable_lengths_close_and_are_logged(void)
{
    const guint32 lengths[] = {0, 1, 4, 27, RPC_FRAME_MAX + 1, 0x80000000, 0xffffffff};

    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        Fixture fixture;
        guint8 bytes[4];
        g_autofree char *reason = g_strdup_printf("frame length %u", lengths[i]);

        fixture_open(&fixture, NULL, true);
        rpc_uint32_encode(lengths[i], bytes);
        peer_send(&fixture, bytes, sizeof(bytes));
        WAIT_UNTIL(fixture.closed);
        g_assert_true(peer_sees_end(&fixture));
        g_assert_true(fixture_was_logged(reason));
        fixture_close(&fixture);
    }
}

static void
test_calls_before_garbage_are_answered(void)
{
    Fixture fixture;
    RpcHeader header = make_call(1, 8);
    g_autoptr(GByteArray) bytes = make_frame(&header, NULL, 0);

    fixture_open(&fixture, NULL, true);
    fixture.answer = true;
    g_byte_array_append(bytes, (const guint8 *)"\xff\xff\xff\xff", 4);
    peer_send(&fixture, bytes->data, bytes->len);
    WAIT_UNTIL(fixture.closed);
    expect_reply(&fixture, 8, RPC_STATUS_OK);
    fixture_close(&fixture);
}

static void
test_a_byte_at_a_time(void)
{
    Fixture fixture;
    RpcHeader header = make_call(1, 3);
    g_autoptr(GByteArray) frame = make_frame(&header, "payload", 7);

    fixture_open(&fixture, NULL, true);
    for (guint i = 0; i < frame->len; i++) {
        g_assert_cmpuint(fixture.handled, ==, 0);
        peer_send(&fixture, frame->data + i, 1);
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
    WAIT_UNTIL(fixture.handled == 1);
    fixture_close(&fixture);
}

static void
test_many_calls_in_one_write(void)
{
    Fixture fixture;
    g_autoptr(GByteArray) all = g_byte_array_new();

    fixture_open(&fixture, NULL, true);
    fixture.answer = true;
    for (guint32 i = 0; i < 2000; i++) {
        RpcHeader header = make_call(1, i);
        g_autoptr(GByteArray) frame = make_frame(&header, NULL, 0);

        g_byte_array_append(all, frame->data, frame->len);
    }
    peer_send(&fixture, all->data, all->len);
    for (guint32 i = 0; i < 2000; i++)
        expect_reply(&fixture, i, RPC_STATUS_OK);
    fixture_close(&fixture);
}

static void
test_largest_payload_both_ways(void)
{
    Fixture fixture;
    RpcHeader header = make_call(1, 3);
    g_autofree guint8 *payload = g_malloc0(RPC_PAYLOAD_MAX);
    g_autoptr(RpcMessage) reply = NULL;

    fixture_open(&fixture, NULL, true);
    fixture.answer = true;
    fixture.reply = g_bytes_new_take(g_malloc0(RPC_PAYLOAD_MAX), RPC_PAYLOAD_MAX);
    peer_send_frame(&fixture, &header, payload, RPC_PAYLOAD_MAX);
    reply = peer_receive(&fixture);
    g_assert_cmpuint(g_bytes_get_size(reply->payload), ==, RPC_PAYLOAD_MAX);
    fixture_close(&fixture);
}

static void
test_peer_dies_in_the_middle_of_a_frame(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    peer_send(&fixture, "\0\0\1\0abc", 7);
    fixture_idle(5);
    close(fixture.peer);
    fixture.peer = -1;
    WAIT_UNTIL(fixture.closed);
    g_assert_true(fixture_was_logged("in the middle of a frame"));
    fixture_close(&fixture);
}

static void
test_other_types_are_dropped(void)
{
    const guint32 types[] = {RPC_TYPE_REPLY, RPC_TYPE_MESSAGE, 7, 0x7fffffff, 0xffffffff};
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        RpcHeader header = make_call(1, 1);

        header.type = types[i];
        peer_send_frame(&fixture, &header, NULL, 0);
    }
    assert_alive(&fixture);
    g_assert_cmpuint(fixture.handled, ==, 1);
    fixture_close(&fixture);
}

static void
test_a_call_with_a_status_gets_an_error(void)
{
    Fixture fixture;
    RpcHeader header = make_call(1, 5);

    fixture_open(&fixture, NULL, true);
    header.status = RPC_STATUS_CONTINUE;
    peer_send_frame(&fixture, &header, NULL, 0);
    expect_reply(&fixture, 5, RPC_STATUS_ERROR);
    g_assert_cmpuint(fixture.handled, ==, 0);
    assert_alive(&fixture);
    fixture_close(&fixture);
}

/* --- limits ------------------------------------------------------------- */

static void
test_outstanding_limit_stops_reading(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    for (guint32 i = 0; i < 5; i++)
        peer_send_call(&fixture, i);
    ping(&fixture);
    for (guint32 i = 5; i < 10; i++)
        peer_send_call(&fixture, i);
    /* Keepalive goes on while there are as many calls as may be. */
    expect_keepalive(&fixture, RPC_KEEPALIVE_PONG);
    fixture_idle(20);
    g_assert_cmpuint(fixture.handled, ==, 5);

    for (guint32 i = 0; i < 10; i++) {
        WAIT_UNTIL(fixture.handled == MIN(5 + i, 10));
        answer_oldest(&fixture);
        expect_reply(&fixture, i, RPC_STATUS_OK);
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
        answer_oldest(&fixture);
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
        expect_reply(&fixture, i, RPC_STATUS_OK);
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
    expect_reply(&fixture, 1, RPC_STATUS_OK);
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
    assert_alive(&quick);
    fixture_close(&slow);
    fixture_close(&quick);
}

/* --- keepalive ---------------------------------------------------------- */

static void
test_pings_are_answered(void)
{
    Fixture fixture;
    RpcHeader unknown = rpc_keepalive_header(99);

    fixture_open(&fixture, NULL, true);
    ping(&fixture);
    peer_send_frame(&fixture, &unknown, NULL, 0);
    expect_keepalive(&fixture, RPC_KEEPALIVE_PONG);
    assert_alive(&fixture);
    fixture_close(&fixture);
}

static void
test_a_silent_peer_is_closed(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    rpc_client_start_keepalive(fixture.client, 10, 2);
    WAIT_UNTIL(fixture.closed);
    expect_keepalive(&fixture, RPC_KEEPALIVE_PING);
    expect_keepalive(&fixture, RPC_KEEPALIVE_PING);
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
        expect_keepalive(&fixture, RPC_KEEPALIVE_PING);
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

/* --- descriptors -------------------------------------------------------- */

static void
send_fd_call(Fixture *fixture, guint32 announced)
{
    RpcHeader header = make_call(1, 6);
    guint8 count[4];

    header.type = RPC_TYPE_CALL_WITH_FDS;
    rpc_uint32_encode(announced, count);
    peer_send_frame(fixture, &header, count, sizeof(count));
}

static void
test_descriptors_come_with_their_call(void)
{
    guint before = count_open_fds();
    Fixture fixture;
    RpcMessage *call;
    int fd = 2;

    fixture_open(&fixture, NULL, true);
    send_fd_call(&fixture, 3);
    for (guint i = 0; i < 3; i++)
        peer_send_fds(&fixture, &fd, 1);
    peer_send_call(&fixture, 7);
    WAIT_UNTIL(fixture.handled == 2);
    call = g_ptr_array_index(fixture.calls, 0);
    g_assert_cmpuint(call->n_fds, ==, 3);
    for (guint i = 0; i < 3; i++)
        g_assert_cmpint(fcntl(call->fds[i], F_GETFD), ==, FD_CLOEXEC);
    answer_oldest(&fixture);
    expect_reply(&fixture, 6, RPC_STATUS_OK);
    fixture_close(&fixture);
    g_assert_cmpuint(count_open_fds(), ==, before);
}

static void
test_wrong_descriptors_close(void)
{
    guint before = count_open_fds();
    const int many[100] = {0};
    Fixture fixture;

    /* announced, did not come */
    fixture_open(&fixture, NULL, true);
    send_fd_call(&fixture, 1);
    peer_send(&fixture, "", 1);
    WAIT_UNTIL(fixture.closed);
    fixture_close(&fixture);

    /* came, not announced */
    fixture_open(&fixture, NULL, true);
    peer_send_call(&fixture, 1);
    peer_send_fds(&fixture, many, 1);
    peer_send(&fixture, "\0\0\34", 3);
    WAIT_UNTIL(fixture.closed || fixture.handled);
    fixture_close(&fixture);

    /* more at once than we take */
    for (guint n = RPC_FDS_MAX + 1; n <= 100; n += 11) {
        fixture_open(&fixture, NULL, true);
        peer_send_fds(&fixture, many, n);
        WAIT_UNTIL(fixture.closed);
        fixture_close(&fixture);
    }
    g_assert_cmpuint(count_open_fds(), ==, before);
}

static void
test_descriptors_go_out_with_a_reply(void)
{
    guint before = count_open_fds();
    Fixture fixture;
    RpcMessage *call;
    RpcMessage *reply;
    int fds[2];

    fixture_open(&fixture, NULL, true);
    peer_send_call(&fixture, 1);
    WAIT_UNTIL(fixture.handled == 1);
    fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    fds[1] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    call = g_ptr_array_index(fixture.calls, 0);
    rpc_client_send_reply_with_fds(fixture.client, &call->header, NULL, fds, 2);
    reply = peer_receive(&fixture);
    g_assert_cmpuint(reply->header.type, ==, RPC_TYPE_REPLY_WITH_FDS);
    g_assert_cmpuint(reply->n_fds, ==, 2);
    rpc_message_unref(reply);
    fixture_close(&fixture);
    g_assert_cmpuint(count_open_fds(), ==, before);
}

/* --- streams ------------------------------------------------------------ */

static void
test_stream_frames_go_up_and_down(void)
{
    Fixture fixture;
    RpcHeader header = make_call(201, 9);
    g_autoptr(RpcMessage) down = NULL;
    g_autoptr(GBytes) data = g_bytes_new("data", 4);
    RpcMessage *up;

    fixture_open(&fixture, NULL, true);
    header.type = RPC_TYPE_STREAM;
    header.status = RPC_STATUS_CONTINUE;
    peer_send_frame(&fixture, &header, "up", 2);
    WAIT_UNTIL(fixture.streams->len == 1);
    up = g_ptr_array_index(fixture.streams, 0);
    g_assert_cmpmem(g_bytes_get_data(up->payload, NULL), 2, "up", 2);
    g_assert_cmpuint(rpc_client_get_outstanding(fixture.client), ==, 0);

    rpc_client_send_stream(fixture.client, &up->header, RPC_STATUS_CONTINUE, data);
    down = peer_receive(&fixture);
    g_assert_cmpmem(&down->header, sizeof(header), &header, sizeof(header));
    fixture_close(&fixture);
}

static void
test_output_ready_comes_when_the_peer_reads(void)
{
    Fixture fixture;
    RpcHeader header = make_call(201, 9);
    g_autoptr(GBytes) data = g_bytes_new_take(g_malloc0(100000), 100000);
    guint sent = 0;

    fixture_open(&fixture, NULL, true);
    while (rpc_client_output_ready(fixture.client)) {
        rpc_client_send_stream(fixture.client, &header, RPC_STATUS_CONTINUE, data);
        sent++;
    }
    fixture_idle(20);
    g_assert_cmpuint(fixture.output_ready, ==, 0);
    while (sent-- > 0) {
        g_autoptr(RpcMessage) frame = peer_receive(&fixture);
        g_assert_cmpuint(g_bytes_get_size(frame->payload), ==, 100000);
    }
    WAIT_UNTIL(fixture.output_ready == 1);
    fixture_close(&fixture);
}

static void
test_hold_stops_and_release_goes_on(void)
{
    Fixture fixture;

    fixture_open(&fixture, NULL, true);
    rpc_client_hold(fixture.client);
    rpc_client_hold(fixture.client);
    peer_send_call(&fixture, 1);
    fixture_idle(10);
    rpc_client_release(fixture.client);
    fixture_idle(10);
    g_assert_cmpuint(fixture.handled, ==, 0);
    rpc_client_release(fixture.client);
    WAIT_UNTIL(fixture.handled == 1);
    fixture_close(&fixture);
}

/* --- ends --------------------------------------------------------------- */

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
    ping(&fixture);
    expect_keepalive(&fixture, RPC_KEEPALIVE_PONG);
    fixture_idle(10);
    g_assert_false(fixture.closed);
    answer_oldest(&fixture);
    expect_reply(&fixture, 1, RPC_STATUS_OK);
    WAIT_UNTIL(fixture.closed);
    g_assert_true(peer_sees_end(&fixture));
    fixture_close(&fixture);
}

static void
test_finish_serves_the_call_that_follows(void)
{
    Fixture fixture;

    finish_with_a_call(&fixture);
    answer_oldest(&fixture);
    expect_reply(&fixture, 1, RPC_STATUS_OK);
    assert_alive(&fixture);
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
    answer_oldest(&fixture);
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
    answer_oldest(&fixture);
    fixture_idle(1100);
    peer_send_call(&fixture, 2);
    fixture_idle(50);
    g_assert_cmpuint(fixture.handled, ==, 1);
    g_assert_false(fixture.closed);
    rpc_client_send_message(fixture.client, TEST_PROGRAM, 1, 318, NULL);
    g_assert_false(rpc_client_output_ready(fixture.client));
    expect_reply(&fixture, 1, RPC_STATUS_OK);
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
    assert_alive(&fixture);
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
    answer_oldest(&fixture);
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

static const struct {
    const char *path;
    GTestFunc function;
} tests[] = {
    {"replies-repeat-the-header-in-any-order", test_replies_repeat_the_header_in_any_order},
    {"unusable-lengths-close-and-are-logged", test_unusable_lengths_close_and_are_logged},
    {"calls-before-garbage-are-answered", test_calls_before_garbage_are_answered},
    {"a-byte-at-a-time", test_a_byte_at_a_time},
    {"many-calls-in-one-write", test_many_calls_in_one_write},
    {"largest-payload-both-ways", test_largest_payload_both_ways},
    {"peer-dies-in-the-middle-of-a-frame", test_peer_dies_in_the_middle_of_a_frame},
    {"other-types-are-dropped", test_other_types_are_dropped},
    {"a-call-with-a-status-gets-an-error", test_a_call_with_a_status_gets_an_error},
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
    {"descriptors-come-with-their-call", test_descriptors_come_with_their_call},
    {"wrong-descriptors-close", test_wrong_descriptors_close},
    {"descriptors-go-out-with-a-reply", test_descriptors_go_out_with_a_reply},
    {"stream-frames-go-up-and-down", test_stream_frames_go_up_and_down},
    {"output-ready-comes-when-the-peer-reads", test_output_ready_comes_when_the_peer_reads},
    {"hold-stops-and-release-goes-on", test_hold_stops_and_release_goes_on},
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
    g_test_init(&argc, &argv, NULL);
    fixture_capture_log();
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/rpc/client/%s", tests[i].path);

        g_test_add_func(path, tests[i].function);
    }
    return g_test_run();
}
