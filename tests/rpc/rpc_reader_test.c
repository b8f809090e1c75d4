/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc_fixture.h"

#include "util/error.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void
push_length(RpcReader *reader, guint32 length)
{
    guint8 bytes[4];

    rpc_uint32_encode(length, bytes);
    rpc_reader_push(reader, bytes, sizeof(bytes));
}

static void
test_lengths_out_of_range_break(void)
{
    GArray *lengths = g_array_new(FALSE, FALSE, sizeof(guint32));
    const guint32 large[] = {RPC_FRAME_MAX + 1, 0x7fffffff, 0x80000000, 0xffffffff};

    for (guint32 length = 0; length < RPC_FRAME_MIN; length++)
        g_array_append_val(lengths, length);
    g_array_append_vals(lengths, large, G_N_ELEMENTS(large));

    for (guint i = 0; i < lengths->len; i++) {
        g_autoptr(RpcReader) reader = rpc_reader_new();
        g_autoptr(GError) error = NULL;
        RpcMessage *message;

        push_length(reader, g_array_index(lengths, guint32, i));
        g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &message, &error), ==,
                        RPC_READER_BROKEN);
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_RPC);
    }
    g_array_unref(lengths);
}

static void
test_smallest_and_largest_frame_are_taken(void)
{
    const gsize sizes[] = {0, 4, RPC_PAYLOAD_MAX};

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(RpcReader) reader = rpc_reader_new();
        g_autoptr(RpcMessage) message = NULL;
        g_autofree guint8 *payload = g_malloc0(sizes[i]);
        RpcHeader header = make_call(12, 34);
        g_autoptr(GByteArray) frame = make_frame(&header, payload, sizes[i]);

        rpc_reader_push(reader, frame->data, frame->len);
        g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &message, NULL), ==,
                        RPC_READER_MESSAGE);
        g_assert_cmpmem(&message->header, sizeof(header), &header, sizeof(header));
        g_assert_cmpuint(g_bytes_get_size(message->payload), ==, sizes[i]);
        g_assert_cmpuint(rpc_reader_get_pending(reader), ==, 0);
    }
}

static void
test_limit_of_the_moment_counts(void)
{
    g_autoptr(RpcReader) reader = rpc_reader_new();
    g_autoptr(GError) error = NULL;
    RpcMessage *message;

    push_length(reader, 101);
    g_assert_cmpint(rpc_reader_next(reader, 101, &message, &error), ==, RPC_READER_MORE);
    g_assert_cmpint(rpc_reader_next(reader, 100, &message, &error), ==, RPC_READER_BROKEN);
}

static void
test_bytes_one_at_a_time(void)
{
    g_autoptr(RpcReader) reader = rpc_reader_new();
    g_autoptr(RpcMessage) message = NULL;
    RpcHeader header = make_call(3, 4);
    g_autoptr(GByteArray) frame = make_frame(&header, "payload", 7);

    for (guint i = 0; i + 1 < frame->len; i++) {
        rpc_reader_push(reader, frame->data + i, 1);
        g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &message, NULL), ==,
                        RPC_READER_MORE);
    }
    rpc_reader_push(reader, frame->data + frame->len - 1, 1);
    g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &message, NULL), ==, RPC_READER_MESSAGE);
    g_assert_cmpmem(g_bytes_get_data(message->payload, NULL), 7, "payload", 7);
}

static void
test_many_frames_in_one_push(void)
{
    g_autoptr(RpcReader) reader = rpc_reader_new();
    g_autoptr(GByteArray) all = g_byte_array_new();

    for (guint32 i = 0; i < 1000; i++) {
        RpcHeader header = make_call(i, i);
        g_autoptr(GByteArray) frame = make_frame(&header, &i, i % 5);

        g_byte_array_append(all, frame->data, frame->len);
    }
    rpc_reader_push(reader, all->data, all->len - 1);
    for (guint32 i = 0; i < 999; i++) {
        g_autoptr(RpcMessage) message = NULL;

        g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &message, NULL), ==,
                        RPC_READER_MESSAGE);
        g_assert_cmpuint(message->header.serial, ==, i);
        g_assert_cmpuint(g_bytes_get_size(message->payload), ==, i % 5);
    }
    g_assert_cmpuint(rpc_reader_get_pending(reader), ==, RPC_FRAME_MIN + 999 % 5 - 1);
}

/* Pushes a frame that announces @announced descriptors. */
static void
push_fd_frame(RpcReader *reader, guint32 announced)
{
    RpcHeader header = make_call(1, 1);
    guint8 count[4];
    g_autoptr(GByteArray) frame = NULL;

    header.type = RPC_TYPE_CALL_WITH_FDS;
    rpc_uint32_encode(announced, count);
    frame = make_frame(&header, count, sizeof(count));
    rpc_reader_push(reader, frame->data, frame->len);
}

static void
push_carrier(RpcReader *reader, bool with_fd)
{
    int fd = with_fd ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;

    if (with_fd)
        rpc_reader_push_fds(reader, &fd, 1);
    rpc_reader_push(reader, (const guint8 *)"", 1);
}

static void
test_descriptors_belong_to_their_frame(void)
{
    guint before = count_open_fds();
    RpcReader *reader = rpc_reader_new();
    RpcMessage *message;
    RpcMessage *second;
    int fd;

    push_fd_frame(reader, 2);
    push_carrier(reader, true);
    g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &message, NULL), ==, RPC_READER_MORE);
    push_carrier(reader, true);
    push_fd_frame(reader, 0);
    g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &message, NULL), ==, RPC_READER_MESSAGE);
    g_assert_cmpuint(message->n_fds, ==, 2);
    g_assert_cmpuint(g_bytes_get_size(message->payload), ==, 0);
    g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &second, NULL), ==, RPC_READER_MESSAGE);
    g_assert_cmpuint(second->n_fds, ==, 0);

    fd = rpc_message_take_fd(message, 0);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(rpc_message_take_fd(message, 0), ==, -1);
    g_assert_cmpint(rpc_message_take_fd(message, 2), ==, -1);
    close(fd);
    rpc_message_unref(message);
    rpc_message_unref(second);
    rpc_reader_free(reader);
    g_assert_cmpuint(count_open_fds(), ==, before);
}

static void
assert_broken(RpcReader *reader)
{
    g_autoptr(GError) error = NULL;
    RpcMessage *message;

    g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &message, &error), ==,
                    RPC_READER_BROKEN);
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_RPC);
    rpc_reader_free(reader);
}

static void
test_wrong_descriptors_break(void)
{
    guint before = count_open_fds();
    RpcHeader header = make_call(1, 1);
    g_autoptr(GByteArray) frame = NULL;
    RpcReader *reader = rpc_reader_new();

    /* fewer than announced */
    push_fd_frame(reader, 2);
    push_carrier(reader, true);
    push_carrier(reader, false);
    assert_broken(reader);

    /* too many announced */
    reader = rpc_reader_new();
    push_fd_frame(reader, RPC_FDS_MAX + 1);
    assert_broken(reader);

    /* no room for the count */
    header.type = RPC_TYPE_CALL_WITH_FDS;
    frame = make_frame(&header, "\0\0", 3);
    reader = rpc_reader_new();
    rpc_reader_push(reader, frame->data, frame->len);
    assert_broken(reader);

    /* more pending than a frame may have */
    reader = rpc_reader_new();
    push_length(reader, RPC_FRAME_MIN);
    for (guint i = 0; i <= RPC_FDS_MAX; i++)
        push_carrier(reader, true);
    assert_broken(reader);
    g_assert_cmpuint(count_open_fds(), ==, before);
}

static void
test_stray_descriptors_break(void)
{
    guint before = count_open_fds();
    RpcReader *reader = rpc_reader_new();
    g_autoptr(RpcMessage) message = NULL;
    RpcHeader header = make_call(1, 1);
    g_autoptr(GByteArray) frame = make_frame(&header, NULL, 0);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    rpc_reader_push_fds(reader, &fd, 1);
    rpc_reader_push(reader, frame->data, frame->len);
    g_assert_cmpint(rpc_reader_next(reader, RPC_FRAME_MAX, &message, NULL), ==, RPC_READER_MESSAGE);
    assert_broken(reader);
    g_assert_cmpuint(count_open_fds(), ==, before);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpc/reader/lengths-out-of-range-break", test_lengths_out_of_range_break);
    g_test_add_func("/rpc/reader/smallest-and-largest-frame-are-taken",
                    test_smallest_and_largest_frame_are_taken);
    g_test_add_func("/rpc/reader/limit-of-the-moment-counts", test_limit_of_the_moment_counts);
    g_test_add_func("/rpc/reader/bytes-one-at-a-time", test_bytes_one_at_a_time);
    g_test_add_func("/rpc/reader/many-frames-in-one-push", test_many_frames_in_one_push);
    g_test_add_func("/rpc/reader/descriptors-belong-to-their-frame",
                    test_descriptors_belong_to_their_frame);
    g_test_add_func("/rpc/reader/wrong-descriptors-break", test_wrong_descriptors_break);
    g_test_add_func("/rpc/reader/stray-descriptors-break", test_stray_descriptors_break);
    return g_test_run();
}
