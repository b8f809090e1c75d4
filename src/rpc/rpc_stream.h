/* Streams: bytes both ways beside a client's calls.
 *
 * A call opens a stream; from its reply on, frames with the call's program, procedure
 * and serial carry bytes. Who serves the call opens an RpcStream for it, takes what the
 * client sends, and sends what there is for it. What the bytes are is not known here.
 *
 * A stream's way to its end:
 *
 *   the client finishes it     what it has sent is still taken; then the finish is
 *                              confirmed
 *   the client aborts it       what it has sent is dropped, and the abort is confirmed
 *   rpc_stream_send_end()      the client reads to the end, and finishes or aborts;
 *                              what it sends meanwhile is dropped
 *   rpc_stream_fail()          the client gets an error, and nothing is confirmed
 *   the connection closes
 *
 * Frames of a stream that is over are normal, since they cross with its end: they are
 * dropped, and so are those of streams that never were.
 *
 * The protocol has no window: a client sends as fast as the connection takes it. So
 * a stream that holds RPC_STREAM_INPUT_MAX bytes that nobody takes stops the reading of
 * its client (rpc_client_hold()), whose calls and other streams wait as well, until half
 * is taken; other clients don't notice. A client holds in memory that much a stream, and
 * one frame more. Down, whoever sends stops when rpc_stream_can_send() is false: a
 * client that does not read has no more than a few hundred KiB waiting.
 *
 * All is for the thread of the client.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_client.h"

/* Bytes of input, with what keeping them takes, that a stream holds before its client is
 * no longer read. */
#define RPC_STREAM_INPUT_MAX (256u * 1024u)

/* Streams that one client may have, ended and not yet finished ones among them. */
#define RPC_STREAMS_MAX 64u

typedef struct RpcStreams RpcStreams; /* all of one client */
typedef struct RpcStream RpcStream;

/* Whoever opened it. Each may call anything of this file. */
typedef struct {
    /* There is input to take, or (rpc_stream_is_finishing()) there will be no more. */
    void (*on_input)(RpcStream *stream, gpointer user_data);
    /* rpc_stream_can_send() may have become true again. */
    void (*on_output_ready)(RpcStream *stream, gpointer user_data);
    /* It is over, whoever ended it. Called once, and last. */
    void (*on_closed)(RpcStream *stream, gpointer user_data);
} RpcStreamHandler;

/* --- a client's ------------------------------------------------------------ */

/* Freed before @client is. */
RpcStreams *rpc_streams_new(RpcClient *client);
void rpc_streams_free(RpcStreams *streams);

/* For the handlers of the client: a frame has come, it takes output again, it is
 * closed. */
void rpc_streams_handle(RpcStreams *streams, RpcMessage *frame);
void rpc_streams_output_ready(RpcStreams *streams);
void rpc_streams_close(RpcStreams *streams);

/* Ends all by the error whose encoding is @payload. */
void rpc_streams_fail(RpcStreams *streams, GBytes *payload);

guint rpc_streams_get_count(const RpcStreams *streams);

/* --- one ------------------------------------------------------------------- */

/* The stream that the call with header @call opens; it goes with on_closed. No frame is
 * sent before whoever opens it sends one, so the call's reply can go first. Errors:
 * VIR_ERR_RPC if the client is closed, has such a stream, or has RPC_STREAMS_MAX. */
RpcStream *rpc_stream_open(RpcStreams *streams, const RpcHeader *call,
                           const RpcStreamHandler *handler, gpointer user_data, GError **error);

/* The bytes that are next, or NULL if there are none now; and that the first @size of
 * these are taken. When the last are, of a client that has finished, the stream is
 * over. */
const guint8 *rpc_stream_peek(RpcStream *stream, gsize *size);
void rpc_stream_take(RpcStream *stream, gsize size);
/* Has the client finished, with input left to take? */
bool rpc_stream_is_finishing(const RpcStream *stream);

/* False for ever once the client has finished or aborted: it reads no more. */
bool rpc_stream_can_send(const RpcStream *stream);
/* Sends @data, at least one byte and at most RPC_STREAM_DATA_MAX. */
void rpc_stream_send(RpcStream *stream, GBytes *data);
/* There is no more to send, and nothing is taken any more. on_closed comes later. */
void rpc_stream_send_end(RpcStream *stream);
/* Ends it by the error whose encoding is @payload. */
void rpc_stream_fail(RpcStream *stream, GBytes *payload);
