/* How the pieces move: rpc_client_turn() is one turn of the loop for one client.
 * It takes messages out of the reader, reads from the socket when the reader has
 * none left, looks at the clocks, writes what is queued, and at last tells the
 * main loop what to wait for (update_watch()). Whatever happens between turns
 * (a reply, a release, a failed write) changes the state and asks for a turn.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rpc/rpc_client_private.h"

#include "util/error.h"
#include "util/i18n.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* What one turn may do for one client. */
#define TURN_MESSAGES 16u
#define TURN_READS    4u
#define READ_SIZE     (64u * 1024u)

/* Room for descriptors in one read: one more than may come, so that it is seen,
 * and even, since the kernel fills the padding of an odd number too. */
#define READ_FDS (RPC_FDS_MAX + 2)

/* Time for a refused client to read the answer to its first call. */
#define ANSWER_MS 1000u

/* Time for a client that is to finish to make the call that follows on the last
 * answer, and time for it to read the very last one, in microseconds. */
#define FOLLOW_UP_TIME G_TIME_SPAN_SECOND
#define DRAIN_TIME     G_TIME_SPAN_SECOND

/* --- receiving ---------------------------------------------------------- */

static bool
has_room_for_call(const RpcClient *client)
{
    return client->outstanding < client->limits.max_requests;
}

/* May the next thing that came be handled, by our own limits? */
static bool
may_handle(const RpcClient *client)
{
    return client->fd >= 0 && !client->broken && client->stage <= RPC_CLIENT_FINISHING &&
           client->holds == 0 && (!client->held || has_room_for_call(client)) &&
           rpc_output_get_size(client->output) < client->limits.output_pause;
}

/* Answers a call by @error in this room's own name. */
static void
answer_by_error(RpcClient *client, const RpcMessage *call, const GError *error)
{
    g_autoptr(GBytes) payload = rpc_client_encode_error(client, error);

    rpc_client_send_error(client, &call->header, payload);
}

static void
handle_call(RpcClient *client, RpcMessage *call)
{
    g_autoptr(GError) error = NULL;

    client->counters.calls++;
    client->outstanding++;
    if (client->refusal) {
        answer_by_error(client, call, client->refusal);
        rpc_client_finish(client, ANSWER_MS);
    } else if (call->header.status != RPC_STATUS_OK) {
        virtxl_error_set(&error, VIR_ERR_RPC, _("a call can't have the status %u"),
                         call->header.status);
        answer_by_error(client, call, error);
    } else {
        client->handler->on_call(client, call, client->user_data);
    }
}

static void
handle_message(RpcClient *client, RpcMessage *message)
{
    if (rpc_keepalive_matches(&message->header)) {
        if (message->header.procedure == RPC_KEEPALIVE_PING)
            rpc_client_send_keepalive(client, RPC_KEEPALIVE_PONG);
        return;
    }
    switch (message->header.type) {
    case RPC_TYPE_CALL:
    case RPC_TYPE_CALL_WITH_FDS:
        if (has_room_for_call(client))
            handle_call(client, message);
        else
            client->held = rpc_message_ref(message);
        break;
    case RPC_TYPE_STREAM:
    case RPC_TYPE_STREAM_HOLE:
        if (client->handler->on_stream && client->identity.authenticated)
            client->handler->on_stream(client, message, client->user_data);
        break;
    default:
        /* As libvirt's server: dropped, and the connection goes on. */
        rpc_client_log(client, G_LOG_LEVEL_INFO, "dropped a frame of type %u",
                       message->header.type);
        break;
    }
}

static void
fail_broken(RpcClient *client, const char *reason)
{
    rpc_client_log(client, G_LOG_LEVEL_WARNING, "closing: %s", reason);
    rpc_client_request_close(client);
}

/* The descriptors that came with @message go to the reader. */
static void
keep_descriptors(RpcClient *client, struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        int fds[READ_FDS];
        gsize size = part->cmsg_len - CMSG_LEN(0);

        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        size = MIN(size, sizeof(fds));
        memcpy(fds, CMSG_DATA(part), size);
        rpc_reader_push_fds(client->reader, fds, (guint)(size / sizeof(int)));
    }
    if (message->msg_flags & MSG_CTRUNC)
        fail_broken(client, "descriptors got lost: too many at once, or we can't hold more");
}

/* Reads once. False: nothing came, for now or for ever. @drained tells that the
 * socket had no more than what came, as far as one can know. */
static bool
read_once(RpcClient *client, bool *drained)
{
    guint8 data[READ_SIZE];
    union {
        char space[CMSG_SPACE(READ_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = data, .iov_len = sizeof(data)};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.space,
        .msg_controllen = sizeof(control.space),
    };
    gssize size = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (size <= 0) {
        if (size == 0 && rpc_reader_get_pending(client->reader) > 0)
            rpc_client_log(client, G_LOG_LEVEL_INFO, "gone in the middle of a frame");
        rpc_client_request_close(client);
        return false;
    }
    *drained = (gsize)size < sizeof(data);
    client->counters.bytes_received += (guint64)size;
    keep_descriptors(client, &message);
    rpc_reader_push(client->reader, data, (gsize)size);
    rpc_keepalive_alive(&client->keepalive, g_get_monotonic_time());
    return true;
}

/* Takes the message that is next, from wherever it is. */
static RpcReaderResult
next_message(RpcClient *client, RpcMessage **message)
{
    g_autoptr(GError) error = NULL;
    RpcReaderResult result;
    guint32 frame_max = client->identity.authenticated ? client->limits.frame_max
                                                       : client->limits.frame_max_unauthenticated;

    if (client->held) {
        *message = g_steal_pointer(&client->held);
        return RPC_READER_MESSAGE;
    }
    result = rpc_reader_next(client->reader, frame_max, message, &error);
    if (result == RPC_READER_BROKEN)
        fail_broken(client, error->message);
    return result;
}

/* Handles and reads what a turn may. Returns whether more may be there at once. */
static bool
receive(RpcClient *client)
{
    guint reads = 0;
    bool drained = false;

    for (guint messages = 0; messages < TURN_MESSAGES;) {
        g_autoptr(RpcMessage) message = NULL;

        if (!may_handle(client))
            return true;
        switch (next_message(client, &message)) {
        case RPC_READER_BROKEN:
            return false;
        case RPC_READER_MORE:
            /* The socket tells when there is more to read. */
            if (drained || reads++ == TURN_READS || !read_once(client, &drained))
                return false;
            break;
        case RPC_READER_MESSAGE:
            handle_message(client, message);
            messages++;
            break;
        }
    }
    return true;
}

/* --- the end ------------------------------------------------------------ */

/* Throws away what comes: to close with bytes unread would reset the connection
 * under a peer that reads its answer. */
static void
drain(RpcClient *client)
{
    guint8 data[READ_SIZE];

    for (guint reads = 0; reads < TURN_READS; reads++) {
        gssize size = recv(client->fd, data, sizeof(data), MSG_DONTWAIT);

        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (size <= 0) {
            rpc_client_request_close(client);
            return;
        }
    }
}

/* From here on the peer sees the end, behind the last answer. */
static void
shut_output(RpcClient *client, gint64 now)
{
    shutdown(client->fd, SHUT_WR);
    client->stage = RPC_CLIENT_DRAINING;
    client->finish_deadline = now + DRAIN_TIME;
}

/* Takes a client that is to finish as far on its way as it is time for. */
static void
move_to_end(RpcClient *client)
{
    gint64 now = g_get_monotonic_time();
    bool settled = rpc_client_is_settled(client);

    if (client->stage == RPC_CLIENT_FINISHING && settled && client->follow_up_deadline < 0)
        client->follow_up_deadline = MIN(now + FOLLOW_UP_TIME, client->finish_deadline);
    if (client->stage == RPC_CLIENT_FINISHING && client->follow_up_deadline >= 0 &&
        client->follow_up_deadline <= now)
        client->stage = RPC_CLIENT_ENDING;
    if (client->stage == RPC_CLIENT_ENDING && settled)
        shut_output(client, now);
    if (client->stage != RPC_CLIENT_OPEN && client->finish_deadline <= now)
        rpc_client_request_close(client);
}

/* --- a turn of the loop ------------------------------------------------- */

static void
look_at_clocks(RpcClient *client)
{
    gint64 now = g_get_monotonic_time();

    if (client->authentication_deadline >= 0 && client->authentication_deadline <= now) {
        rpc_client_log(client, G_LOG_LEVEL_INFO, "closing: it took too long to authenticate");
        rpc_client_request_close(client);
        return;
    }
    /* Answers that we don't read are not missing. */
    if (!may_handle(client) && client->keepalive.deadline >= 0 && client->keepalive.deadline <= now)
        rpc_keepalive_alive(&client->keepalive, now);
    switch (rpc_keepalive_tick(&client->keepalive, now)) {
    case RPC_KEEPALIVE_QUIET:
        break;
    case RPC_KEEPALIVE_SEND_PING:
        rpc_client_send_keepalive(client, RPC_KEEPALIVE_PING);
        break;
    case RPC_KEEPALIVE_DEAD:
        rpc_client_log(client, G_LOG_LEVEL_INFO, "closing: %u pings went unanswered",
                       client->keepalive.count);
        rpc_client_request_close(client);
        break;
    }
}

static void
tell_output_ready(RpcClient *client)
{
    if (!client->output_blocked || !rpc_client_output_ready(client))
        return;
    client->output_blocked = false;
    if (client->handler->on_output_ready)
        client->handler->on_output_ready(client, client->user_data);
}

/* Wakes the client at @deadline (0: now, -1: not), or before it: a timer that is
 * set already and earlier stays, since each change costs the loop a wake-up and
 * signs of life move the deadline all the time. The turn that it brings sets it
 * anew. */
static void
set_timer(RpcClient *client, gint64 deadline)
{
    gint64 now = g_get_monotonic_time();
    gint64 set = rpc_watch_get_time(client->watch);

    if (set <= now || deadline < set)
        rpc_watch_set_time(client->watch, deadline);
}

/* When the next turn is due, whatever comes. */
static gint64
next_deadline(const RpcClient *client)
{
    gint64 deadline =
        rpc_client_earlier_deadline(client->keepalive.deadline, client->authentication_deadline);

    if (client->stage == RPC_CLIENT_DRAINING)
        return client->finish_deadline;
    if (client->stage == RPC_CLIENT_FINISHING)
        deadline = rpc_client_earlier_deadline(deadline, client->follow_up_deadline);
    return rpc_client_earlier_deadline(deadline, client->finish_deadline);
}

/* Tells the loop what the next turn is for. */
static void
update_watch(RpcClient *client, bool again)
{
    GIOCondition condition = 0;

    if (may_handle(client) || client->stage == RPC_CLIENT_DRAINING)
        condition |= G_IO_IN;
    if (rpc_output_get_size(client->output) > 0)
        condition |= G_IO_OUT;
    rpc_watch_set_condition(client->watch, condition);
    client->condition = condition;
    set_timer(client, again ? 0 : next_deadline(client));
}

/* A peer that is gone while we don't read: nobody is there to serve, and the
 * loop would wake for it without end. */
static bool
is_gone(const RpcClient *client, GIOCondition condition)
{
    return (condition & (G_IO_HUP | G_IO_ERR)) && !may_handle(client);
}

/* Sends what is queued; a client that is to be closed still gets what it takes. */
static void
transmit(RpcClient *client)
{
    rpc_client_flush(client);
    if (!client->broken)
        tell_output_ready(client);
}

void
rpc_client_turn(RpcClient *client, GIOCondition condition)
{
    bool more = false;

    client->in_turn = true; /* what is sent now only queues */
    if (client->stage == RPC_CLIENT_DRAINING) {
        drain(client);
    } else {
        more = receive(client);
        if (client->fd >= 0 && !client->broken)
            look_at_clocks(client);
    }
    if (client->fd >= 0)
        transmit(client);
    if (client->fd >= 0 && !client->broken)
        move_to_end(client);
    client->in_turn = false;

    if (client->fd < 0)
        return;
    if (client->broken || is_gone(client, condition))
        rpc_client_close(client);
    else
        update_watch(client, more && may_handle(client));
}
