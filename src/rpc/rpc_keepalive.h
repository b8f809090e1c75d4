/* Is the peer still there? The keepalive program of the wire protocol.
 *
 * Either side may send pings; who gets one answers with a pong. Anything that
 * arrives counts as a sign of life. Time comes in as a parameter (microseconds
 * of g_get_monotonic_time()), so nothing here waits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_frame.h"

#define RPC_KEEPALIVE_PROGRAM 0x6b656570u
#define RPC_KEEPALIVE_VERSION 1u
#define RPC_KEEPALIVE_PING    1u
#define RPC_KEEPALIVE_PONG    2u

typedef struct {
    gint64 interval; /* microseconds; 0: off */
    guint count;     /* pings that may go unanswered */
    guint unanswered;
    gint64 deadline; /* when to look again; -1: never */
} RpcKeepalive;

typedef enum {
    RPC_KEEPALIVE_QUIET,
    RPC_KEEPALIVE_SEND_PING,
    RPC_KEEPALIVE_DEAD,
} RpcKeepaliveAction;

void rpc_keepalive_start(RpcKeepalive *keepalive, gint64 interval, guint count, gint64 now);

/* A sign of life came, or none could have come. */
void rpc_keepalive_alive(RpcKeepalive *keepalive, gint64 now);

/* What is to be done at @now. */
RpcKeepaliveAction rpc_keepalive_tick(RpcKeepalive *keepalive, gint64 now);

/* Is it a frame of the keepalive program? One that is, but no ping, is dropped. */
bool rpc_keepalive_matches(const RpcHeader *header);

/* The header of a ping or pong. */
RpcHeader rpc_keepalive_header(guint32 procedure);
