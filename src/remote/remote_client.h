/* What the dispatcher knows of a client: the state of its session.
 *
 * Hangs on the RpcClient as its data and is for the main thread only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "remote/remote_event_queue.h"
#include "rpc/rpc_client.h"
#include "rpc/rpc_stream.h"

#include <libvirt/libvirt.h>

/* One registration for one event. */
typedef struct {
    virDomainEventID event;
    int callback_id;     /* of this client; -1: the old family, which names the event only */
    bool for_one_domain; /* only events of the domain @uuid */
    guint8 uuid[VIR_UUID_BUFLEN];
} RemoteSubscription;

typedef struct {
    RpcClient *rpc;           /* not owned: it owns this */
    bool opened;              /* CONNECT_OPEN has succeeded */
    bool readonly;            /* by its socket or by CONNECT_OPEN's flag */
    bool access_checked;      /* polkit is asked about its calls (remote_access.h), */
    RemoteEventQueue *events; /* and these, which are NULL otherwise */
    GArray *subscriptions;    /* of RemoteSubscription */
    RpcStreams *streams;
    int next_callback_id;
} RemoteClient;

RemoteClient *remote_client_new(RpcClient *rpc, bool checks_access);
void remote_client_free(RemoteClient *client);
