/* Frames go to the queue; outside of a turn they are written at once as well,
 * which saves a turn. Nothing here closes the client.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rpc/rpc_client_private.h"

#include <errno.h>
#include <unistd.h>

/* With less output than this waiting, whoever pumps data may go on. */
#define OUTPUT_READY (256u * 1024u)

/* libvirt's server numbers its events so; clients don't look. */
#define MESSAGE_SERIAL 1u

/* Is there nobody any more to whom a frame could be sent? */
static bool
is_shut(const RpcClient *client)
{
    return client->fd < 0 || client->stage == RPC_CLIENT_DRAINING;
}

bool
rpc_client_output_ready(const RpcClient *client)
{
    return !is_shut(client) && rpc_output_get_size(client->output) < OUTPUT_READY;
}

void
rpc_client_flush(RpcClient *client)
{
    switch (rpc_output_write(client->output, client->fd, &client->counters.bytes_sent)) {
    case RPC_OUTPUT_EMPTY:
    case RPC_OUTPUT_FULL:
        break;
    case RPC_OUTPUT_BROKEN:
        rpc_client_log(client, G_LOG_LEVEL_DEBUG, "writing: %s", g_strerror(errno));
        rpc_client_request_close(client);
        break;
    }
}

/* Asks for a turn if what was sent leaves something for it to do. */
static void
follow_up(RpcClient *client)
{
    bool wait = rpc_output_get_size(client->output) > 0 && !(client->condition & G_IO_OUT);
    bool tell = client->output_blocked && rpc_client_output_ready(client);

    if (wait || tell || client->held || client->stage != RPC_CLIENT_OPEN)
        rpc_client_request_turn(client);
}

static void
close_fds(const int *fds, guint n_fds)
{
    for (guint i = 0; i < n_fds; i++)
        close(fds[i]);
}

/* Queues a frame, and outside of a turn writes at once, which saves one. */
static void
send_frame(RpcClient *client, const RpcHeader *header, GBytes *payload, const int *fds, guint n_fds)
{
    gsize waiting = rpc_output_get_size(client->output);
    gsize size = payload ? g_bytes_get_size(payload) : 0;

    if (size > RPC_PAYLOAD_MAX - (rpc_type_has_fds(header->type) ? 4 : 0)) {
        rpc_client_log(client, G_LOG_LEVEL_CRITICAL,
                       "procedure %u gives a payload of %" G_GSIZE_FORMAT " bytes",
                       header->procedure, size);
        close_fds(fds, n_fds);
        rpc_client_request_close(client);
        return;
    }
    rpc_output_push(client->output, header, payload, fds, n_fds);
    if (!client->in_turn && waiting == 0 && !client->broken)
        rpc_client_flush(client);
    if (!rpc_client_output_ready(client))
        client->output_blocked = true;
    follow_up(client);
}

/* Sends the one answer to a call. */
static void
send_answer(RpcClient *client, const RpcHeader *call, RpcStatus status, GBytes *payload,
            const int *fds, guint n_fds)
{
    RpcHeader header = *call;

    if (client->outstanding > 0)
        client->outstanding--;
    else
        rpc_client_log(client, G_LOG_LEVEL_CRITICAL, "procedure %u is answered twice",
                       call->procedure);
    if (is_shut(client)) {
        close_fds(fds, n_fds);
        return;
    }
    header.type = n_fds > 0 ? RPC_TYPE_REPLY_WITH_FDS : RPC_TYPE_REPLY;
    header.status = status;
    send_frame(client, &header, payload, fds, n_fds);
}

void
rpc_client_send_reply(RpcClient *client, const RpcHeader *call, GBytes *payload)
{
    send_answer(client, call, RPC_STATUS_OK, payload, NULL, 0);
}

void
rpc_client_send_reply_with_fds(RpcClient *client, const RpcHeader *call, GBytes *payload,
                               const int *fds, guint n_fds)
{
    g_assert(n_fds <= RPC_FDS_MAX);
    send_answer(client, call, RPC_STATUS_OK, payload, fds, n_fds);
}

void
rpc_client_send_error(RpcClient *client, const RpcHeader *call, GBytes *payload)
{
    client->counters.errors++;
    send_answer(client, call, RPC_STATUS_ERROR, payload, NULL, 0);
}

GBytes *
rpc_client_encode_error(RpcClient *client, const GError *error)
{
    return client->handler->encode_error(error, client->user_data);
}

void
rpc_client_send_message(RpcClient *client, guint32 program, guint32 version, guint32 procedure,
                        GBytes *payload)
{
    RpcHeader header = {
        .program = program,
        .version = version,
        .procedure = procedure,
        .type = RPC_TYPE_MESSAGE,
        .serial = MESSAGE_SERIAL,
        .status = RPC_STATUS_OK,
    };

    if (is_shut(client) || client->broken)
        return;
    if (rpc_output_get_messages_size(client->output) > client->limits.messages_max) {
        rpc_client_log(client, G_LOG_LEVEL_WARNING, "closing: it does not read its events");
        rpc_client_request_close(client);
        return;
    }
    client->counters.messages++;
    send_frame(client, &header, payload, NULL, 0);
}

void
rpc_client_send_stream(RpcClient *client, const RpcHeader *call, RpcStatus status, GBytes *payload)
{
    RpcHeader header = *call;

    if (is_shut(client))
        return;
    header.type = RPC_TYPE_STREAM;
    header.status = status;
    send_frame(client, &header, payload, NULL, 0);
}

void
rpc_client_send_keepalive(RpcClient *client, guint32 procedure)
{
    RpcHeader header = rpc_keepalive_header(procedure);

    send_frame(client, &header, NULL, NULL, 0);
}
