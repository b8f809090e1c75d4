/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_reader.h"

#include "util/error.h"
#include "util/i18n.h"

#include <unistd.h>

/* A drained buffer that has been larger than this is given back. */
#define BUFFER_KEPT 4096u

/* Room of a new buffer: a few small calls. */
#define BUFFER_NEW 256u

struct RpcReader {
    GByteArray *buffer;
    gsize taken; /* bytes at the start of the buffer that were given out */
    gsize peak;  /* largest size since the buffer was made */
    GArray *fds; /* of int: came, and belong to no message yet */
};

/* A whole frame, as offsets from its length word. */
typedef struct {
    RpcHeader header;
    gsize payload;
    gsize end;
    guint n_fds; /* each has a byte behind the end */
} Frame;

RpcReader *
rpc_reader_new(void)
{
    RpcReader *reader = g_new0(RpcReader, 1);

    reader->buffer = g_byte_array_sized_new(BUFFER_NEW);
    reader->fds = g_array_new(FALSE, FALSE, sizeof(int));
    return reader;
}

void
rpc_reader_free(RpcReader *reader)
{
    for (guint i = 0; i < reader->fds->len; i++)
        close(g_array_index(reader->fds, int, i));
    g_array_unref(reader->fds);
    g_byte_array_unref(reader->buffer);
    g_free(reader);
}

void
rpc_reader_push(RpcReader *reader, const guint8 *data, gsize size)
{
    g_byte_array_append(reader->buffer, data, (guint)size);
    reader->peak = MAX(reader->peak, reader->buffer->len);
}

void
rpc_reader_push_fds(RpcReader *reader, const int *fds, guint n_fds)
{
    if (n_fds > 0)
        g_array_append_vals(reader->fds, fds, n_fds);
}

gsize
rpc_reader_get_pending(const RpcReader *reader)
{
    return reader->buffer->len - reader->taken;
}

/* Moves what is pending to the start of the buffer, or gives back a large one
 * that is empty. */
static void
compact(RpcReader *reader)
{
    if (rpc_reader_get_pending(reader) == 0 && reader->peak > BUFFER_KEPT) {
        g_byte_array_unref(reader->buffer);
        reader->buffer = g_byte_array_sized_new(BUFFER_NEW);
        reader->peak = 0;
    } else if (reader->taken > 0) {
        g_byte_array_remove_range(reader->buffer, 0, (guint)reader->taken);
    }
    reader->taken = 0;
}

/* The number of descriptors that the frame of @length bytes announces. */
static RpcReaderResult
parse_fds(const guint8 *data, guint32 length, Frame *frame, GError **error)
{
    if (length < RPC_FRAME_MIN + 4) {
        virtxl_error_set(error, VIR_ERR_RPC,
                         _("frame of %u bytes has no room for its count of descriptors"), length);
        return RPC_READER_BROKEN;
    }
    frame->n_fds = rpc_uint32_decode(data + RPC_FRAME_MIN);
    if (frame->n_fds > RPC_FDS_MAX) {
        virtxl_error_set(error, VIR_ERR_RPC,
                         _("frame announces %u descriptors, at most %u may come"), frame->n_fds,
                         RPC_FDS_MAX);
        return RPC_READER_BROKEN;
    }
    frame->payload += 4;
    return RPC_READER_MESSAGE;
}

/* Looks for a whole frame at the start of the @size bytes of @data. */
static RpcReaderResult
find_frame(const guint8 *data, gsize size, guint32 frame_max, Frame *frame, GError **error)
{
    guint32 length;

    if (size < RPC_LENGTH_SIZE)
        return RPC_READER_MORE;
    length = rpc_uint32_decode(data);
    if (length < RPC_FRAME_MIN || length > frame_max) {
        virtxl_error_set(error, VIR_ERR_RPC, _("frame length %u is not between %u and %u"), length,
                         RPC_FRAME_MIN, frame_max);
        return RPC_READER_BROKEN;
    }
    if (size < length)
        return RPC_READER_MORE;

    rpc_header_decode(data + RPC_LENGTH_SIZE, &frame->header);
    frame->payload = RPC_FRAME_MIN;
    frame->end = length;
    frame->n_fds = 0;
    if (rpc_type_has_fds(frame->header.type) &&
        parse_fds(data, length, frame, error) != RPC_READER_MESSAGE)
        return RPC_READER_BROKEN;
    return size < frame->end + frame->n_fds ? RPC_READER_MORE : RPC_READER_MESSAGE;
}

/* Have more descriptors come than can belong to what is pending? */
static bool
has_stray_fds(const RpcReader *reader)
{
    return reader->fds->len > RPC_FDS_MAX ||
           (reader->fds->len > 0 && rpc_reader_get_pending(reader) == 0);
}

static RpcMessage *
take_message(RpcReader *reader, const Frame *frame)
{
    const guint8 *data = reader->buffer->data + reader->taken;
    GBytes *payload = g_bytes_new(data + frame->payload, frame->end - frame->payload);
    const int *fds = frame->n_fds > 0 ? &g_array_index(reader->fds, int, 0) : NULL;
    RpcMessage *message = rpc_message_new(&frame->header, payload, fds, frame->n_fds);

    if (frame->n_fds > 0)
        g_array_remove_range(reader->fds, 0, frame->n_fds);
    reader->taken += frame->end + frame->n_fds;
    return message;
}

RpcReaderResult
rpc_reader_next(RpcReader *reader, guint32 frame_max, RpcMessage **message, GError **error)
{
    Frame frame;
    RpcReaderResult result;

    if (has_stray_fds(reader)) {
        virtxl_error_set(error, VIR_ERR_RPC, _("descriptors came that no frame announced"));
        return RPC_READER_BROKEN;
    }
    result = find_frame(reader->buffer->data + reader->taken, rpc_reader_get_pending(reader),
                        frame_max, &frame, error);
    if (result == RPC_READER_MORE)
        compact(reader);
    if (result != RPC_READER_MESSAGE)
        return result;
    if (reader->fds->len < frame.n_fds) {
        virtxl_error_set(error, VIR_ERR_RPC, _("frame announces %u descriptors, %u came"),
                         frame.n_fds, reader->fds->len);
        return RPC_READER_BROKEN;
    }
    *message = take_message(reader, &frame);
    return RPC_READER_MESSAGE;
}
