/* What the host's end of a channel is, as it is handed from the driver to the
 * backend that serves the channel (virtxl-channeld): through xenstore, a node for
 * each member.
 *
 * The driver (src/xen) writes the nodes below
 *
 *     /libxl/DOMID/device/console/DEVID/source
 *
 * where the guest can neither read nor write, in the transaction that makes the
 * channel; the backend reads them. The simulated host keeps them as JSON.
 *
 *   id             names what the backend keeps for this channel; a new UUID each
 *                  time a channel is made
 *   type           null pty dev file pipe udp tcp unix
 *   path           pty: none; dev, file, pipe, unix: absolute
 *   append         file: 1
 *   mode           unix, tcp: bind or connect
 *   host service   tcp; where udp sends to
 *   bind-host bind-service  where udp receives
 *   protocol       tcp: raw or telnet
 *   reconnect      unix, tcp that connect: seconds between tries; none: try once
 *   log log-append a file that gets a copy of all that comes from the guest
 *   group permissions  of a unix socket that is bound: a number; octal
 *   hold-in        bytes for the guest that are held while it does not take them
 *   hold-out       bytes from the guest that are held while nobody takes them
 *   overflow       what happens when hold-out is full and nobody is connected:
 *                  discard (the oldest) or wait (the guest's CPU waits, too)
 *
 * A node that is not there has its default. An unknown node is ignored.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef enum {
    CHANNEL_SOURCE_NULL = 0,
    CHANNEL_SOURCE_PTY,
    CHANNEL_SOURCE_DEV,
    CHANNEL_SOURCE_FILE,
    CHANNEL_SOURCE_PIPE,
    CHANNEL_SOURCE_UDP,
    CHANNEL_SOURCE_TCP,
    CHANNEL_SOURCE_UNIX,
} ChannelSourceType;

#define CHANNEL_SOURCE_HOLD_MIN      4096
#define CHANNEL_SOURCE_HOLD_MAX      (16 * 1024 * 1024)
#define CHANNEL_SOURCE_HOLD_IN       (64 * 1024)
/* What libxl tells QEMU to hold, too (the frontend's node "limit"). */
#define CHANNEL_SOURCE_HOLD_OUT      (1024 * 1024)
#define CHANNEL_SOURCE_RECONNECT_MAX 86400
/* Bytes of a path or a host: what fits in one node everywhere (xenstored may hold
 * no more than 2048 bytes in one, with its permissions). */
#define CHANNEL_SOURCE_TEXT_MAX      1024
/* Of a unix socket that is bound, if nothing else is said. */
#define CHANNEL_SOURCE_PERMISSIONS   0600

typedef struct {
    char *id; /* a UUID in lower case */
    ChannelSourceType type;
    char *path;
    bool append;
    bool listen; /* mode is bind */
    char *host;  /* NULL: any address to listen at, this machine to connect to */
    char *service;
    char *bind_host;
    char *bind_service;
    bool telnet;
    guint reconnect_s; /* 0: don't */
    char *log_path;
    bool log_append;
    gid_t group; /* (gid_t)-1: leave it */
    mode_t permissions;
    gsize hold_in; /* bytes, a power of two */
    gsize hold_out;
    bool wait; /* overflow is wait */
} ChannelSource;

/* With a new id and all defaults. */
ChannelSource *channel_source_new(ChannelSourceType type);
void channel_source_free(ChannelSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChannelSource, channel_source_free)

/* The names of the types, NULL at the end. */
extern const char *const channel_source_type_names[];

/* The nodes that make @source: name -> value, both strings that the table owns.
 * What has its default is left out, but id and type never. */
GHashTable *channel_source_to_nodes(const ChannelSource *source);

/* Reads @nodes. Whoever can write to xenstore may have written them, so all is
 * checked: types, numbers, that what the type needs is there, that a path is
 * absolute and fits. hold sizes are rounded up to powers of two. Errors:
 * VIR_ERR_INTERNAL_ERROR, naming node and value. */
ChannelSource *channel_source_from_nodes(GHashTable *nodes, GError **error);

/* For people: "unix:/run/x.sock (bind)", "tcp:localhost:99 (connect, telnet)".
 * Returns a new string. */
char *channel_source_describe(const ChannelSource *source);
