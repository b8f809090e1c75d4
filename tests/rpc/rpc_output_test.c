/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc_fixture.h"

#include "rpc/rpc_output.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A queue on one end of a socket pair whose buffers are as small as they get. */
typedef struct {
    RpcOutput *output;
    int fd;
    Fixture peer; /* only its peer and peer_reader are used */
} Pair;

static void
open_pair(Pair *pair)
{
    int fds[2];
    int small = 1;
    int r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);

    g_assert_cmpint(r, ==, 0);
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    *pair = (Pair){.fd = fds[0], .peer.peer = fds[1]};
    pair->output = rpc_output_new();
    pair->peer.peer_reader = rpc_reader_new();
}

static void
close_pair(Pair *pair)
{
    rpc_output_free(pair->output);
    rpc_reader_free(pair->peer.peer_reader);
    close(pair->fd);
    if (pair->peer.peer >= 0)
        close(pair->peer.peer);
}

static GBytes *
make_payload(gsize size, guint seed)
{
    guint8 *data = g_malloc(size + 1);

    for (gsize i = 0; i < size; i++)
        data[i] = (guint8)(i * 31 + seed);
    return g_bytes_new_take(data, size);
}

static void
test_frames_arrive_whole_through_a_small_buffer(void)
{
    const gsize sizes[] = {0, 1, 100, 5000, 300000, 0, 0, 70000, 3};
    Pair pair;
    guint64 sent = 0;
    gsize received = 0;

    open_pair(&pair);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GBytes) payload = make_payload(sizes[i], (guint)i);
        RpcHeader header = make_call(1, (guint32)i);

        rpc_output_push(pair.output, &header, payload, NULL, 0);
    }
    for (guint32 i = 0; i < G_N_ELEMENTS(sizes);) {
        g_autoptr(RpcMessage) message = NULL;
        g_autoptr(GBytes) payload = make_payload(sizes[i], i);

        g_assert_cmpint(rpc_output_write(pair.output, pair.fd, &sent), !=, RPC_OUTPUT_BROKEN);
        message = peer_try_receive(&pair.peer);
        if (!message)
            continue;
        g_assert_cmpuint(message->header.serial, ==, i);
        g_assert_true(g_bytes_equal(message->payload, payload));
        received += RPC_FRAME_MIN + sizes[i];
        i++;
    }
    g_assert_cmpint(rpc_output_write(pair.output, pair.fd, &sent), ==, RPC_OUTPUT_EMPTY);
    g_assert_cmpuint(sent, ==, received);
    g_assert_cmpuint(rpc_output_get_size(pair.output), ==, 0);
    close_pair(&pair);
}

static void
test_a_full_socket_keeps_the_rest(void)
{
    Pair pair;
    guint64 sent = 0;
    g_autoptr(GBytes) payload = make_payload(1024 * 1024, 1);
    RpcHeader header = make_call(1, 1);

    open_pair(&pair);
    rpc_output_push(pair.output, &header, payload, NULL, 0);
    while (rpc_output_write(pair.output, pair.fd, &sent) != RPC_OUTPUT_FULL)
        ;
    g_assert_cmpuint(sent, <, 1024 * 1024);
    g_assert_cmpuint(rpc_output_get_size(pair.output), >, 1024 * 1024);
    g_assert_cmpuint(rpc_output_get_messages_size(pair.output), ==, 0);
    close_pair(&pair);
}

static void
test_messages_are_counted_apart(void)
{
    Pair pair;
    guint64 sent = 0;
    RpcHeader header = make_call(1, 1);

    open_pair(&pair);
    rpc_output_push(pair.output, &header, NULL, NULL, 0);
    header.type = RPC_TYPE_MESSAGE;
    rpc_output_push(pair.output, &header, NULL, NULL, 0);
    g_assert_cmpuint(rpc_output_get_messages_size(pair.output), >, 0);
    g_assert_cmpuint(rpc_output_get_messages_size(pair.output), <,
                     rpc_output_get_size(pair.output));
    while (rpc_output_write(pair.output, pair.fd, &sent) != RPC_OUTPUT_EMPTY)
        ;
    g_assert_cmpuint(rpc_output_get_messages_size(pair.output), ==, 0);
    close_pair(&pair);
}

static void
push_null_fds(RpcOutput *output, guint n_fds, guint32 serial)
{
    RpcHeader header = make_call(1, serial);
    g_autoptr(GBytes) payload = g_bytes_new("x", 1);
    int fds[RPC_FDS_MAX];

    header.type = RPC_TYPE_REPLY_WITH_FDS;
    for (guint i = 0; i < n_fds; i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    rpc_output_push(output, &header, payload, fds, n_fds);
}

static void
test_descriptors_follow_their_frame(void)
{
    const guint counts[] = {1, 0, RPC_FDS_MAX, 2};
    guint before = count_open_fds();
    Pair pair;
    guint64 sent = 0;

    open_pair(&pair);
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
        push_null_fds(pair.output, counts[i], i);
    for (guint i = 0; i < G_N_ELEMENTS(counts);) {
        g_autoptr(RpcMessage) message = NULL;

        g_assert_cmpint(rpc_output_write(pair.output, pair.fd, &sent), !=, RPC_OUTPUT_BROKEN);
        message = peer_try_receive(&pair.peer);
        if (!message)
            continue;
        g_assert_cmpuint(message->header.serial, ==, i);
        g_assert_cmpuint(message->n_fds, ==, counts[i]);
        g_assert_cmpuint(g_bytes_get_size(message->payload), ==, 1);
        i++;
    }
    g_assert_cmpint(rpc_output_write(pair.output, pair.fd, &sent), ==, RPC_OUTPUT_EMPTY);
    close_pair(&pair);
    g_assert_cmpuint(count_open_fds(), ==, before);
}

static void
test_unsent_descriptors_are_closed(void)
{
    guint before = count_open_fds();
    Pair pair;

    open_pair(&pair);
    push_null_fds(pair.output, 3, 1);
    close_pair(&pair);
    g_assert_cmpuint(count_open_fds(), ==, before);
}

static void
test_a_gone_peer_breaks(void)
{
    Pair pair;
    guint64 sent = 0;
    RpcHeader header = make_call(1, 1);

    open_pair(&pair);
    close(pair.peer.peer);
    pair.peer.peer = -1;
    rpc_output_push(pair.output, &header, NULL, NULL, 0);
    g_assert_cmpint(rpc_output_write(pair.output, pair.fd, &sent), ==, RPC_OUTPUT_BROKEN);
    close_pair(&pair);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpc/output/frames-arrive-whole-through-a-small-buffer",
                    test_frames_arrive_whole_through_a_small_buffer);
    g_test_add_func("/rpc/output/a-full-socket-keeps-the-rest", test_a_full_socket_keeps_the_rest);
    g_test_add_func("/rpc/output/messages-are-counted-apart", test_messages_are_counted_apart);
    g_test_add_func("/rpc/output/descriptors-follow-their-frame",
                    test_descriptors_follow_their_frame);
    g_test_add_func("/rpc/output/unsent-descriptors-are-closed",
                    test_unsent_descriptors_are_closed);
    g_test_add_func("/rpc/output/a-gone-peer-breaks", test_a_gone_peer_breaks);
    return g_test_run();
}
