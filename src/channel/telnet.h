/* The telnet protocol (RFC 854) on a stream, as a filter of bytes.
 *
 * Data is escaped both ways (a byte 255 is sent twice), options are answered, and
 * nothing else is done: what passes is binary, a carriage return is a byte like any
 * other (as QEMU's telnet has it too). We say that we will echo, suppress go-ahead and
 * send binary, and ask for binary; a terminal then sends each key as it is pressed.
 * What else is asked for is refused. An answer comes only when something changes, so
 * that two ends can't go on answering each other (RFC 1143).
 *
 * Pure: no descriptor is touched. State is kept, so that a command may come in
 * pieces, and a pair of bytes may leave in pieces.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/uio.h>

typedef enum {
    TELNET_DATA,
    TELNET_COMMAND,            /* after IAC */
    TELNET_OPTION,             /* after IAC WILL and its like */
    TELNET_SUBNEGOTIATION,     /* after IAC SB, until IAC SE */
    TELNET_SUBNEGOTIATION_IAC, /* after an IAC in it */
} TelnetState;

typedef struct {
    TelnetState state;
    guint8 verb;         /* of the option that comes next */
    guint8 ours[3];      /* state of the options that we offer */
    guint8 theirs[3];    /* and of those that we ask for, or accept */
    guint8 pending[256]; /* must go out before any more data */
    gsize n_pending;
} Telnet;

/* At the start of a connection: what we offer is pending. */
void telnet_init(Telnet *telnet);
/* In the middle of a connection, of which the first part was another process's. */
void telnet_init_resumed(Telnet *telnet);

/* Takes the commands out of @data, in place. Returns how many bytes of data are
 * left. Answers become pending; those for which there is no room are dropped. */
gsize telnet_decode(Telnet *telnet, guint8 *data, gsize size);

/* Makes the first bytes to be sent: what is pending, then @iov's as far as they
 * fit into @room bytes at @buffer. Returns how many there are to send. */
gsize telnet_encode(const Telnet *telnet, const struct iovec *iov, int n_iov, guint8 *buffer,
                    gsize room);
/* The first @sent bytes that telnet_encode() made have been sent. Returns how many bytes
 * of @iov those were. */
gsize telnet_sent(Telnet *telnet, const struct iovec *iov, int n_iov, gsize sent);
