/* Bytes in, messages out: puts the pieces that a socket delivers together.
 *
 * Whatever arrived is pushed; then messages are taken until there is none. What
 * is left is the beginning of a frame. The buffer grows with the bytes that
 * really arrive, never with what a length word promises.
 *
 * Descriptors belong to the frame that announces them, in the order they come:
 * a frame is complete when as many bytes as it announced descriptors have come
 * behind it, and each of them must have brought one.
 *
 * No input or output here, so that a fuzzer gets all of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_message.h"

typedef struct RpcReader RpcReader;

typedef enum {
    RPC_READER_MORE,    /* not a whole frame yet */
    RPC_READER_MESSAGE, /* one message taken */
    RPC_READER_BROKEN,  /* no further frame can be found in what comes */
} RpcReaderResult;

RpcReader *rpc_reader_new(void);
void rpc_reader_free(RpcReader *reader);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcReader, rpc_reader_free)

/* Adds @size bytes that came from the peer. */
void rpc_reader_push(RpcReader *reader, const guint8 *data, gsize size);

/* Adds descriptors that came with the bytes pushed next; owned from now on. More
 * than a frame may have break the reader, which rpc_reader_next() tells. */
void rpc_reader_push_fds(RpcReader *reader, const int *fds, guint n_fds);

/* Takes the next message into *@message. @frame_max is the longest frame allowed
 * now. BROKEN sets VIR_ERR_RPC with the reason. */
RpcReaderResult rpc_reader_next(RpcReader *reader, guint32 frame_max, RpcMessage **message,
                                GError **error);

/* Bytes held that are part of no message yet. */
gsize rpc_reader_get_pending(const RpcReader *reader);
