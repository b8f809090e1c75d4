/* The outermost layer of the wire protocol: a length, a header, a payload.
 *
 * A frame is a 32-bit length (big-endian; it counts itself and all that
 * follows), six 32-bit header fields, and the payload, which is XDR except on
 * streams. Two types announce file descriptors: a 32-bit count comes between
 * header and payload (inside the length), and behind the frame (outside the
 * length) one byte for each descriptor, sent with it as SCM_RIGHTS.
 *
 * Everything here is pure: bytes in, numbers out. The numbers are libvirt's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Bytes of the length word and of the header. */
#define RPC_LENGTH_SIZE 4u
#define RPC_HEADER_SIZE 24u

/* The range of the length word. A length outside of it can't be answered,
 * since no serial is known: the connection is closed. */
#define RPC_FRAME_MIN   (RPC_LENGTH_SIZE + RPC_HEADER_SIZE)
#define RPC_FRAME_MAX   (32u * 1024u * 1024u + RPC_LENGTH_SIZE)
#define RPC_PAYLOAD_MAX (RPC_FRAME_MAX - RPC_FRAME_MIN)

/* Most descriptors that one frame may announce. */
#define RPC_FDS_MAX 32u

/* Most bytes of stream data in a frame that clients of any age accept. */
#define RPC_STREAM_DATA_MAX (256u * 1024u)

typedef enum {
    RPC_TYPE_CALL = 0,
    RPC_TYPE_REPLY = 1,
    RPC_TYPE_MESSAGE = 2, /* an event, or keepalive */
    RPC_TYPE_STREAM = 3,
    RPC_TYPE_CALL_WITH_FDS = 4,
    RPC_TYPE_REPLY_WITH_FDS = 5,
    RPC_TYPE_STREAM_HOLE = 6,
} RpcType;

typedef enum {
    RPC_STATUS_OK = 0, /* on a stream: it is finished */
    RPC_STATUS_ERROR = 1,
    RPC_STATUS_CONTINUE = 2, /* streams only: more follows */
} RpcStatus;

/* As they came from the peer: any value is possible in any field. */
typedef struct {
    guint32 program;
    guint32 version;
    guint32 procedure;
    guint32 type;   /* RpcType */
    guint32 serial; /* a reply repeats that of its call */
    guint32 status; /* RpcStatus */
} RpcHeader;

/* Reads and writes one big-endian 32-bit number. */
guint32 rpc_uint32_decode(const guint8 bytes[4]);
void rpc_uint32_encode(guint32 value, guint8 bytes[4]);

/* Reads the RPC_HEADER_SIZE bytes at @bytes. */
void rpc_header_decode(const guint8 *bytes, RpcHeader *header);

/* Writes length word and header, RPC_FRAME_MIN bytes, of a frame that has
 * @body_size bytes behind the header. @body_size is at most RPC_PAYLOAD_MAX. */
void rpc_frame_encode_start(const RpcHeader *header, gsize body_size, guint8 *bytes);

/* Does a frame of this type have a count of descriptors before its payload? */
bool rpc_type_has_fds(guint32 type);
