/* Events that wait until polkit has said whether their client may know of the domain. They
 * are sent in their order, and those that it may not know of are dropped.
 *
 * Main thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_driver.h"
#include "rpc/rpc_client.h"

typedef struct RemoteEventQueue RemoteEventQueue;

/* @rpc: not owned. */
RemoteEventQueue *remote_event_queue_new(RpcClient *rpc);
void remote_event_queue_free(RemoteEventQueue *queue);

/* A message of the remote program about @domain. It is lost, with a warning, if too many
 * wait. */
void remote_event_queue_push(RemoteEventQueue *queue, const LibxlDomainRef *domain,
                             guint32 procedure, GBytes *payload);
