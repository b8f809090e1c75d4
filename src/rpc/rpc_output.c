/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_output.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Frames gathered in a write, and writes in a row. */
#define GATHER_FRAMES 32u
#define WRITES_MAX    8u

/* A frame in the queue. Its bytes are those of start, then the payload's, then
 * one for each descriptor. */
typedef struct {
    guint8 start[RPC_FRAME_MIN + 4];
    gsize start_size;
    GBytes *payload; /* or NULL */
    gsize payload_size;
    guint n_fds;
    int *fds; /* closed when sent */
    gsize sent;
    bool is_message;
} Frame;

struct RpcOutput {
    GQueue frames; /* of Frame */
    gsize size;
    gsize messages_size;
};

static gsize
frame_cost(const Frame *frame)
{
    return sizeof(*frame) + sizeof(GList) + frame->payload_size;
}

static void
frame_free(gpointer pointer)
{
    Frame *frame = pointer;

    for (guint i = 0; i < frame->n_fds; i++) {
        if (frame->fds[i] >= 0)
            close(frame->fds[i]);
    }
    g_free(frame->fds);
    g_clear_pointer(&frame->payload, g_bytes_unref);
    g_free(frame);
}

RpcOutput *
rpc_output_new(void)
{
    RpcOutput *output = g_new0(RpcOutput, 1);

    g_queue_init(&output->frames);
    return output;
}

void
rpc_output_free(RpcOutput *output)
{
    g_queue_clear_full(&output->frames, frame_free);
    g_free(output);
}

gsize
rpc_output_get_size(const RpcOutput *output)
{
    return output->size;
}

gsize
rpc_output_get_messages_size(const RpcOutput *output)
{
    return output->messages_size;
}

void
rpc_output_push(RpcOutput *output, const RpcHeader *header, GBytes *payload, const int *fds,
                guint n_fds)
{
    Frame *frame = g_new0(Frame, 1);
    gsize body_size;

    frame->payload = payload ? g_bytes_ref(payload) : NULL;
    frame->payload_size = payload ? g_bytes_get_size(payload) : 0;
    frame->n_fds = n_fds;
    frame->fds = g_memdup2(fds, n_fds * sizeof(*fds));
    frame->start_size = RPC_FRAME_MIN;
    frame->is_message = header->type == RPC_TYPE_MESSAGE;

    body_size = frame->payload_size;
    if (rpc_type_has_fds(header->type)) {
        rpc_uint32_encode(n_fds, frame->start + RPC_FRAME_MIN);
        frame->start_size += 4;
        body_size += 4;
    }
    rpc_frame_encode_start(header, body_size, frame->start);

    g_queue_push_tail(&output->frames, frame);
    output->size += frame_cost(frame);
    if (frame->is_message)
        output->messages_size += frame_cost(frame);
}

static void
remove_head(RpcOutput *output)
{
    Frame *frame = g_queue_pop_head(&output->frames);

    output->size -= frame_cost(frame);
    if (frame->is_message)
        output->messages_size -= frame_cost(frame);
    frame_free(frame);
}

/* Bytes of a frame that need no descriptor with them. */
static gsize
frame_plain_size(const Frame *frame)
{
    return frame->start_size + frame->payload_size;
}

/* Adds what is unsent of the plain bytes of @frame to @parts. */
static gsize
gather_frame(const Frame *frame, struct iovec *parts)
{
    gsize n = 0;

    if (frame->sent < frame->start_size) {
        parts[n].iov_base = (void *)(frame->start + frame->sent);
        parts[n++].iov_len = frame->start_size - frame->sent;
    }
    if (frame->payload_size > 0 && frame->sent < frame_plain_size(frame)) {
        gsize skip = frame->sent > frame->start_size ? frame->sent - frame->start_size : 0;
        const guint8 *data = g_bytes_get_data(frame->payload, NULL);

        parts[n].iov_base = (void *)(data + skip);
        parts[n++].iov_len = frame->payload_size - skip;
    }
    return n;
}

/* Frames up to the first that has descriptors, which is the last. */
static gsize
gather(const RpcOutput *output, struct iovec *parts)
{
    gsize n = 0;
    guint frames = 0;

    for (GList *link = output->frames.head; link && frames < GATHER_FRAMES; link = link->next) {
        const Frame *frame = link->data;

        n += gather_frame(frame, parts + n);
        frames++;
        if (frame->n_fds > 0)
            break;
    }
    return n;
}

/* Sends the byte that is next behind the head with its descriptor. */
static gssize
send_descriptor(Frame *frame, int fd)
{
    guint index = (guint)(frame->sent - frame_plain_size(frame));
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec part = {.iov_base = (void *)"", .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.space,
        .msg_controllen = sizeof(control.space),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    gssize result;

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &frame->fds[index], sizeof(int));
    result = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (result > 0) {
        close(frame->fds[index]);
        frame->fds[index] = -1;
    }
    return result;
}

/* One write: of gathered frames, or of one descriptor. */
static gssize
write_once(RpcOutput *output, int fd)
{
    struct iovec parts[2 * GATHER_FRAMES];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = gather(output, parts)};

    if (message.msg_iovlen == 0)
        return send_descriptor(g_queue_peek_head(&output->frames), fd);
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Removes from the queue what @size bytes of a write have completed. */
static void
advance(RpcOutput *output, gsize size)
{
    while (size > 0) {
        Frame *frame = g_queue_peek_head(&output->frames);
        gsize total = frame_plain_size(frame) + frame->n_fds;
        gsize step = MIN(size, total - frame->sent);

        frame->sent += step;
        size -= step;
        if (frame->sent == total)
            remove_head(output);
    }
}

RpcOutputResult
rpc_output_write(RpcOutput *output, int fd, guint64 *sent)
{
    for (guint i = 0; i < WRITES_MAX && output->frames.length > 0; i++) {
        gssize size = write_once(output, fd);

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return errno == EAGAIN ? RPC_OUTPUT_FULL : RPC_OUTPUT_BROKEN;
        *sent += (guint64)size;
        advance(output, (gsize)size);
    }
    return output->frames.length > 0 ? RPC_OUTPUT_FULL : RPC_OUTPUT_EMPTY;
}
