/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_keepalive.h"

void
rpc_keepalive_start(RpcKeepalive *keepalive, gint64 interval, guint count, gint64 now)
{
    keepalive->interval = interval;
    keepalive->count = count;
    rpc_keepalive_alive(keepalive, now);
}

void
rpc_keepalive_alive(RpcKeepalive *keepalive, gint64 now)
{
    keepalive->unanswered = 0;
    keepalive->deadline = keepalive->interval > 0 ? now + keepalive->interval : -1;
}

RpcKeepaliveAction
rpc_keepalive_tick(RpcKeepalive *keepalive, gint64 now)
{
    if (keepalive->deadline < 0 || now < keepalive->deadline)
        return RPC_KEEPALIVE_QUIET;
    if (keepalive->unanswered >= keepalive->count)
        return RPC_KEEPALIVE_DEAD;
    keepalive->unanswered++;
    keepalive->deadline = now + keepalive->interval;
    return RPC_KEEPALIVE_SEND_PING;
}

bool
rpc_keepalive_matches(const RpcHeader *header)
{
    return header->program == RPC_KEEPALIVE_PROGRAM && header->version == RPC_KEEPALIVE_VERSION &&
           header->type == RPC_TYPE_MESSAGE;
}

RpcHeader
rpc_keepalive_header(guint32 procedure)
{
    return (RpcHeader){
        .program = RPC_KEEPALIVE_PROGRAM,
        .version = RPC_KEEPALIVE_VERSION,
        .procedure = procedure,
        .type = RPC_TYPE_MESSAGE,
        .status = RPC_STATUS_OK,
    };
}
