/* One connection of a stream socket, unix or TCP: what can be read from and written to it,
 * and how its other end is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "channel/telnet.h"
#include "util/fd_watch.h"

typedef struct {
    int fd;
    FdWatch *watch;
    bool input_over;   /* all that it will ever send has been read */
    bool output_over;  /* it takes nothing any more */
    Telnet *telnet;    /* NULL: raw */
    gint64 last_taken; /* monotonic time at which it last took something */
    gpointer owner;
} SocketClient;

/* Takes over @fd. @telnet: speaks it; @resumed: it was spoken before by another process.
 * @func gets the client as user_data. */
SocketClient *socket_client_new(int fd, bool telnet, bool resumed, FdWatchFunc func,
                                gpointer owner);
/* Closes it. */
void socket_client_free(SocketClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketClient, socket_client_free)

/* Returns how many bytes of data were read; 0 if there are none now, or input is over. */
gsize socket_client_read(SocketClient *client, const struct iovec *iov, int n_iov);
/* Returns how many bytes were taken; 0 if none are now, or output is over. With none to
 * send, sends what telnet has to say. */
gsize socket_client_write(SocketClient *client, const struct iovec *iov, int n_iov);
/* Does telnet have something to say? */
bool socket_client_has_answers(const SocketClient *client);

/* Is there something left to read? */
bool socket_client_has_input(const SocketClient *client);
/* TCP: has the other end said that it will send nothing more? It may also have closed
 * both ways, or died; that can't be told apart. */
bool socket_client_is_half_closed(const SocketClient *client);
/* The process at the other end of a unix socket, or 0. */
guint socket_client_get_pid(const SocketClient *client);
