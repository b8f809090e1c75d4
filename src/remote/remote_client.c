/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_client.h"

RemoteClient *
remote_client_new(RpcClient *rpc, bool checks_access)
{
    RemoteClient *client = g_new0(RemoteClient, 1);

    client->rpc = rpc;
    client->readonly = rpc_client_get_identity(rpc)->readonly;
    client->access_checked = checks_access && rpc_client_get_identity(rpc)->uid != 0;
    if (client->access_checked)
        client->events = remote_event_queue_new(rpc);
    client->subscriptions = g_array_new(FALSE, TRUE, sizeof(RemoteSubscription));
    client->streams = rpc_streams_new(rpc);
    return client;
}

void
remote_client_free(RemoteClient *client)
{
    rpc_streams_free(client->streams);
    g_clear_pointer(&client->events, remote_event_queue_free);
    g_array_unref(client->subscriptions);
    g_free(client);
}
