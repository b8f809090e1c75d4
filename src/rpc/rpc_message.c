/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_message.h"

#include <unistd.h>

RpcMessage *
rpc_message_new(const RpcHeader *header, GBytes *payload, const int *fds, guint n_fds)
{
    RpcMessage *message = g_new0(RpcMessage, 1);

    g_atomic_ref_count_init(&message->references);
    message->header = *header;
    message->payload = payload;
    message->n_fds = n_fds;
    message->fds = g_memdup2(fds, n_fds * sizeof(*fds));
    return message;
}

RpcMessage *
rpc_message_ref(RpcMessage *message)
{
    g_atomic_ref_count_inc(&message->references);
    return message;
}

void
rpc_message_unref(RpcMessage *message)
{
    if (!g_atomic_ref_count_dec(&message->references))
        return;
    for (guint i = 0; i < message->n_fds; i++) {
        if (message->fds[i] >= 0)
            close(message->fds[i]);
    }
    g_free(message->fds);
    g_bytes_unref(message->payload);
    g_free(message);
}

int
rpc_message_take_fd(RpcMessage *message, guint index)
{
    int fd = -1;

    if (index < message->n_fds) {
        fd = message->fds[index];
        message->fds[index] = -1;
    }
    return fd;
}
