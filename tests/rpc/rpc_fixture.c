/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc_fixture.h"

#include "rpc/rpc_keepalive.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static GString *logged;

void
fixture_turn(gint64 end, const char *what)
{
    if (g_get_monotonic_time() >= end)
        g_error("waited in vain until %s", what);
    if (!g_main_context_iteration(NULL, FALSE))
        g_usleep(200);
}

void
fixture_idle(guint milliseconds)
{
    gint64 end = g_get_monotonic_time() + (gint64)milliseconds * 1000;

    while (g_get_monotonic_time() < end) {
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(200);
    }
}

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    for (gsize i = 0; i < n_fields; i++) {
        if (g_str_equal(fields[i].key, "MESSAGE"))
            g_string_append_printf(logged, "%s\n", (const char *)fields[i].value);
    }
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        g_log_writer_standard_streams(level, fields, n_fields, NULL);
    return G_LOG_WRITER_HANDLED;
}

void
fixture_capture_log(void)
{
    logged = g_string_new(NULL);
    g_log_set_writer_func(write_log, NULL, NULL);
}

bool
fixture_was_logged(const char *part)
{
    bool found = strstr(logged->str, part) != NULL;

    if (!found)
        g_test_message("not in the log: %s; it has: %s", part, logged->str);
    g_string_truncate(logged, 0);
    return found;
}

GBytes *
fixture_encode_error(const GError *error, gpointer user_data)
{
    return g_bytes_new(error->message, strlen(error->message));
}

static void
on_call(RpcClient *client, RpcMessage *call, gpointer user_data)
{
    Fixture *fixture = user_data;

    fixture->handled++;
    if (fixture->answer)
        rpc_client_send_reply(client, &call->header, fixture->reply);
    else
        g_ptr_array_add(fixture->calls, rpc_message_ref(call));
}

static void
on_stream(RpcClient *client, RpcMessage *frame, gpointer user_data)
{
    Fixture *fixture = user_data;

    g_ptr_array_add(fixture->streams, rpc_message_ref(frame));
}

static void
on_output_ready(RpcClient *client, gpointer user_data)
{
    Fixture *fixture = user_data;

    fixture->output_ready++;
}

static void
on_closed(RpcClient *client, gpointer user_data)
{
    Fixture *fixture = user_data;

    fixture->closed++;
}

static const RpcClientHandler handler = {
    .on_call = on_call,
    .on_stream = on_stream,
    .on_output_ready = on_output_ready,
    .on_closed = on_closed,
    .encode_error = fixture_encode_error,
};

void
fixture_open(Fixture *fixture, const RpcClientLimits *limits, bool authenticated)
{
    static const RpcClientLimits defaults = RPC_CLIENT_LIMITS_DEFAULT;
    RpcIdentity identity = {.pid = getpid(), .uid = 12345, .authenticated = authenticated};
    int pair[2];
    int r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);

    g_assert_cmpint(r, ==, 0);
    *fixture = (Fixture){.peer = pair[1]};
    fixture->peer_reader = rpc_reader_new();
    fixture->calls = g_ptr_array_new_with_free_func((GDestroyNotify)rpc_message_unref);
    fixture->streams = g_ptr_array_new_with_free_func((GDestroyNotify)rpc_message_unref);
    fixture->poll = rpc_poll_new(NULL);
    fixture->client = rpc_client_new(fixture->poll, pair[0], 7, &identity,
                                     limits ? limits : &defaults, &handler, fixture);
}

void
fixture_close(Fixture *fixture)
{
    rpc_client_close(fixture->client);
    g_assert_cmpuint(fixture->closed, ==, 1);
    rpc_client_unref(fixture->client);
    rpc_poll_free(fixture->poll);
    if (fixture->peer >= 0)
        close(fixture->peer);
    rpc_reader_free(fixture->peer_reader);
    g_ptr_array_unref(fixture->calls);
    g_ptr_array_unref(fixture->streams);
    g_clear_pointer(&fixture->reply, g_bytes_unref);
}

GByteArray *
make_frame(const RpcHeader *header, const void *payload, gsize size)
{
    GByteArray *frame = g_byte_array_new();
    guint8 start[RPC_FRAME_MIN];

    rpc_frame_encode_start(header, size, start);
    g_byte_array_append(frame, start, sizeof(start));
    if (size > 0)
        g_byte_array_append(frame, payload, (guint)size);
    return frame;
}

RpcHeader
make_call(guint32 procedure, guint32 serial)
{
    return (RpcHeader){
        .program = TEST_PROGRAM,
        .version = 1,
        .procedure = procedure,
        .type = RPC_TYPE_CALL,
        .serial = serial,
    };
}

void
peer_send(Fixture *fixture, const void *data, gsize size)
{
    const guint8 *bytes = data;
    gint64 end = g_get_monotonic_time() + 30 * G_TIME_SPAN_SECOND;

    while (size > 0) {
        gssize r = send(fixture->peer, bytes, size, MSG_NOSIGNAL);

        if (r < 0) {
            g_assert_cmpint(errno, ==, EAGAIN);
            fixture_turn(end, "the daemon's side reads");
            continue;
        }
        bytes += r;
        size -= (gsize)r;
    }
}

void
peer_send_frame(Fixture *fixture, const RpcHeader *header, const void *payload, gsize size)
{
    g_autoptr(GByteArray) frame = make_frame(header, payload, size);

    peer_send(fixture, frame->data, frame->len);
}

void
peer_send_call(Fixture *fixture, guint32 serial)
{
    RpcHeader header = make_call(1, serial);

    peer_send_frame(fixture, &header, NULL, 0);
}

void
peer_send_fds(Fixture *fixture, const int *fds, guint n_fds)
{
    g_autofree char *space = g_malloc0(CMSG_SPACE(n_fds * sizeof(int)));
    struct iovec part = {.iov_base = (void *)"", .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = space,
        .msg_controllen = CMSG_SPACE(n_fds * sizeof(int)),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    gssize r;

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
    memcpy(CMSG_DATA(header), fds, n_fds * sizeof(int));
    r = sendmsg(fixture->peer, &message, MSG_NOSIGNAL);
    g_assert_cmpint(r, ==, 1);
}

/* Reads once from the peer's end into its reader; the result of recvmsg(). */
static gssize
peer_read(Fixture *fixture)
{
    static guint8 data[256 * 1024];
    char space[CMSG_SPACE(RPC_FDS_MAX * sizeof(int))];
    struct iovec part = {.iov_base = data, .iov_len = sizeof(data)};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = space,
        .msg_controllen = sizeof(space),
    };
    gssize size = recvmsg(fixture->peer, &message, MSG_CMSG_CLOEXEC);

    for (struct cmsghdr *item = size > 0 ? CMSG_FIRSTHDR(&message) : NULL; item;
         item = CMSG_NXTHDR(&message, item)) {
        int fds[RPC_FDS_MAX];
        gsize bytes = item->cmsg_len - CMSG_LEN(0);

        memcpy(fds, CMSG_DATA(item), bytes);
        rpc_reader_push_fds(fixture->peer_reader, fds, (guint)(bytes / sizeof(int)));
    }
    if (size > 0)
        rpc_reader_push(fixture->peer_reader, data, (gsize)size);
    return size;
}

RpcMessage *
peer_try_receive(Fixture *fixture)
{
    for (;;) {
        g_autoptr(GError) error = NULL;
        RpcMessage *message;
        RpcReaderResult result =
            rpc_reader_next(fixture->peer_reader, RPC_FRAME_MAX, &message, &error);

        g_assert_no_error(error);
        if (result == RPC_READER_MESSAGE)
            return message;
        if (peer_read(fixture) <= 0)
            return NULL;
    }
}

RpcMessage *
peer_receive(Fixture *fixture)
{
    RpcMessage *message = NULL;

    WAIT_UNTIL((message = peer_try_receive(fixture)));
    return message;
}

/* Reads on up to the end; the result of the last recvmsg(). */
static gssize
peer_read_all(Fixture *fixture)
{
    gssize size;

    do {
        size = peer_read(fixture);
    } while (size > 0);
    return size;
}

bool
peer_sees_end(Fixture *fixture)
{
    return peer_read_all(fixture) == 0 || errno == ECONNRESET;
}

bool
peer_sees_clean_end(Fixture *fixture)
{
    return peer_read_all(fixture) == 0;
}

guint
count_open_fds(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir))
        n++;
    return n;
}

void
fixture_answer_oldest(Fixture *fixture)
{
    RpcMessage *call = g_ptr_array_index(fixture->calls, 0);

    rpc_client_send_reply(fixture->client, &call->header, fixture->reply);
    g_ptr_array_remove_index(fixture->calls, 0);
}

void
peer_expect_reply(Fixture *fixture, guint32 serial, guint32 status)
{
    g_autoptr(RpcMessage) reply = peer_receive(fixture);

    g_assert_cmpuint(reply->header.type, ==, RPC_TYPE_REPLY);
    g_assert_cmpuint(reply->header.serial, ==, serial);
    g_assert_cmpuint(reply->header.status, ==, status);
}

void
peer_expect_keepalive(Fixture *fixture, guint32 procedure)
{
    g_autoptr(RpcMessage) message = peer_receive(fixture);

    g_assert_true(rpc_keepalive_matches(&message->header));
    g_assert_cmpuint(message->header.procedure, ==, procedure);
    g_assert_cmpuint(g_bytes_get_size(message->payload), ==, 0);
}

void
peer_ping(Fixture *fixture)
{
    RpcHeader header = rpc_keepalive_header(RPC_KEEPALIVE_PING);

    peer_send_frame(fixture, &header, NULL, 0);
}

void
fixture_assert_alive(Fixture *fixture)
{
    fixture->answer = true;
    peer_send_call(fixture, 4711);
    peer_expect_reply(fixture, 4711, RPC_STATUS_OK);
}

int
fixture_run(int argc, char **argv, const char *prefix, const FixtureTest *tests, gsize n)
{
    g_test_init(&argc, &argv, NULL);
    fixture_capture_log();
    for (gsize i = 0; i < n; i++) {
        g_autofree char *path = g_strdup_printf("%s/%s", prefix, tests[i].path);

        g_test_add_func(path, tests[i].function);
    }
    return g_test_run();
}
