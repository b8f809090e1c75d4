/* What is to be sent on a connection and has not been accepted by the kernel.
 *
 * Frames queue up in order and leave by gathered writes. A payload is shared,
 * not copied, so one event costs its bytes once for any number of clients.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_frame.h"

typedef struct RpcOutput RpcOutput;

typedef enum {
    RPC_OUTPUT_EMPTY,  /* all is sent */
    RPC_OUTPUT_FULL,   /* write again when the socket is writable */
    RPC_OUTPUT_BROKEN, /* the peer is gone; errno tells how */
} RpcOutputResult;

RpcOutput *rpc_output_new(void);
void rpc_output_free(RpcOutput *output);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcOutput, rpc_output_free)

/* Appends a frame. @payload may be NULL; a reference is taken. With a type that
 * has descriptors, @fds (at most RPC_FDS_MAX) are owned from now on. */
void rpc_output_push(RpcOutput *output, const RpcHeader *header, GBytes *payload, const int *fds,
                     guint n_fds);

/* Sends to the non-blocking socket @fd what it accepts now, within reason: a
 * peer that reads as fast as we write does not keep us here. Adds what
 * left to @sent. */
RpcOutputResult rpc_output_write(RpcOutput *output, int fd, guint64 *sent);

/* Memory held by all that is queued, and by those of it that are of type
 * message: bytes of frames and some for keeping each. */
gsize rpc_output_get_size(const RpcOutput *output);
gsize rpc_output_get_messages_size(const RpcOutput *output);
