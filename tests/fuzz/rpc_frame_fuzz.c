/* Whatever a client sends, in whatever pieces: the reader gives messages that
 * fit what came, or says that the connection is broken, and keeps no descriptor.
 *
 * The input is a list of pieces. The first byte of each tells its length (low 6
 * bits, 0: all that is left) and, with the topmost bit, that a descriptor comes
 * with it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rpc/rpc_reader.h"

#include <fcntl.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

#define PIECE_LENGTH 0x3fu
#define PIECE_HAS_FD 0x80u

/* Small, so that frames of the largest length are within reach. */
#define FRAME_MAX 512u

static void
push_descriptor(RpcReader *reader)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        rpc_reader_push_fds(reader, &fd, 1);
}

/* Takes all messages there are. False: the reader is broken. */
static bool
take_all(RpcReader *reader)
{
    for (;;) {
        g_autoptr(RpcMessage) message = NULL;
        g_autoptr(GError) error = NULL;
        gsize pending = rpc_reader_get_pending(reader);

        switch (rpc_reader_next(reader, FRAME_MAX, &message, &error)) {
        case RPC_READER_MORE:
            g_assert(rpc_reader_get_pending(reader) == pending);
            g_assert(pending < FRAME_MAX + RPC_FDS_MAX);
            return true;
        case RPC_READER_BROKEN:
            g_assert(error != NULL);
            return false;
        case RPC_READER_MESSAGE:
            g_assert(g_bytes_get_size(message->payload) <= FRAME_MAX - RPC_FRAME_MIN);
            g_assert(message->n_fds <= RPC_FDS_MAX);
            g_assert(rpc_reader_get_pending(reader) + RPC_FRAME_MIN <= pending);
            break;
        }
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(RpcReader) reader = rpc_reader_new();

    while (size > 0) {
        guint8 control = *data++;
        gsize length = control & PIECE_LENGTH;

        size--;
        length = length == 0 ? size : MIN(length, size);
        if (control & PIECE_HAS_FD)
            push_descriptor(reader);
        rpc_reader_push(reader, data, length);
        if (!take_all(reader))
            break;
        data += length;
        size -= length;
    }
    return 0;
}
