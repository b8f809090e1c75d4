/* Streams over a real connection: the handshakes of their ends, backpressure both ways,
 * and clients that keep no rule.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rpc/rpc_stream.h"
#include "rpc_fixture.h"

#include <string.h>
#include <sys/socket.h>

#define PROCEDURE 201
#define SERIAL    9

/* A client, its streams, and the one that it has opened. What comes is taken at once if
 * @takes is set. */
typedef struct {
    Fixture base;
    RpcStreams *streams;
    RpcStream *stream;
    RpcHeader header; /* of the peer's frames */
    bool takes;
    GByteArray *taken;
    guint inputs;
    guint output_ready;
    guint closed;
    guint dispatched; /* of base.streams */
} Streams;

static void
take_all(Streams *streams, RpcStream *stream)
{
    const guint8 *data;
    gsize size;

    while (streams->closed == 0 && (data = rpc_stream_peek(stream, &size))) {
        g_byte_array_append(streams->taken, data, (guint)size);
        rpc_stream_take(stream, size);
    }
}

static void
on_input(RpcStream *stream, gpointer user_data)
{
    Streams *streams = user_data;

    streams->inputs++;
    if (streams->takes)
        take_all(streams, stream);
}

static void
on_output_ready(RpcStream *stream, gpointer user_data)
{
    ((Streams *)user_data)->output_ready++;
}

static void
on_closed(RpcStream *stream, gpointer user_data)
{
    ((Streams *)user_data)->closed++;
}

static const RpcStreamHandler handler = {
    .on_input = on_input,
    .on_output_ready = on_output_ready,
    .on_closed = on_closed,
};

static RpcStream *
open_stream(Streams *streams, guint32 serial, GError **error)
{
    RpcHeader call = make_call(PROCEDURE, serial);

    return rpc_stream_open(streams->streams, &call, &handler, streams, error);
}

static void
streams_open(Streams *streams)
{
    *streams = (Streams){.takes = true};
    fixture_open(&streams->base, NULL, true);
    streams->base.answer = true;
    streams->taken = g_byte_array_new();
    streams->streams = rpc_streams_new(streams->base.client);
    streams->stream = open_stream(streams, SERIAL, NULL);
    g_assert_nonnull(streams->stream);
    streams->header = make_call(PROCEDURE, SERIAL);
    streams->header.type = RPC_TYPE_STREAM;
}

static void
streams_close(Streams *streams)
{
    rpc_streams_free(streams->streams);
    g_byte_array_unref(streams->taken);
    fixture_close(&streams->base);
}

/* Hands over what has come so far, as the room above does. */
static void
dispatch(Streams *streams)
{
    for (; streams->dispatched < streams->base.streams->len; streams->dispatched++)
        rpc_streams_handle(streams->streams, streams->base.streams->pdata[streams->dispatched]);
    if (streams->base.output_ready > 0)
        rpc_streams_output_ready(streams->streams);
    streams->base.output_ready = 0;
}

#define WAIT_FOR(streams, condition) WAIT_UNTIL((dispatch(streams), (condition)))

/* The peer sends a frame of the stream; it is dispatched. */
static void
peer_streams(Streams *streams, RpcStatus status, const void *data, gsize size)
{
    guint before = streams->base.streams->len;

    streams->header.status = status;
    peer_send_frame(&streams->base, &streams->header, data, size);
    WAIT_FOR(streams, streams->base.streams->len > before);
}

/* The next frame for the peer is of the stream and has that status; its size. */
static gsize
expect_frame(Streams *streams, RpcStatus status)
{
    g_autoptr(RpcMessage) frame = peer_receive(&streams->base);

    g_assert_cmpuint(frame->header.type, ==, RPC_TYPE_STREAM);
    g_assert_cmpuint(frame->header.procedure, ==, PROCEDURE);
    g_assert_cmpuint(frame->header.serial, ==, SERIAL);
    g_assert_cmpuint(frame->header.status, ==, status);
    return g_bytes_get_size(frame->payload);
}

static void
expect_silence(Streams *streams)
{
    fixture_idle(20);
    dispatch(streams);
    g_assert_null(peer_try_receive(&streams->base));
}

/* A call and its answer: the connection goes on. */
static void
assert_goes_on(Streams *streams)
{
    g_autoptr(RpcMessage) reply = NULL;

    peer_send_call(&streams->base, 77);
    reply = peer_receive(&streams->base);
    g_assert_cmpuint(reply->header.serial, ==, 77);
}

/* --- bytes ----------------------------------------------------------------- */

static void
test_bytes_go_both_ways(void)
{
    Streams streams;
    g_autoptr(GBytes) down = g_bytes_new_static("down", 4);

    streams_open(&streams);
    peer_streams(&streams, RPC_STATUS_CONTINUE, "one ", 4);
    peer_streams(&streams, RPC_STATUS_CONTINUE, "two", 3);
    g_assert_cmpmem(streams.taken->data, streams.taken->len, "one two", 7);
    rpc_stream_send(streams.stream, down);
    g_assert_cmpuint(expect_frame(&streams, RPC_STATUS_CONTINUE), ==, 4);
    streams_close(&streams);
    g_assert_cmpuint(streams.closed, ==, 1);
}

static void
test_bytes_can_be_taken_in_parts(void)
{
    Streams streams;
    const guint8 *data;
    gsize size;

    streams_open(&streams);
    streams.takes = false;
    peer_streams(&streams, RPC_STATUS_CONTINUE, "abc", 3);
    peer_streams(&streams, RPC_STATUS_CONTINUE, "de", 2);
    rpc_stream_take(streams.stream, 2);
    data = rpc_stream_peek(streams.stream, &size);
    g_assert_cmpmem(data, size, "c", 1);
    rpc_stream_take(streams.stream, 1);
    data = rpc_stream_peek(streams.stream, &size);
    g_assert_cmpmem(data, size, "de", 2);
    streams_close(&streams);
}

/* --- ends ------------------------------------------------------------------- */

static void
test_a_finish_is_confirmed(void)
{
    Streams streams;

    streams_open(&streams);
    peer_streams(&streams, RPC_STATUS_OK, NULL, 0);
    g_assert_cmpuint(expect_frame(&streams, RPC_STATUS_OK), ==, 0);
    g_assert_cmpuint(streams.closed, ==, 1);
    g_assert_cmpuint(rpc_streams_get_count(streams.streams), ==, 0);
    streams_close(&streams);
}

static void
test_a_finish_waits_for_what_was_sent_before_it(void)
{
    Streams streams;

    streams_open(&streams);
    streams.takes = false;
    peer_streams(&streams, RPC_STATUS_CONTINUE, "last words", 10);
    peer_streams(&streams, RPC_STATUS_OK, NULL, 0);
    peer_streams(&streams, RPC_STATUS_OK, NULL, 0);
    expect_silence(&streams);
    g_assert_true(rpc_stream_is_finishing(streams.stream));
    g_assert_cmpuint(streams.inputs, ==, 2);
    take_all(&streams, streams.stream);
    g_assert_cmpuint(expect_frame(&streams, RPC_STATUS_OK), ==, 0);
    expect_silence(&streams);
    streams_close(&streams);
}

static void
test_an_abort_is_confirmed_at_once(void)
{
    Streams streams;

    streams_open(&streams);
    streams.takes = false;
    peer_streams(&streams, RPC_STATUS_CONTINUE, "in vain", 7);
    peer_streams(&streams, RPC_STATUS_ERROR, NULL, 0);
    g_assert_cmpuint(expect_frame(&streams, RPC_STATUS_OK), ==, 0);
    g_assert_cmpuint(streams.closed, ==, 1);
    streams_close(&streams);
}

static void
test_our_end_is_followed_by_the_clients(void)
{
    Streams streams;

    streams_open(&streams);
    rpc_stream_send_end(streams.stream);
    rpc_stream_send_end(streams.stream);
    g_assert_cmpuint(expect_frame(&streams, RPC_STATUS_CONTINUE), ==, 0);
    g_assert_false(rpc_stream_can_send(streams.stream));
    peer_streams(&streams, RPC_STATUS_CONTINUE, "too late", 8);
    g_assert_cmpuint(streams.inputs, ==, 0);
    g_assert_cmpuint(streams.closed, ==, 0);
    peer_streams(&streams, RPC_STATUS_OK, NULL, 0);
    g_assert_cmpuint(expect_frame(&streams, RPC_STATUS_OK), ==, 0);
    g_assert_cmpuint(streams.closed, ==, 1);
    streams_close(&streams);
}

static void
test_an_error_ends_it_without_a_confirmation(void)
{
    Streams streams;
    g_autoptr(GBytes) payload = g_bytes_new_static("wrong", 5);

    streams_open(&streams);
    rpc_stream_fail(streams.stream, payload);
    g_assert_cmpuint(expect_frame(&streams, RPC_STATUS_ERROR), ==, 5);
    g_assert_cmpuint(streams.closed, ==, 1);
    peer_streams(&streams, RPC_STATUS_ERROR, NULL, 0);
    expect_silence(&streams);
    streams_close(&streams);
}

static void
test_a_connection_that_closes_ends_all(void)
{
    Streams streams;

    streams_open(&streams);
    g_assert_nonnull(open_stream(&streams, SERIAL + 1, NULL));
    rpc_client_close(streams.base.client);
    rpc_streams_close(streams.streams);
    g_assert_cmpuint(streams.closed, ==, 2);
    g_assert_null(open_stream(&streams, SERIAL, NULL));
    streams_close(&streams);
}

/* --- backpressure -------------------------------------------------------------- */

static void
test_input_that_nobody_takes_stops_the_reading(void)
{
    Streams streams;
    g_autofree guint8 *data = g_malloc0(RPC_STREAM_INPUT_MAX / 2);

    streams_open(&streams);
    streams.takes = false;
    peer_streams(&streams, RPC_STATUS_CONTINUE, data, RPC_STREAM_INPUT_MAX / 2);
    assert_goes_on(&streams);
    peer_streams(&streams, RPC_STATUS_CONTINUE, data, RPC_STREAM_INPUT_MAX / 2);
    peer_send_call(&streams.base, 1);
    expect_silence(&streams);
    take_all(&streams, streams.stream);
    rpc_message_unref(peer_receive(&streams.base));
    streams_close(&streams);
}

/* Clients of any age send at most RPC_STREAM_DATA_MAX; what is longer is no error. */
static void
test_a_long_frame_is_taken_whole(void)
{
    Streams streams;
    const gsize size = 4 * RPC_STREAM_DATA_MAX;
    g_autofree guint8 *data = g_malloc0(size);

    streams_open(&streams);
    streams.takes = false;
    peer_streams(&streams, RPC_STATUS_CONTINUE, data, size);
    peer_send_call(&streams.base, 1);
    expect_silence(&streams);
    take_all(&streams, streams.stream);
    g_assert_cmpuint(streams.taken->len, ==, size);
    rpc_message_unref(peer_receive(&streams.base));
    streams_close(&streams);
}

/* Each costs more than its byte. */
static void
test_many_small_frames_stop_the_reading_as_well(void)
{
    Streams streams;
    g_autoptr(GByteArray) flood = g_byte_array_new();
    const guint frames = RPC_STREAM_INPUT_MAX / 32;

    streams_open(&streams);
    streams.takes = false;
    streams.header.status = RPC_STATUS_CONTINUE;
    for (guint i = 0; i < frames; i++) {
        g_autoptr(GByteArray) frame = make_frame(&streams.header, "x", 1);

        g_byte_array_append(flood, frame->data, frame->len);
    }
    /* What has come up and is not handed over does not count: hand over at once. */
    for (guint at = 0; at < flood->len; at += 10 * (RPC_FRAME_MIN + 1)) {
        gssize sent = send(streams.base.peer, flood->data + at,
                           MIN(10 * (RPC_FRAME_MIN + 1), flood->len - at), MSG_NOSIGNAL);

        if (sent < 0)
            break;
        fixture_idle(0);
        dispatch(&streams);
    }
    fixture_idle(20);
    dispatch(&streams);
    g_assert_cmpuint(streams.inputs, <, frames / 2);
    streams_close(&streams);
}

static void
test_a_client_that_closes_is_noticed_though_it_is_not_read(void)
{
    Streams streams;
    g_autofree guint8 *data = g_malloc0(RPC_STREAM_INPUT_MAX);

    streams_open(&streams);
    streams.takes = false;
    peer_streams(&streams, RPC_STATUS_CONTINUE, data, RPC_STREAM_INPUT_MAX);
    shutdown(streams.base.peer, SHUT_RDWR);
    WAIT_UNTIL(streams.base.closed == 1);
    rpc_streams_close(streams.streams);
    g_assert_cmpuint(streams.closed, ==, 1);
    streams_close(&streams);
}

static void
test_an_abort_of_ours_lets_the_client_be_read_again(void)
{
    Streams streams;
    g_autofree guint8 *data = g_malloc0(RPC_STREAM_INPUT_MAX);

    streams_open(&streams);
    streams.takes = false;
    peer_streams(&streams, RPC_STATUS_CONTINUE, data, RPC_STREAM_INPUT_MAX);
    rpc_stream_send_end(streams.stream);
    expect_frame(&streams, RPC_STATUS_CONTINUE);
    assert_goes_on(&streams);
    streams_close(&streams);
}

static void
test_output_stops_while_the_client_does_not_read(void)
{
    Streams streams;
    g_autoptr(GBytes) data = g_bytes_new_take(g_malloc0(65536), 65536);
    gsize sent = 0;

    streams_open(&streams);
    while (rpc_stream_can_send(streams.stream)) {
        rpc_stream_send(streams.stream, data);
        sent += 65536;
        fixture_idle(0);
        g_assert_cmpuint(sent, <, 4 * 1024 * 1024);
    }
    g_assert_cmpuint(streams.output_ready, ==, 0);
    while (sent > 0)
        sent -= expect_frame(&streams, RPC_STATUS_CONTINUE);
    WAIT_FOR(&streams, streams.output_ready > 0);
    streams_close(&streams);
}

/* --- clients that keep no rule ----------------------------------------------------- */

static void
test_frames_of_no_stream_are_dropped(void)
{
    Streams streams;
    const RpcStatus statuses[] = {RPC_STATUS_OK, RPC_STATUS_ERROR, RPC_STATUS_CONTINUE, 7};

    streams_open(&streams);
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
        streams.header.serial = SERIAL + 1;
        peer_streams(&streams, statuses[i], "x", 1);
        streams.header.serial = SERIAL;
        streams.header.procedure = PROCEDURE + 1;
        peer_streams(&streams, statuses[i], "x", 1);
        streams.header.procedure = PROCEDURE;
    }
    expect_silence(&streams);
    g_assert_cmpuint(streams.inputs, ==, 0);
    assert_goes_on(&streams);
    streams_close(&streams);
}

static void
test_data_after_a_finish_is_dropped(void)
{
    Streams streams;

    streams_open(&streams);
    streams.takes = false;
    peer_streams(&streams, RPC_STATUS_CONTINUE, "a", 1);
    peer_streams(&streams, RPC_STATUS_OK, NULL, 0);
    peer_streams(&streams, RPC_STATUS_CONTINUE, "b", 1);
    take_all(&streams, streams.stream);
    peer_streams(&streams, RPC_STATUS_CONTINUE, "c", 1);
    g_assert_cmpmem(streams.taken->data, streams.taken->len, "a", 1);
    expect_frame(&streams, RPC_STATUS_OK);
    expect_silence(&streams);
    streams_close(&streams);
}

static void
test_an_unknown_status_fails_the_stream(void)
{
    Streams streams;

    streams_open(&streams);
    peer_streams(&streams, 3, "x", 1);
    expect_frame(&streams, RPC_STATUS_ERROR);
    g_assert_cmpuint(streams.closed, ==, 1);
    assert_goes_on(&streams);
    streams_close(&streams);
}

static void
test_a_hole_fails_the_stream(void)
{
    Streams streams;

    streams_open(&streams);
    streams.header.type = RPC_TYPE_STREAM_HOLE;
    peer_streams(&streams, RPC_STATUS_CONTINUE, "12345678", 8);
    expect_frame(&streams, RPC_STATUS_ERROR);
    g_assert_cmpuint(streams.closed, ==, 1);
    streams_close(&streams);
}

static void
test_a_serial_has_one_stream(void)
{
    Streams streams;
    g_autoptr(GError) error = NULL;

    streams_open(&streams);
    g_assert_null(open_stream(&streams, SERIAL, &error));
    g_assert_nonnull(strstr(error->message, "9"));
    streams_close(&streams);
}

static void
test_a_client_has_a_limited_number_of_streams(void)
{
    Streams streams;
    g_autoptr(GError) error = NULL;

    streams_open(&streams);
    for (guint32 i = 1; i < RPC_STREAMS_MAX; i++)
        g_assert_nonnull(open_stream(&streams, SERIAL + i, NULL));
    g_assert_null(open_stream(&streams, 1000, &error));
    g_assert_nonnull(strstr(error->message, "64"));
    peer_streams(&streams, RPC_STATUS_ERROR, NULL, 0);
    g_assert_nonnull(open_stream(&streams, 1000, NULL));
    streams_close(&streams);
    g_assert_cmpuint(streams.closed, ==, RPC_STREAMS_MAX + 1);
}

static const struct {
    const char *name;
    GTestFunc function;
} tests[] = {
    {"bytes-go-both-ways", test_bytes_go_both_ways},
    {"bytes-can-be-taken-in-parts", test_bytes_can_be_taken_in_parts},
    {"a-finish-is-confirmed", test_a_finish_is_confirmed},
    {"a-finish-waits-for-what-was-sent-before-it", test_a_finish_waits_for_what_was_sent_before_it},
    {"an-abort-is-confirmed-at-once", test_an_abort_is_confirmed_at_once},
    {"our-end-is-followed-by-the-clients", test_our_end_is_followed_by_the_clients},
    {"an-error-ends-it-without-a-confirmation", test_an_error_ends_it_without_a_confirmation},
    {"a-connection-that-closes-ends-all", test_a_connection_that_closes_ends_all},
    {"input-that-nobody-takes-stops-the-reading", test_input_that_nobody_takes_stops_the_reading},
    {"a-long-frame-is-taken-whole", test_a_long_frame_is_taken_whole},
    {"many-small-frames-stop-the-reading-as-well", test_many_small_frames_stop_the_reading_as_well},
    {"a-client-that-closes-is-noticed-though-it-is-not-read",
     test_a_client_that_closes_is_noticed_though_it_is_not_read},
    {"an-abort-of-ours-lets-the-client-be-read-again",
     test_an_abort_of_ours_lets_the_client_be_read_again},
    {"output-stops-while-the-client-does-not-read",
     test_output_stops_while_the_client_does_not_read},
    {"frames-of-no-stream-are-dropped", test_frames_of_no_stream_are_dropped},
    {"data-after-a-finish-is-dropped", test_data_after_a_finish_is_dropped},
    {"an-unknown-status-fails-the-stream", test_an_unknown_status_fails_the_stream},
    {"a-hole-fails-the-stream", test_a_hole_fails_the_stream},
    {"a-serial-has-one-stream", test_a_serial_has_one_stream},
    {"a-client-has-a-limited-number-of-streams", test_a_client_has_a_limited_number_of_streams},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/rpc/stream/%s", tests[i].name);

        g_test_add_func(path, tests[i].function);
    }
    return g_test_run();
}
