/* Connects a channel to a unix or TCP socket on which somebody else listens, and tries
 * again where the source says so (<reconnect>).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/endpoint_private.h"

typedef struct SocketConnector SocketConnector;

/* Tries nothing yet. @connected gets the connected, non-blocking socket, which is its own;
 * called from the main loop. Errors: VIR_ERR_OPERATION_FAILED (the address makes no
 * sense); that nobody listens is none, it is logged. */
SocketConnector *socket_connector_new(Endpoint *endpoint, const ChannelSource *source,
                                      void (*connected)(int fd, gpointer user_data),
                                      gpointer user_data, GError **error);
void socket_connector_free(SocketConnector *connector);

/* Tries, soon. To be called once. */
void socket_connector_start(SocketConnector *connector);
/* The connection has been lost: tries after the time between two tries, or never more. */
void socket_connector_start_again(SocketConnector *connector);
