/* How the pieces move: client_turn() is one turn of the loop for one client. It
 * takes messages out of the reader, reads from the socket when the reader has
 * none left, looks at the clocks, writes what is queued, and at last tells the
 * main loop what to wait for (update_source()). Whatever happens between turns
 * (a reply, a release, a failed write) changes the state and asks for a turn.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rpc/rpc_log.h"

#include "rpc/rpc_client.h"

#include "rpc/rpc_keepalive.h"
#include "rpc/rpc_output.h"
#include "rpc/rpc_reader.h"
#include "util/error.h"
#include "util/i18n.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What one turn may do for one client. */
#define TURN_MESSAGES 16u
#define TURN_READS    4u
#define READ_SIZE     (64u * 1024u)

/* Room for descriptors in one read: one more than may come, so that it is seen,
 * and even, since the kernel fills the padding of an odd number too. */
#define READ_FDS (RPC_FDS_MAX + 2)

/* With less output than this waiting, whoever pumps data may go on. */
#define OUTPUT_READY (256u * 1024u)

/* Time for a refused client to make its first call, and to read the answer. */
#define REFUSED_MS 5000u
#define ANSWER_MS  1000u

/* libvirt's server numbers its events so; clients don't look. */
#define MESSAGE_SERIAL 1u

typedef struct {
    GSource base;
    RpcClient *client;
} ClientSource;

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
    GSource *source;
    gpointer source_tag;
    GIOCondition condition; /* what the source waits for */
    RpcReader *reader;
    RpcOutput *output;
    RpcKeepalive keepalive;

    RpcMessage *held;  /* a call for which there was no room */
    guint outstanding; /* calls that went up and are not answered */
    guint holds;
    GError *refusal; /* answer to the first call of an unwelcome client */

    bool in_turn;
    bool broken;                    /* close in the next turn */
    bool finishing;                 /* read no more, close when all is answered and sent */
    bool output_blocked;            /* somebody may wait for on_output_ready */
    gint64 authentication_deadline; /* monotonic microseconds; -1: none */
    gint64 finish_deadline;
};

static gboolean client_dispatch(GSource *source, GSourceFunc callback, gpointer user_data);

static GSourceFuncs client_source_funcs = {.dispatch = client_dispatch};

/* One log line about @client, with who it is as fields. */
static G_GNUC_PRINTF(3, 4) void client_log(const RpcClient *client, GLogLevelFlags level,
                                           const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *id = g_strdup_printf("%" G_GUINT64_FORMAT, client->id);
    g_autofree char *pid = g_strdup_printf("%ld", (long)client->identity.pid);
    g_autofree char *uid = g_strdup_printf("%lu", (unsigned long)client->identity.uid);
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_log_structured(G_LOG_DOMAIN, level, "VIRTXL_CLIENT", id, "VIRTXL_CLIENT_PID", pid,
                     "VIRTXL_CLIENT_UID", uid, "MESSAGE", "client %s (pid %s, uid %s): %s", id, pid,
                     uid, text);
}

static gint64
deadline_in(guint milliseconds)
{
    return g_get_monotonic_time() + (gint64)milliseconds * 1000;
}

/* The earlier of two deadlines, of which -1 is never. */
static gint64
earlier(gint64 a, gint64 b)
{
    if (a < 0 || b < 0)
        return MAX(a, b);
    return MIN(a, b);
}

/* --- life and death ----------------------------------------------------- */

RpcClient *
rpc_client_new(int fd, guint64 id, const RpcIdentity *identity, const RpcClientLimits *limits,
               const RpcClientHandler *handler, gpointer user_data)
{
    RpcClient *client = g_new0(RpcClient, 1);
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();

    client->references = 1;
    client->id = id;
    client->identity = *identity;
    client->limits = *limits;
    client->limits.max_requests = MAX(limits->max_requests, 1);
    client->handler = handler;
    client->user_data = user_data;
    client->fd = fd;
    client->reader = rpc_reader_new();
    client->output = rpc_output_new();
    client->keepalive.deadline = -1;
    client->finish_deadline = -1;
    client->authentication_deadline =
        identity->authenticated ? -1 : deadline_in(limits->authentication_ms);

    client->source = g_source_new(&client_source_funcs, sizeof(ClientSource));
    ((ClientSource *)client->source)->client = client;
    g_source_set_static_name(client->source, "rpc client");
    client->condition = G_IO_IN;
    client->source_tag = g_source_add_unix_fd(client->source, fd, client->condition);
    g_source_set_ready_time(client->source, client->authentication_deadline);
    g_source_attach(client->source, context);
    return client;
}

RpcClient *
rpc_client_ref(RpcClient *client)
{
    client->references++;
    return client;
}

/* Gives back the socket and all that was waiting on either side of it. */
static void
drop_connection(RpcClient *client)
{
    g_source_destroy(client->source);
    g_clear_pointer(&client->source, g_source_unref);
    close(client->fd);
    client->fd = -1;
    g_clear_pointer(&client->reader, rpc_reader_free);
    g_clear_pointer(&client->output, rpc_output_free);
    g_clear_pointer(&client->held, rpc_message_unref);
}

void
rpc_client_unref(RpcClient *client)
{
    if (--client->references > 0)
        return;
    if (client->fd >= 0)
        drop_connection(client);
    g_clear_error(&client->refusal);
    rpc_client_set_data(client, NULL, NULL);
    g_free(client);
}

void
rpc_client_close(RpcClient *client)
{
    if (client->fd < 0)
        return;
    rpc_client_ref(client);
    drop_connection(client);
    client_log(client, G_LOG_LEVEL_DEBUG, "closed");
    if (client->handler->on_closed)
        client->handler->on_closed(client, client->user_data);
    rpc_client_unref(client);
}

/* Closes in the next turn, or at the end of this one. */
static void
request_close(RpcClient *client)
{
    client->broken = true;
    g_source_set_ready_time(client->source, 0);
}

/* Asks for a turn, unless one is under way, which sees all there is. */
static void
request_turn(RpcClient *client)
{
    if (client->fd >= 0 && !client->in_turn)
        g_source_set_ready_time(client->source, 0);
}

void
rpc_client_finish(RpcClient *client, guint grace_ms)
{
    client->finishing = true;
    client->finish_deadline = earlier(client->finish_deadline, deadline_in(grace_ms));
    request_turn(client);
}

void
rpc_client_refuse(RpcClient *client, const GError *error)
{
    g_clear_error(&client->refusal);
    client->refusal = g_error_copy(error);
    client->authentication_deadline =
        earlier(client->authentication_deadline, deadline_in(REFUSED_MS));
    request_turn(client);
}

/* --- what is known about it --------------------------------------------- */

guint64
rpc_client_get_id(const RpcClient *client)
{
    return client->id;
}

const RpcIdentity *
rpc_client_get_identity(const RpcClient *client)
{
    return &client->identity;
}

const RpcClientCounters *
rpc_client_get_counters(const RpcClient *client)
{
    return &client->counters;
}

guint
rpc_client_get_outstanding(const RpcClient *client)
{
    return client->outstanding;
}

bool
rpc_client_is_closed(const RpcClient *client)
{
    return client->fd < 0;
}

void
rpc_client_set_authenticated(RpcClient *client, bool authenticated)
{
    client->identity.authenticated = authenticated;
    client->authentication_deadline =
        authenticated ? -1 : deadline_in(client->limits.authentication_ms);
    request_turn(client);
}

void
rpc_client_set_data(RpcClient *client, gpointer data, GDestroyNotify destroy)
{
    gpointer old = client->data;
    GDestroyNotify old_destroy = client->data_destroy;

    client->data = data;
    client->data_destroy = destroy;
    if (old && old_destroy)
        old_destroy(old);
}

gpointer
rpc_client_get_data(const RpcClient *client)
{
    return client->data;
}

void
rpc_client_hold(RpcClient *client)
{
    client->holds++;
}

void
rpc_client_release(RpcClient *client)
{
    g_return_if_fail(client->holds > 0);
    if (--client->holds == 0)
        request_turn(client);
}

bool
rpc_client_output_ready(const RpcClient *client)
{
    return client->fd >= 0 && rpc_output_get_size(client->output) < OUTPUT_READY;
}

void
rpc_client_start_keepalive(RpcClient *client, guint interval_ms, guint count)
{
    rpc_keepalive_start(&client->keepalive, (gint64)interval_ms * 1000, count,
                        g_get_monotonic_time());
    request_turn(client);
}

/* --- sending ------------------------------------------------------------ */

/* Writes what the socket accepts. */
static void
flush(RpcClient *client)
{
    switch (rpc_output_write(client->output, client->fd, &client->counters.bytes_sent)) {
    case RPC_OUTPUT_EMPTY:
    case RPC_OUTPUT_FULL:
        break;
    case RPC_OUTPUT_BROKEN:
        client_log(client, G_LOG_LEVEL_DEBUG, "writing: %s", g_strerror(errno));
        request_close(client);
        break;
    }
}

/* Asks for a turn if what was sent leaves something for it to do. */
static void
follow_up(RpcClient *client)
{
    bool wait = rpc_output_get_size(client->output) > 0 && !(client->condition & G_IO_OUT);
    bool tell = client->output_blocked && rpc_client_output_ready(client);

    if (wait || tell || client->held || client->finishing)
        request_turn(client);
}

/* Queues a frame, and outside of a turn writes at once, which saves one. */
static void
send_frame(RpcClient *client, const RpcHeader *header, GBytes *payload, const int *fds, guint n_fds)
{
    gsize waiting = rpc_output_get_size(client->output);
    gsize size = payload ? g_bytes_get_size(payload) : 0;

    if (size > RPC_PAYLOAD_MAX - (rpc_type_has_fds(header->type) ? 4 : 0)) {
        client_log(client, G_LOG_LEVEL_CRITICAL,
                   "procedure %u gives a payload of %" G_GSIZE_FORMAT " bytes", header->procedure,
                   size);
        for (guint i = 0; i < n_fds; i++)
            close(fds[i]);
        request_close(client);
        return;
    }
    rpc_output_push(client->output, header, payload, fds, n_fds);
    if (!client->in_turn && waiting == 0 && !client->broken)
        flush(client);
    if (!rpc_client_output_ready(client))
        client->output_blocked = true;
    follow_up(client);
}

/* Sends the one answer to a call. */
static void
send_answer(RpcClient *client, const RpcHeader *call, RpcStatus status, GBytes *payload,
            const int *fds, guint n_fds)
{
    RpcHeader header = *call;

    if (client->outstanding > 0)
        client->outstanding--;
    else
        client_log(client, G_LOG_LEVEL_CRITICAL, "procedure %u is answered twice", call->procedure);
    if (client->fd < 0) {
        for (guint i = 0; i < n_fds; i++)
            close(fds[i]);
        return;
    }
    header.type = n_fds > 0 ? RPC_TYPE_REPLY_WITH_FDS : RPC_TYPE_REPLY;
    header.status = status;
    send_frame(client, &header, payload, fds, n_fds);
}

void
rpc_client_send_reply(RpcClient *client, const RpcHeader *call, GBytes *payload)
{
    send_answer(client, call, RPC_STATUS_OK, payload, NULL, 0);
}

void
rpc_client_send_reply_with_fds(RpcClient *client, const RpcHeader *call, GBytes *payload,
                               const int *fds, guint n_fds)
{
    g_assert(n_fds <= RPC_FDS_MAX);
    send_answer(client, call, RPC_STATUS_OK, payload, fds, n_fds);
}

void
rpc_client_send_error(RpcClient *client, const RpcHeader *call, GBytes *payload)
{
    client->counters.errors++;
    send_answer(client, call, RPC_STATUS_ERROR, payload, NULL, 0);
}

void
rpc_client_send_message(RpcClient *client, guint32 program, guint32 version, guint32 procedure,
                        GBytes *payload)
{
    RpcHeader header = {
        .program = program,
        .version = version,
        .procedure = procedure,
        .type = RPC_TYPE_MESSAGE,
        .serial = MESSAGE_SERIAL,
        .status = RPC_STATUS_OK,
    };

    if (client->fd < 0 || client->broken)
        return;
    if (rpc_output_get_messages_size(client->output) > client->limits.messages_max) {
        client_log(client, G_LOG_LEVEL_WARNING, "closing: it does not read its events");
        request_close(client);
        return;
    }
    client->counters.messages++;
    send_frame(client, &header, payload, NULL, 0);
}

void
rpc_client_send_stream(RpcClient *client, const RpcHeader *call, RpcStatus status, GBytes *payload)
{
    RpcHeader header = *call;

    if (client->fd < 0)
        return;
    header.type = RPC_TYPE_STREAM;
    header.status = status;
    send_frame(client, &header, payload, NULL, 0);
}

static void
send_keepalive(RpcClient *client, guint32 procedure)
{
    RpcHeader header = rpc_keepalive_header(procedure);

    send_frame(client, &header, NULL, NULL, 0);
}

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
    return client->fd >= 0 && !client->broken && !client->finishing && client->holds == 0 &&
           (!client->held || has_room_for_call(client)) &&
           rpc_output_get_size(client->output) < client->limits.output_pause;
}

/* Answers a call by @error in this room's own name. */
static void
answer_by_error(RpcClient *client, const RpcMessage *call, const GError *error)
{
    g_autoptr(GBytes) payload = client->handler->encode_error(error, client->user_data);

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
            send_keepalive(client, RPC_KEEPALIVE_PONG);
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
        client_log(client, G_LOG_LEVEL_INFO, "dropped a frame of type %u", message->header.type);
        break;
    }
}

static void
fail_broken(RpcClient *client, const char *reason)
{
    client_log(client, G_LOG_LEVEL_WARNING, "closing: %s", reason);
    request_close(client);
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

/* Reads once. False: nothing came, for now or for ever. */
static bool
read_once(RpcClient *client)
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
            client_log(client, G_LOG_LEVEL_INFO, "gone in the middle of a frame");
        request_close(client);
        return false;
    }
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

    for (guint messages = 0; messages < TURN_MESSAGES;) {
        g_autoptr(RpcMessage) message = NULL;

        if (!may_handle(client))
            return true;
        switch (next_message(client, &message)) {
        case RPC_READER_BROKEN:
            return false;
        case RPC_READER_MORE:
            /* The socket tells when there is more to read. */
            if (reads++ == TURN_READS || !read_once(client))
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

/* --- a turn of the loop ------------------------------------------------- */

static void
look_at_clocks(RpcClient *client)
{
    gint64 now = g_get_monotonic_time();

    if (client->finishing && client->finish_deadline <= now) {
        request_close(client);
        return;
    }
    if (client->authentication_deadline >= 0 && client->authentication_deadline <= now) {
        client_log(client, G_LOG_LEVEL_INFO, "closing: it took too long to authenticate");
        request_close(client);
        return;
    }
    /* Answers that we don't read are not missing. */
    if (!may_handle(client) && client->keepalive.deadline >= 0 && client->keepalive.deadline <= now)
        rpc_keepalive_alive(&client->keepalive, now);
    switch (rpc_keepalive_tick(&client->keepalive, now)) {
    case RPC_KEEPALIVE_QUIET:
        break;
    case RPC_KEEPALIVE_SEND_PING:
        send_keepalive(client, RPC_KEEPALIVE_PING);
        break;
    case RPC_KEEPALIVE_DEAD:
        client_log(client, G_LOG_LEVEL_INFO, "closing: %u pings went unanswered",
                   client->keepalive.count);
        request_close(client);
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

static bool
is_finished(const RpcClient *client)
{
    return client->finishing && client->outstanding == 0 &&
           rpc_output_get_size(client->output) == 0;
}

/* Tells the loop what the next turn is for. */
static void
update_source(RpcClient *client, bool again)
{
    GIOCondition condition = 0;
    gint64 deadline = earlier(client->keepalive.deadline, client->authentication_deadline);

    if (may_handle(client))
        condition |= G_IO_IN;
    if (rpc_output_get_size(client->output) > 0)
        condition |= G_IO_OUT;
    if (client->finishing)
        deadline = earlier(deadline, client->finish_deadline);
    /* Each change wakes the loop. */
    if (condition != client->condition)
        g_source_modify_unix_fd(client->source, client->source_tag, condition);
    client->condition = condition;
    g_source_set_ready_time(client->source, again ? 0 : deadline);
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
    flush(client);
    if (!client->broken)
        tell_output_ready(client);
}

static void
client_turn(RpcClient *client)
{
    GIOCondition condition = g_source_query_unix_fd(client->source, client->source_tag);
    bool more;

    client->in_turn = true; /* what is sent now only queues */
    more = receive(client);
    if (client->fd >= 0 && !client->broken)
        look_at_clocks(client);
    if (client->fd >= 0)
        transmit(client);
    client->in_turn = false;

    if (client->fd < 0)
        return;
    if (client->broken || is_finished(client) || is_gone(client, condition))
        rpc_client_close(client);
    else
        update_source(client, more && may_handle(client));
}

static gboolean
client_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    RpcClient *client = rpc_client_ref(((ClientSource *)source)->client);

    client_turn(client);
    rpc_client_unref(client);
    return G_SOURCE_CONTINUE;
}
