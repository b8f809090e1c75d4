/* How it works
 *
 * The device is read only while the client takes output, and the client's input is
 * written as the device takes it (what waits is RpcStream's, and bounded): each side
 * stalls the other and nobody else. All is in the event loop, some writes and one read a
 * turn.
 *
 * What is no device but a file, which is ready always, is read as fast as the client takes it.
 *
 * When the device ends (the domain has stopped, a channel was detached), the client reads
 * to the end of what came from it. When the client finishes, the device gets what is left
 * first, for as long as it takes any of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_stream.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote/remote_error.h"
#include "util/error.h"
#include "util/fd_watch.h"
#include "util/i18n.h"

/* What one turn may do for one stream. */
#define READ_SIZE  (64u * 1024u)
#define WRITES_MAX 16u

/* Time in which a device must take something of what a client that has finished sent. */
#define FINISH_S 3u

typedef struct {
    RpcStream *stream;    /* NULL: it is over */
    LibxlChrLease *lease; /* NULL: the device has ended, or is given up */
    int fd;               /* the lease's */
    FdWatch *watch;       /* NULL: it is a file */
    guint start;          /* likewise: when it is read for the first time */
    bool is_deaf;         /* the device takes no more */
    bool is_ending;       /* it gives no more than it has already */
    bool has_taken;       /* since the last look at it */
    guint finish_timer;
} RemoteStream;

static void run(RemoteStream *pump);

/* --- ends ----------------------------------------------------------------------- */

static void
let_go_of_device(RemoteStream *pump)
{
    g_clear_pointer(&pump->watch, fd_watch_free);
    g_clear_pointer(&pump->lease, libxl_chr_lease_release);
}

static void
clear(gpointer data)
{
    let_go_of_device(data);
}

static void
release(RemoteStream *pump)
{
    g_rc_box_release_full(pump, clear);
}

static void
handle_closed(RpcStream *stream, gpointer user_data)
{
    RemoteStream *pump = user_data;

    pump->stream = NULL;
    let_go_of_device(pump);
    g_clear_handle_id(&pump->finish_timer, g_source_remove);
    g_clear_handle_id(&pump->start, g_source_remove);
    release(pump);
}

static void
end_device(RemoteStream *pump)
{
    let_go_of_device(pump);
    rpc_stream_send_end(pump->stream);
}

static void
fail(RemoteStream *pump, virErrorNumber code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) payload = NULL;

    virtxl_error_set(&error, code, "%s", message);
    payload = remote_error_encode(error);
    let_go_of_device(pump);
    rpc_stream_fail(pump->stream, payload);
}

static void
handle_lease_end(LibxlChrLeaseEnd how, gpointer user_data)
{
    RemoteStream *pump = user_data;

    if (how == LIBXL_CHR_LEASE_TAKEN_OVER) {
        fail(pump, VIR_ERR_OPERATION_ABORTED, _("another client has taken the device over"));
    } else {
        pump->is_ending = true;
        run(pump);
    }
}

/* --- bytes ---------------------------------------------------------------------- */

static bool
is_for_later(int code)
{
    return code == EAGAIN || code == EINTR;
}

/* False: there is nothing more to read now. */
static bool
read_once(RemoteStream *pump)
{
    guint8 data[READ_SIZE];
    gssize size = read(pump->fd, data, sizeof(data));

    if (size > 0) {
        g_autoptr(GBytes) bytes = g_bytes_new(data, (gsize)size);

        rpc_stream_send(pump->stream, bytes);
        return true;
    }
    /* A pty whose other side is closed says EIO. */
    if (size == 0 || !is_for_later(errno) || pump->is_ending)
        end_device(pump);
    return false;
}

static void
read_device(RemoteStream *pump)
{
    bool more = true;

    do {
        more = pump->lease && rpc_stream_can_send(pump->stream) && read_once(pump);
    } while (more && pump->is_ending);
}

/* Returns how many bytes are done with, 0 if none can be now. */
static gsize
write_once(RemoteStream *pump, const guint8 *data, gsize size)
{
    gssize written = pump->is_deaf ? (gssize)size : write(pump->fd, data, size);

    if (written >= 0)
        return (gsize)written;
    if (is_for_later(errno))
        return 0;
    pump->is_deaf = true; /* reading tells the end */
    return size;
}

static void
write_device(RemoteStream *pump)
{
    for (guint i = 0; i < WRITES_MAX && pump->lease; i++) {
        gsize size = 0;
        const guint8 *data = rpc_stream_peek(pump->stream, &size);
        gsize written = data ? write_once(pump, data, size) : 0;

        if (written == 0)
            return;
        pump->has_taken = true;
        rpc_stream_take(pump->stream, written);
    }
}

static void
update_watch(RemoteStream *pump)
{
    GIOCondition condition = 0;
    gsize size = 0;

    if (rpc_stream_can_send(pump->stream))
        condition |= G_IO_IN;
    if (rpc_stream_peek(pump->stream, &size))
        condition |= G_IO_OUT;
    fd_watch_set(pump->watch, condition);
}

/* Moves what can be moved now, and waits for the rest. */
static void
run(RemoteStream *pump)
{
    g_rc_box_acquire(pump);
    if (pump->lease)
        write_device(pump);
    if (pump->lease)
        read_device(pump);
    if (pump->lease && pump->watch)
        update_watch(pump);
    release(pump);
}

static void
handle_device(GIOCondition condition, gpointer user_data)
{
    run(user_data);
}

static gboolean
handle_file(gpointer user_data)
{
    RemoteStream *pump = user_data;

    pump->start = 0;
    run(pump);
    return G_SOURCE_REMOVE;
}

static void
start_device(RemoteStream *pump)
{
    struct stat status;

    pump->fd = libxl_chr_lease_get_fd(pump->lease);
    if (fstat(pump->fd, &status) == 0 && S_ISREG(status.st_mode)) {
        pump->is_ending = true;
        pump->start = g_idle_add(handle_file, pump);
        return;
    }
    pump->watch = fd_watch_new(pump->fd, handle_device, pump);
    fd_watch_set(pump->watch, G_IO_IN);
}

/* --- the stream's side ----------------------------------------------------------- */

static gboolean
look_at_finish(gpointer user_data)
{
    RemoteStream *pump = user_data;

    if (pump->has_taken) {
        pump->has_taken = false;
        return G_SOURCE_CONTINUE;
    }
    pump->finish_timer = 0;
    fail(pump, VIR_ERR_OPERATION_TIMEOUT, _("the device does not take what was sent to it"));
    return G_SOURCE_REMOVE;
}

static void
handle_input(RpcStream *stream, gpointer user_data)
{
    RemoteStream *pump = user_data;

    if (rpc_stream_is_finishing(stream)) {
        pump->has_taken = false;
        pump->finish_timer = g_timeout_add_seconds(FINISH_S, look_at_finish, pump);
    }
    run(pump);
}

static void
handle_output_ready(RpcStream *stream, gpointer user_data)
{
    run(user_data);
}

static const RpcStreamHandler handler = {
    .on_input = handle_input,
    .on_output_ready = handle_output_ready,
    .on_closed = handle_closed,
};

bool
remote_stream_open(RpcStreams *streams, const RpcHeader *call, LibxlChrLease *lease, GError **error)
{
    RemoteStream *pump = g_rc_box_new0(RemoteStream);

    pump->lease = lease;
    pump->stream = rpc_stream_open(streams, call, &handler, pump, error);
    if (!pump->stream) {
        release(pump);
        return false;
    }
    start_device(pump);
    libxl_chr_lease_watch(lease, handle_lease_end, pump);
    return true;
}

void
remote_streams_stop(RpcStreams *streams)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) payload = NULL;

    virtxl_error_set(&error, VIR_ERR_OPERATION_ABORTED, _("the daemon stops"));
    payload = remote_error_encode(error);
    rpc_streams_fail(streams, payload);
}
