/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_log.h"

#include "rpc/rpc_stream.h"

#include "util/error.h"
#include "util/i18n.h"

/* Memory for keeping a frame, beside its bytes. */
#define FRAME_COST 128u

typedef enum {
    STREAM_OPEN,
    STREAM_FINISHING, /* the client sends no more; what it has sent is still taken */
    STREAM_ENDED,     /* we send no more; the client has not confirmed that it knows */
    STREAM_CLOSED,
} StreamState;

struct RpcStream {
    guint references;
    RpcStreams *streams; /* not used when it is closed */
    RpcHeader call;
    const RpcStreamHandler *handler;
    gpointer user_data;
    StreamState state;
    GQueue input;     /* of GBytes, none empty */
    gsize taken;      /* bytes of the first */
    gsize input_size; /* memory for all */
    bool holds;       /* the client */
};

struct RpcStreams {
    RpcClient *client; /* not owned */
    GPtrArray *all;    /* of RpcStream, owned */
};

static RpcStream *
stream_ref(RpcStream *stream)
{
    stream->references++;
    return stream;
}

static void
drop_input(RpcStream *stream)
{
    g_queue_clear_full(&stream->input, (GDestroyNotify)g_bytes_unref);
    stream->taken = stream->input_size = 0;
}

static void
stream_unref(RpcStream *stream)
{
    if (--stream->references > 0)
        return;
    drop_input(stream);
    g_free(stream);
}

/* --- backpressure ---------------------------------------------------------- */

static void
update_hold(RpcStream *stream)
{
    RpcClient *client = stream->streams->client;

    if (!stream->holds && stream->input_size >= RPC_STREAM_INPUT_MAX) {
        stream->holds = true;
        rpc_client_hold(client);
    } else if (stream->holds && stream->input_size <= RPC_STREAM_INPUT_MAX / 2) {
        stream->holds = false;
        rpc_client_release(client);
    }
}

/* --- ends ------------------------------------------------------------------ */

static void
send_frame(RpcStream *stream, RpcStatus status, GBytes *payload)
{
    rpc_client_send_stream(stream->streams->client, &stream->call, status, payload);
}

static void
close_stream(RpcStream *stream)
{
    stream_ref(stream); /* until its handler has been told */
    drop_input(stream);
    update_hold(stream);
    stream->state = STREAM_CLOSED;
    g_ptr_array_remove(stream->streams->all, stream);
    stream->handler->on_closed(stream, stream->user_data);
    stream_unref(stream);
}

static void
confirm(RpcStream *stream)
{
    send_frame(stream, RPC_STATUS_OK, NULL);
    close_stream(stream);
}

void
rpc_stream_send_end(RpcStream *stream)
{
    bool finished = stream->state == STREAM_FINISHING;

    if (stream->state == STREAM_CLOSED || stream->state == STREAM_ENDED)
        return;
    drop_input(stream);
    update_hold(stream);
    stream->state = STREAM_ENDED;
    if (finished)
        confirm(stream);
    else
        send_frame(stream, RPC_STATUS_CONTINUE, NULL);
}

void
rpc_stream_fail(RpcStream *stream, GBytes *payload)
{
    if (stream->state == STREAM_CLOSED)
        return;
    send_frame(stream, RPC_STATUS_ERROR, payload);
    close_stream(stream);
}

/* --- what the client sends -------------------------------------------------- */

static void
take_data(RpcStream *stream, RpcMessage *frame)
{
    if (stream->state != STREAM_OPEN || g_bytes_get_size(frame->payload) == 0)
        return;
    g_queue_push_tail(&stream->input, g_bytes_ref(frame->payload));
    stream->input_size += FRAME_COST + g_bytes_get_size(frame->payload);
    update_hold(stream);
    stream->handler->on_input(stream, stream->user_data);
}

static void
finish(RpcStream *stream)
{
    if (stream->state == STREAM_FINISHING)
        return; /* it is answered once */
    if (g_queue_is_empty(&stream->input)) {
        confirm(stream);
        return;
    }
    stream->state = STREAM_FINISHING;
    stream->handler->on_input(stream, stream->user_data);
}

static void
refuse(RpcStream *stream, const RpcMessage *frame)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) payload = NULL;

    virtxl_error_set(&error, VIR_ERR_RPC,
                     _("a frame of type %u and status %u on a stream of bytes"), frame->header.type,
                     frame->header.status);
    payload = rpc_client_encode_error(stream->streams->client, error);
    rpc_stream_fail(stream, payload);
}

static RpcStream *
find(const RpcStreams *streams, const RpcHeader *header)
{
    for (guint i = 0; i < streams->all->len; i++) {
        RpcStream *stream = streams->all->pdata[i];

        if (stream->call.serial == header->serial && stream->call.procedure == header->procedure &&
            stream->call.program == header->program)
            return stream;
    }
    return NULL;
}

void
rpc_streams_handle(RpcStreams *streams, RpcMessage *frame)
{
    RpcStream *stream = find(streams, &frame->header);

    if (!stream)
        return;
    if (frame->header.type != RPC_TYPE_STREAM) {
        refuse(stream, frame);
        return;
    }
    switch (frame->header.status) {
    case RPC_STATUS_CONTINUE:
        take_data(stream, frame);
        break;
    case RPC_STATUS_OK:
        finish(stream);
        break;
    case RPC_STATUS_ERROR:
        confirm(stream);
        break;
    default:
        refuse(stream, frame);
        break;
    }
}

/* --- a client's -------------------------------------------------------------- */

RpcStreams *
rpc_streams_new(RpcClient *client)
{
    RpcStreams *streams = g_new0(RpcStreams, 1);

    streams->client = client;
    streams->all = g_ptr_array_new_with_free_func((GDestroyNotify)stream_unref);
    return streams;
}

void
rpc_streams_close(RpcStreams *streams)
{
    while (streams->all->len > 0)
        close_stream(streams->all->pdata[streams->all->len - 1]);
}

void
rpc_streams_free(RpcStreams *streams)
{
    rpc_streams_close(streams);
    g_ptr_array_unref(streams->all);
    g_free(streams);
}

void
rpc_streams_fail(RpcStreams *streams, GBytes *payload)
{
    while (streams->all->len > 0)
        rpc_stream_fail(streams->all->pdata[streams->all->len - 1], payload);
}

void
rpc_streams_output_ready(RpcStreams *streams)
{
    /* Each may end some of them. */
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)stream_unref);

    for (guint i = 0; i < streams->all->len; i++)
        g_ptr_array_add(all, stream_ref(streams->all->pdata[i]));
    for (guint i = 0; i < all->len; i++) {
        RpcStream *stream = all->pdata[i];

        if (rpc_stream_can_send(stream))
            stream->handler->on_output_ready(stream, stream->user_data);
    }
}

guint
rpc_streams_get_count(const RpcStreams *streams)
{
    return streams->all->len;
}

/* --- one ----------------------------------------------------------------------- */

static bool
check_new(const RpcStreams *streams, const RpcHeader *call, GError **error)
{
    if (rpc_client_is_closed(streams->client))
        return virtxl_error_set(error, VIR_ERR_RPC, _("the client has gone"));
    if (find(streams, call))
        return virtxl_error_set(error, VIR_ERR_RPC, _("the serial %u is that of a stream already"),
                                call->serial);
    if (streams->all->len >= RPC_STREAMS_MAX)
        return virtxl_error_set(error, VIR_ERR_RPC, _("the client has %u streams, the most it may"),
                                streams->all->len);
    return true;
}

RpcStream *
rpc_stream_open(RpcStreams *streams, const RpcHeader *call, const RpcStreamHandler *handler,
                gpointer user_data, GError **error)
{
    RpcStream *stream;

    if (!check_new(streams, call, error))
        return NULL;
    stream = g_new0(RpcStream, 1);
    stream->references = 1;
    stream->streams = streams;
    stream->call = *call;
    stream->handler = handler;
    stream->user_data = user_data;
    g_queue_init(&stream->input);
    g_ptr_array_add(streams->all, stream);
    return stream;
}

const guint8 *
rpc_stream_peek(RpcStream *stream, gsize *size)
{
    GBytes *first = g_queue_peek_head(&stream->input);
    const guint8 *data;

    *size = 0;
    if (!first)
        return NULL;
    data = g_bytes_get_data(first, size);
    *size -= stream->taken;
    return data + stream->taken;
}

void
rpc_stream_take(RpcStream *stream, gsize size)
{
    GBytes *first = g_queue_peek_head(&stream->input);

    g_return_if_fail(first && size <= g_bytes_get_size(first) - stream->taken);
    stream->taken += size;
    if (stream->taken < g_bytes_get_size(first))
        return;
    stream->input_size -= FRAME_COST + stream->taken;
    stream->taken = 0;
    g_bytes_unref(g_queue_pop_head(&stream->input));
    update_hold(stream);
    if (stream->state == STREAM_FINISHING && g_queue_is_empty(&stream->input))
        confirm(stream);
}

bool
rpc_stream_is_finishing(const RpcStream *stream)
{
    return stream->state == STREAM_FINISHING;
}

bool
rpc_stream_can_send(const RpcStream *stream)
{
    return stream->state == STREAM_OPEN && rpc_client_output_ready(stream->streams->client);
}

void
rpc_stream_send(RpcStream *stream, GBytes *data)
{
    g_return_if_fail(g_bytes_get_size(data) > 0);
    if (stream->state == STREAM_OPEN)
        send_frame(stream, RPC_STATUS_CONTINUE, data);
}
