/* The listening sockets of a channel, unix or TCP (a name can have several addresses).
 *
 * What the fd store has is taken from there. A TCP address that must be asked of a name
 * server is listened to as soon as the answer is there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/endpoint_private.h"

typedef struct SocketListener SocketListener;

/* @waiting is called when somebody waits to be accepted; from the main loop, again and again
 * while the listener is active. Errors: VIR_ERR_OPERATION_FAILED. */
SocketListener *socket_listener_new(Endpoint *endpoint, const ChannelSource *source,
                                    void (*waiting)(gpointer user_data), gpointer user_data,
                                    GError **error);
/* @forget: in the file system and in the fd store, too. */
void socket_listener_free(SocketListener *listener, bool forget);

/* Whether @waiting is called; at first it is not. */
void socket_listener_set_active(SocketListener *listener, bool active);
/* The next one's socket, close-on-exec and non-blocking, or -1 if there is none. */
int socket_listener_accept(SocketListener *listener);
