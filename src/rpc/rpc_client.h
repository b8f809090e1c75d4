/* One client's connection.
 *
 * A client owns a non-blocking socket and one GSource in a main context. The
 * source reads bytes into an RpcReader, which makes messages of them; keepalive
 * is answered here, calls and stream frames go up through the handler. What is
 * sent goes to an RpcOutput queue and from there to the socket as it accepts
 * bytes. A turn of the loop handles a bounded number of messages of a client,
 * so that one that sends without pause delays the others by no more than that.
 *
 * All functions are for the thread that runs the main context; whoever computes
 * a reply elsewhere brings it there first (g_main_context_invoke()). None of
 * them blocks.
 *
 * Who keeps whom: a call that goes up is outstanding until exactly one reply or
 * error for it is sent. Whoever answers later holds a reference to the client,
 * and never needs to know whether it is still connected: what is sent to a
 * closed client is dropped.
 *
 * What a client may cost is in RpcClientLimits. At the limit of outstanding
 * calls, or of output that the client does not read, reading stops, and goes on
 * when there is room again. Reading goes on up to the first call that has no
 * room, so that keepalive is answered while a client's calls take long.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "rpc/rpc_message.h"
#include "rpc/rpc_poll.h"

#include <sys/types.h>

typedef struct RpcClient RpcClient;

/* Who is at the other end. */
typedef struct {
    pid_t pid;          /* as of connect(): may be gone, or be another process by now */
    guint64 start_time; /* of this process, in clock ticks since the boot; 0: has gone */
    uid_t uid;
    gid_t gid;
    bool readonly;      /* came in through a read-only socket */
    bool authenticated; /* may call more than what authentication needs */
} RpcIdentity;

typedef struct {
    /* Calls that may be outstanding. */
    guint max_requests;
    /* Bytes of output waiting: at this many no further call is read. */
    gsize output_pause;
    /* Bytes of events waiting: a client that lets them exceed this is closed. */
    gsize messages_max;
    /* Longest frame of an authenticated client, and of any other. */
    guint32 frame_max;
    guint32 frame_max_unauthenticated;
    /* Time for all of authentication, in milliseconds. */
    guint authentication_ms;
} RpcClientLimits;

#define RPC_CLIENT_LIMITS_DEFAULT                                                                  \
    {                                                                                              \
        .max_requests = 5, .output_pause = 1024 * 1024, .messages_max = 8 * 1024 * 1024,           \
        .frame_max = RPC_FRAME_MAX, .frame_max_unauthenticated = 64 * 1024,                        \
        .authentication_ms = 60 * 1000,                                                            \
    }

/* The room above. Every function is called from the main loop with the client
 * alive; each may call anything of this file, rpc_client_close() too. */
typedef struct {
    /* A call (with or without descriptors), whatever its program, version and
     * procedure. Reference it to keep it. Answer it once, now or later. */
    void (*on_call)(RpcClient *client, RpcMessage *call, gpointer user_data);

    /* A frame of a stream (data or hole, any status). Frames of streams that are
     * closed already are normal, and ignored. May be NULL. */
    void (*on_stream)(RpcClient *client, RpcMessage *frame, gpointer user_data);

    /* rpc_client_output_ready() has become true again. May be NULL. */
    void (*on_output_ready)(RpcClient *client, gpointer user_data);

    /* The connection is closed, whoever did it. Called once. May be NULL. */
    void (*on_closed)(RpcClient *client, gpointer user_data);

    /* The payload of an error reply for @error: a new reference. For the errors
     * that this room itself gives: calls of a refused client, calls with a
     * status. */
    GBytes *(*encode_error)(const GError *error, gpointer user_data);
} RpcClientHandler;

/* What went through a connection. */
typedef struct {
    guint64 calls;
    guint64 errors;   /* error replies among the replies */
    guint64 messages; /* events sent */
    guint64 bytes_received;
    guint64 bytes_sent;
} RpcClientCounters;

/* A client on the connected UNIX socket @fd, which it owns from now on and waits for
 * in @poll. @id is for the log. @handler must live as long
 * as the client; @limits is copied. */
RpcClient *rpc_client_new(RpcPoll *poll, int fd, guint64 id, const RpcIdentity *identity,
                          const RpcClientLimits *limits, const RpcClientHandler *handler,
                          gpointer user_data);

RpcClient *rpc_client_ref(RpcClient *client);
/* The last reference closes the connection (without on_closed). */
void rpc_client_unref(RpcClient *client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcClient, rpc_client_unref)

guint64 rpc_client_get_id(const RpcClient *client);
const RpcIdentity *rpc_client_get_identity(const RpcClient *client);
const RpcClientCounters *rpc_client_get_counters(const RpcClient *client);
guint rpc_client_get_outstanding(const RpcClient *client);
bool rpc_client_is_closed(const RpcClient *client);

/* From now on the client is (or, with false, no longer is) authenticated. */
void rpc_client_set_authenticated(RpcClient *client, bool authenticated);

/* A value of the room above, freed by @destroy with the client's last
 * reference, or when another value replaces it. */
void rpc_client_set_data(RpcClient *client, gpointer data, GDestroyNotify destroy);
gpointer rpc_client_get_data(const RpcClient *client);

/* Sends the reply to the call with header @call: header with type reply and
 * status ok, then @payload (NULL: none; a new reference is taken). The @n_fds
 * descriptors at @fds, at most RPC_FDS_MAX, are owned by the connection from now
 * on, closed or not. A payload over RPC_PAYLOAD_MAX is a bug of the caller, and
 * closes the connection. */
void rpc_client_send_reply(RpcClient *client, const RpcHeader *call, GBytes *payload);
void rpc_client_send_reply_with_fds(RpcClient *client, const RpcHeader *call, GBytes *payload,
                                    const int *fds, guint n_fds);

/* Sends an error as the reply to @call. @payload is the encoded error. */
void rpc_client_send_error(RpcClient *client, const RpcHeader *call, GBytes *payload);

/* The payload of an error, as the handler encodes it: a new reference. */
GBytes *rpc_client_encode_error(RpcClient *client, const GError *error);

/* Sends an event. One GBytes may go to any number of clients. A client that has
 * left more than messages_max bytes of events unread is closed instead. */
void rpc_client_send_message(RpcClient *client, guint32 program, guint32 version, guint32 procedure,
                             GBytes *payload);

/* Sends a frame of the stream that @call opened: data (continue; empty: end of
 * data), the end (ok, no payload) or an encoded error (error). Data is at most
 * RPC_STREAM_DATA_MAX bytes a frame. Whoever pumps data stops when
 * rpc_client_output_ready() is false and goes on in on_output_ready. */
void rpc_client_send_stream(RpcClient *client, const RpcHeader *call, RpcStatus status,
                            GBytes *payload);

/* Is there little output waiting (and the client not closed)? */
bool rpc_client_output_ready(const RpcClient *client);

/* Stops handling what the client sends, keepalive too, until as many calls of
 * release as there were of hold: for a stream that can take no more data. */
void rpc_client_hold(RpcClient *client);
void rpc_client_release(RpcClient *client);

/* Sends a ping when the client has sent nothing for @interval_ms milliseconds,
 * and closes the connection when @count of them in a row went unanswered for
 * that long. 0 milliseconds stop it. The client's pings are answered in any
 * case. While we don't read, by our own limits, the client owes no answer. */
void rpc_client_start_keepalive(RpcClient *client, guint interval_ms, guint count);

/* The client's first call is answered by @error (copied) and the connection is
 * closed. */
void rpc_client_refuse(RpcClient *client, const GError *error);

/* Closes the connection when every outstanding call is answered and the peer has
 * had the time to read it; at once if there is none. Some public calls of libvirt
 * are two on the wire (virDomainCreate() asks for the new id), so what the peer
 * calls until a moment after the answers is served too, events and keepalive as
 * ever. Then our half of the connection is shut, and what still comes is thrown
 * away, until the peer closes its half or a second has passed. Calls that are not
 * answered after @grace_ms milliseconds are not waited for. */
void rpc_client_finish(RpcClient *client, guint grace_ms);

/* Closes the connection at once and calls on_closed. The functions that send
 * never do this themselves; they leave it to the next turn of the loop. */
void rpc_client_close(RpcClient *client);
