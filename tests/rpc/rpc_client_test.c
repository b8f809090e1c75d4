/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc_fixture.h"

#include <fcntl.h>
#include <unistd.h>

/* --- frames ---------------------------------------------------------------- */

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
    peer_expect_reply(&fixture, 2, RPC_STATUS_ERROR);
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
    peer_expect_reply(&fixture, 8, RPC_STATUS_OK);
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
        peer_expect_reply(&fixture, i, RPC_STATUS_OK);
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
    fixture_assert_alive(&fixture);
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
    peer_expect_reply(&fixture, 5, RPC_STATUS_ERROR);
    g_assert_cmpuint(fixture.handled, ==, 0);
    fixture_assert_alive(&fixture);
    fixture_close(&fixture);
}

/* --- descriptors ----------------------------------------------------------- */

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
    fixture_answer_oldest(&fixture);
    peer_expect_reply(&fixture, 6, RPC_STATUS_OK);
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

/* --- streams --------------------------------------------------------------- */

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

static const FixtureTest tests[] = {
    {"replies-repeat-the-header-in-any-order", test_replies_repeat_the_header_in_any_order},
    {"unusable-lengths-close-and-are-logged", test_unusable_lengths_close_and_are_logged},
    {"calls-before-garbage-are-answered", test_calls_before_garbage_are_answered},
    {"a-byte-at-a-time", test_a_byte_at_a_time},
    {"many-calls-in-one-write", test_many_calls_in_one_write},
    {"largest-payload-both-ways", test_largest_payload_both_ways},
    {"peer-dies-in-the-middle-of-a-frame", test_peer_dies_in_the_middle_of_a_frame},
    {"other-types-are-dropped", test_other_types_are_dropped},
    {"a-call-with-a-status-gets-an-error", test_a_call_with_a_status_gets_an_error},
    {"descriptors-come-with-their-call", test_descriptors_come_with_their_call},
    {"wrong-descriptors-close", test_wrong_descriptors_close},
    {"descriptors-go-out-with-a-reply", test_descriptors_go_out_with_a_reply},
    {"stream-frames-go-up-and-down", test_stream_frames_go_up_and_down},
    {"output-ready-comes-when-the-peer-reads", test_output_ready_comes_when_the_peer_reads},
    {"hold-stops-and-release-goes-on", test_hold_stops_and_release_goes_on},
};

int
main(int argc, char **argv)
{
    return fixture_run(argc, argv, "/rpc/client", tests, G_N_ELEMENTS(tests));
}
