/* The host's end of a channel: a socket, a pty, a file, ... (ChannelSource says
 * which), as a place to which bytes go and from which bytes come.
 *
 * An endpoint never blocks and never keeps bytes: endpoint_write() says how many
 * it has really given away, endpoint_read() reads only what the caller has room
 * for. What it can't take now stays with the caller (hold.h).
 *
 * At most one client (a peer) is connected at a time. On a socket that listens
 * the next one waits in the kernel's queue until the one before has gone. A
 * client that has closed its writing side goes on getting what comes from the
 * guest (EOF is no end); one that has closed both, or died, is gone, and what it
 * had sent before is still read, while the next client is served already.
 *
 * Main thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "channel/fd_store.h"
#include "channel/host_open.h"
#include "util/channel_source.h"

typedef struct Endpoint Endpoint;

/* Called from the main loop, never from within a function of this file. The
 * callee may free the endpoint. */
typedef struct {
    /* Something that was asked for by endpoint_want() is possible now: call
     * endpoint_read() or endpoint_write(). */
    void (*ready)(gpointer user_data);
    /* A client has come or gone. */
    void (*changed)(gpointer user_data);
} EndpointCallbacks;

/* What surrounds it. */
typedef struct {
    const char *label;    /* for log lines: "domain 'x': channel 'y'" */
    bool resumed;         /* the channel was there before this process */
    FdStore *fd_store;    /* keeps sockets, ptys and clients over a restart */
    const HostFile *file; /* of types file, pipe and dev; its descriptors are taken over */
} EndpointContext;

/* Opens @source's end: binds, allocates, or begins to connect. What the
 * fd store has of it is taken from there instead. A log file is not the
 * endpoint's, see log_file.h. Errors: VIR_ERR_OPERATION_FAILED, naming what is
 * in the way ("'/run/x' is not a socket"), in words for an administrator; then
 * nothing is left of it. */
Endpoint *endpoint_new(const ChannelSource *source, const EndpointContext *context,
                       const EndpointCallbacks *callbacks, gpointer user_data, GError **error);

/* Closes it all and forgets it in the fd store; a socket that was bound is removed
 * if it is still the one that was made. */
void endpoint_free(Endpoint *endpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Endpoint, endpoint_free)

/* No new client comes in any more, and a socket that was bound is removed, so that
 * another channel can have its path. Who is connected stays. */
void endpoint_close_door(Endpoint *endpoint);

/* Lets go of it without a trace on the host: what can outlive the process (in the fd
 * store, in the file system) stays as it is. For a process that ends while the
 * channel goes on. */
void endpoint_abandon(Endpoint *endpoint);

/* From now on ready() is called when there is something to read (@input) or
 * something can be written (@output). At first: neither. */
void endpoint_want(Endpoint *endpoint, bool input, bool output);

/* Reads at most what @iov has room for. Returns 0 if there is nothing now, or nothing that
 * fits: a datagram comes whole or, if the whole hold (hold_in) has no room for it, never.
 * For one that waits for room ready() is called a few times a second. */
gsize endpoint_read(Endpoint *endpoint, const struct iovec *iov, int n_iov);

/* Gives away the first bytes of @iov; returns how many were taken, 0 if none can
 * be now. Where that takes a while (a file on a slow disk) it returns 0, calls
 * ready() later, and the next call returns how many of the same bytes were taken:
 * the caller keeps them where they are, unchanged, until then. */
gsize endpoint_write(Endpoint *endpoint, const struct iovec *iov, int n_iov);

/* The size of the file to the end of which endpoint_write() writes: before what it has begun
 * to write and not said yet that it has taken. False: it is no file. */
bool endpoint_get_file_size(const Endpoint *endpoint, guint64 *size);

/* Before the endpoint is given up: waits, @wait_ms at most, for the end of what
 * endpoint_write() has begun. Returns how many bytes were taken, as the next
 * endpoint_write() would. Without this bytes are in a file twice when the channel goes on
 * in another process. */
gsize endpoint_settle(Endpoint *endpoint, guint wait_ms);

/* Is somebody there who takes what comes from the guest? Of a file, always. */
bool endpoint_is_connected(const Endpoint *endpoint);

/* The peer's process id, or 0 if that can't be known. */
guint endpoint_get_client_pid(const Endpoint *endpoint);

/* How many clients have come so far. */
guint64 endpoint_get_client_count(const Endpoint *endpoint);

/* The path of the terminal that users open, or NULL: pty only. */
const char *endpoint_get_pty(const Endpoint *endpoint);
