/* One received frame with the descriptors that came with it.
 *
 * Messages are reference counted, and the count is atomic: a call may be handed
 * to a worker thread, which reads it and drops it. Descriptors that nobody took
 * are closed with the last reference.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_frame.h"

typedef struct {
    RpcHeader header;
    GBytes *payload; /* what follows the header (and the count of descriptors) */
    guint n_fds;
    int *fds; /* close-on-exec; -1 where one has been taken */
    gatomicrefcount references;
} RpcMessage;

/* Takes the references of @payload and the @n_fds descriptors at @fds (the
 * array is copied). */
RpcMessage *rpc_message_new(const RpcHeader *header, GBytes *payload, const int *fds, guint n_fds);

RpcMessage *rpc_message_ref(RpcMessage *message);
void rpc_message_unref(RpcMessage *message);

/* The descriptor at @index, now the caller's, or -1 if there is none. */
int rpc_message_take_fd(RpcMessage *message, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcMessage, rpc_message_unref)
