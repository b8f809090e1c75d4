/* Events: who has asked for which, and sending them.
 *
 * There are two families. In the old one a client asks for an event by its
 * number, once, and gets messages that name the domain. In the new one each
 * registration has an id of the client's, which its messages carry, and may be
 * for one domain only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"
#include "rpc/rpc_server.h"

/* Sends @event to every client of @rpc that has asked for it. */
void remote_event_send(RpcServer *rpc, const LibxlDriverEvent *event);
