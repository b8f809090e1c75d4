/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_frame.h"

#include <string.h>

guint32
rpc_uint32_decode(const guint8 bytes[4])
{
    guint32 value;

    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_BE(value);
}

void
rpc_uint32_encode(guint32 value, guint8 bytes[4])
{
    value = GUINT32_TO_BE(value);
    memcpy(bytes, &value, sizeof(value));
}

void
rpc_header_decode(const guint8 *bytes, RpcHeader *header)
{
    header->program = rpc_uint32_decode(bytes);
    header->version = rpc_uint32_decode(bytes + 4);
    header->procedure = rpc_uint32_decode(bytes + 8);
    header->type = rpc_uint32_decode(bytes + 12);
    header->serial = rpc_uint32_decode(bytes + 16);
    header->status = rpc_uint32_decode(bytes + 20);
}

void
rpc_frame_encode_start(const RpcHeader *header, gsize body_size, guint8 *bytes)
{
    g_assert(body_size <= RPC_PAYLOAD_MAX);
    rpc_uint32_encode(RPC_FRAME_MIN + (guint32)body_size, bytes);
    rpc_uint32_encode(header->program, bytes + 4);
    rpc_uint32_encode(header->version, bytes + 8);
    rpc_uint32_encode(header->procedure, bytes + 12);
    rpc_uint32_encode(header->type, bytes + 16);
    rpc_uint32_encode(header->serial, bytes + 20);
    rpc_uint32_encode(header->status, bytes + 24);
}

bool
rpc_type_has_fds(guint32 type)
{
    return type == RPC_TYPE_CALL_WITH_FDS || type == RPC_TYPE_REPLY_WITH_FDS;
}
