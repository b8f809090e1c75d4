/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_client.h"

RemoteClient *
remote_client_new(RpcClient *rpc)
{
    RemoteClient *client = g_new0(RemoteClient, 1);

    client->rpc = rpc;
    client->readonly = rpc_client_get_identity(rpc)->readonly;
    client->subscriptions = g_array_new(FALSE, TRUE, sizeof(RemoteSubscription));
    client->streams = rpc_streams_new(rpc);
    return client;
}

void
remote_client_free(RemoteClient *client)
{
    rpc_streams_free(client->streams);
    g_array_unref(client->subscriptions);
    g_free(client);
}
