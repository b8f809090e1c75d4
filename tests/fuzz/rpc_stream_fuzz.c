/* Whatever frames a client sends on its streams, and whatever the daemon does with them
 * meanwhile: each stream is told once that it is over, and gives no byte that was not sent.
 *
 * The input is a list of steps of three bytes: what is done, to which stream, and how much
 * or in which way.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rpc/rpc_stream.h"

#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/* Serials of streams; more than there may be. */
#define SERIALS (RPC_STREAMS_MAX + 2)

typedef struct {
    RpcStream *stream; /* NULL: not open */
    gsize sent;        /* by the client */
    gsize taken;
} One;

typedef struct {
    RpcStreams *streams;
    RpcClient *client;
    int peer;
    One all[SERIALS];
} State;

static void
on_any(RpcStream *stream, gpointer user_data)
{
    g_assert(((One *)user_data)->stream == stream);
}

static void
on_closed(RpcStream *stream, gpointer user_data)
{
    One *one = user_data;

    g_assert(one->stream == stream);
    one->stream = NULL;
}

static const RpcStreamHandler stream_handler = {
    .on_input = on_any,
    .on_output_ready = on_any,
    .on_closed = on_closed,
};

static GBytes *
encode_error(const GError *error, gpointer user_data)
{
    return g_bytes_new_static("error", 5);
}

static const RpcClientHandler client_handler = {.encode_error = encode_error};

static void
open_stream(State *state, guint serial)
{
    RpcHeader call = {.program = 1, .version = 1, .procedure = 201, .serial = serial};
    One *one = &state->all[serial];
    RpcStream *stream = rpc_stream_open(state->streams, &call, &stream_handler, one, NULL);

    g_assert(!stream || !one->stream);
    if (stream)
        *one = (One){.stream = stream};
}

/* Of any type and status; up to four limits of input in one. */
static void
receive_frame(State *state, guint serial, guint8 how)
{
    const RpcHeader header = {
        .program = 1,
        .version = 1,
        .procedure = 201,
        .serial = serial,
        .type = how & 0x80 ? RPC_TYPE_STREAM_HOLE : RPC_TYPE_STREAM,
        .status = how & 3,
    };
    gsize size = (how >> 2 & 0x1f) * (RPC_STREAM_INPUT_MAX / 8);
    g_autoptr(RpcMessage) frame =
        rpc_message_new(&header, g_bytes_new_take(g_malloc0(size + 1), size + 1), NULL, 0);

    state->all[serial].sent += size + 1;
    rpc_streams_handle(state->streams, frame);
}

static void
take(One *one, guint8 part)
{
    gsize size;

    if (!one->stream || !rpc_stream_peek(one->stream, &size))
        return;
    g_assert(size > 0);
    size = size * part / 255;
    one->taken += size;
    g_assert(one->taken <= one->sent);
    rpc_stream_take(one->stream, size);
}

static void
send_data(One *one)
{
    g_autoptr(GBytes) data = g_bytes_new_take(g_malloc0(60000), 60000);

    if (one->stream && rpc_stream_can_send(one->stream))
        rpc_stream_send(one->stream, data);
}

static void
fail(One *one)
{
    g_autoptr(GBytes) payload = g_bytes_new_static("failed", 6);

    if (one->stream)
        rpc_stream_fail(one->stream, payload);
}

/* The peer reads. */
static void
drain(State *state)
{
    guint8 bytes[65536];

    while (recv(state->peer, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        ;
    g_main_context_iteration(NULL, FALSE);
    rpc_streams_output_ready(state->streams);
}

static void
step(State *state, const guint8 *bytes)
{
    guint serial = bytes[1] % SERIALS;
    One *one = &state->all[serial];

    switch (bytes[0] % 7) {
    case 0:
        open_stream(state, serial);
        break;
    case 1:
        receive_frame(state, serial, bytes[2]);
        break;
    case 2:
        take(one, bytes[2]);
        break;
    case 3:
        send_data(one);
        break;
    case 4:
        if (one->stream)
            rpc_stream_send_end(one->stream);
        break;
    case 5:
        fail(one);
        break;
    case 6:
        drain(state);
        break;
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static const RpcClientLimits limits = RPC_CLIENT_LIMITS_DEFAULT;
    const RpcIdentity identity = {.authenticated = true};
    g_autoptr(RpcPoll) poll = rpc_poll_new(NULL);
    State state = {0};
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return 0;
    state.peer = pair[1];
    state.client = rpc_client_new(poll, pair[0], 1, &identity, &limits, &client_handler, NULL);
    state.streams = rpc_streams_new(state.client);
    for (gsize at = 0; at + 3 <= size && at < 3 * 2000; at += 3)
        step(&state, data + at);
    g_assert(rpc_streams_get_count(state.streams) <= RPC_STREAMS_MAX);
    rpc_streams_free(state.streams);
    for (guint i = 0; i < SERIALS; i++)
        g_assert(!state.all[i].stream);
    rpc_client_unref(state.client);
    close(state.peer);
    return 0;
}
