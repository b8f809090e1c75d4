/* A client from the inside: what its three files share.
 *
 *   rpc_client.c       its life, and what is known about it
 *   rpc_client_send.c  what is sent to it
 *   rpc_client_turn.c  what it sends, its clocks, and when to look again
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_log.h"

#include "rpc/rpc_client.h"

#include "rpc/rpc_keepalive.h"
#include "rpc/rpc_output.h"
#include "rpc/rpc_reader.h"

/* The way of a connection to its end, after rpc_client_finish(). */
typedef enum {
    RPC_CLIENT_OPEN,      /* not on it */
    RPC_CLIENT_FINISHING, /* goes on until all is answered, and a moment longer */
    RPC_CLIENT_ENDING,    /* reads no more; what is outstanding is still answered */
    RPC_CLIENT_DRAINING,  /* all is sent and our half shut: the peer reads it */
} RpcClientStage;

struct RpcClient {
    guint references;
    guint64 id;
    RpcIdentity identity;
    RpcClientLimits limits;
    RpcClientCounters counters;
    const RpcClientHandler *handler;
    gpointer user_data;
    gpointer data;
    GDestroyNotify data_destroy;

    int fd; /* -1: closed */
    RpcWatch *watch;
    GIOCondition condition; /* what it waits for */
    RpcReader *reader;
    RpcOutput *output;
    RpcKeepalive keepalive;

    RpcMessage *held;  /* a call for which there was no room */
    guint outstanding; /* calls that went up and are not answered */
    guint holds;
    GError *refusal; /* answer to the first call of an unwelcome client */

    bool in_turn;
    bool broken;                    /* close in the next turn */
    bool output_blocked;            /* somebody may wait for on_output_ready */
    gint64 authentication_deadline; /* monotonic microseconds; -1: none */

    RpcClientStage stage;
    gint64 follow_up_deadline; /* of stage finishing; -1: not all is answered yet */
    gint64 finish_deadline;    /* of the stages from finishing on: close */
};

/* One log line about @client, with who it is as fields. */
void rpc_client_log(const RpcClient *client, GLogLevelFlags level, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Is every call answered, and every answer with the kernel? */
bool rpc_client_is_settled(const RpcClient *client);

/* Closes in the next turn, or at the end of this one. */
void rpc_client_request_close(RpcClient *client);

/* Asks for a turn, unless one is under way, which sees all there is. */
void rpc_client_request_turn(RpcClient *client);

/* One turn of the loop: what came, what is due, what can be sent. May close. */
void rpc_client_turn(RpcClient *client, GIOCondition condition);

/* Sends of what is queued what the socket accepts. */
void rpc_client_flush(RpcClient *client);

/* Sends a ping or pong. */
void rpc_client_send_keepalive(RpcClient *client, guint32 procedure);

/* The earlier of two deadlines, of which -1 is never. */
gint64 rpc_client_earlier_deadline(gint64 a, gint64 b);
